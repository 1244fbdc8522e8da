// Promises 2, 3, 5 and 6 on every backend that outlives its process: the real program is killed, frozen and started again.
import { writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { execute } from '../support/client.ts';
import { linesOf } from '../support/effects.ts';
import { Cancel } from '../support/operations.ts';
import {
  type Environment,
  type EnvironmentName,
  openEnvironment,
} from '../support/environments.ts';
import { type Program, type Settings, startProgram, temporaryFolder } from '../support/program.ts';
import { type Event, User, durableSequences, upTo } from '../support/user.ts';

export function describeCrashes(ENV: EnvironmentName): void {
  let folder: ReturnType<typeof temporaryFolder>;
  let environment: Environment;
  let programs: Program[];

  beforeEach(async () => {
    folder = temporaryFolder();
    environment = await openEnvironment(ENV);
    programs = [];
  });

  afterEach(async () => {
    for (const program of programs) await program[Symbol.asyncDispose]();
    await environment[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  async function start(settings: Settings = {}): Promise<Program> {
    const program = await startProgram({ ...environment.settings, ...settings });
    programs.push(program);
    return program;
  }

  /** Stops it where it does not hold SQLite's write lock: with that, nobody can start beside it. */
  async function freeze({ process }: Program): Promise<void> {
    await vi.waitFor(
      () => {
        process.kill('SIGSTOP');
        try {
          takeWriteLock(environment.settings['SQLITE_PATH']);
        } catch (error) {
          process.kill('SIGCONT');
          throw error;
        }
      },
      { timeout: 10_000, interval: 20 },
    );
  }

  describe('kill -9', () => {
    it('in a parallel step, and again while it recovers: no finished task runs twice, no event is lost or doubled', async () => {
      const effects = `${folder.path}/effects`;
      let program = await start();
      const user = new User(program.url);
      const items = [1, 2, 3, 4, 5, 6];
      const id = await user.start({ graphId: 'fanOut', input: { items, effects, delayMs: 300 } });
      const seen: Event[] = [];
      let cursor = beginning(id);

      for (const kill of [2, 4]) {
        const watching = follow(new User(program.url), id, cursor, seen);
        await vi.waitFor(
          () => expect(linesOf(effects).length).toBeGreaterThanOrEqual(kill),
          20_000,
        );
        await vi.waitFor(() => expect(finished(seen)).toBeGreaterThanOrEqual(kill), 20_000);
        await program.end('SIGKILL');
        cursor = (await watching) ?? cursor;
        program = await start();
      }
      const last = new User(program.url);
      await follow(last, id, cursor, seen, true);
      const state = await last.settled(id);
      expect(state).toMatchObject({ status: 'SUCCEEDED', latestRun: { attempt: 3 } });
      expect((state.values as { done: number[] }).done.toSorted((a, b) => a - b)).toEqual(items);
      expect(linesOf(effects).toSorted()).toEqual([
        'gather',
        ...items.map((item) => `work ${item}`),
      ]);
      expect(durableSequences(seen)).toEqual(upTo(seen.filter(isDurable).length));
    });

    it('while the graph works with an answer: it is not asked for again', async () => {
      const effects = `${folder.path}/effects`;
      const program = await start();
      const user = new User(program.url);
      const id = await user.start({ graphId: 'askSlow', input: { effects } });
      const [question] = (await user.settled(id)).interrupts;
      await user.resume({
        sessionId: id,
        answers: [{ interruptId: question?.interruptId ?? '', value: 'yes' }],
      });
      await vi.waitFor(() => expect(linesOf(effects)).toEqual(['begun yes']), 10_000);
      await program.end('SIGKILL');
      const next = await start();
      expect(await new User(next.url).settled(id)).toMatchObject({
        status: 'SUCCEEDED',
        values: { trail: ['yes'] },
        latestRun: { kind: 'ANSWERS', attempt: 2 },
      });
      expect(linesOf(effects)).toEqual(['begun yes', 'begun yes']);
    });

    it('an accepted run is executed though its queue is lost', async () => {
      const settings = { ROLE: 'gateway' };
      const gateway = await start(settings);
      const user = new User(gateway.url);
      const id = await user.start({ graphId: 'steps', task: 'go' });
      expect((await user.look(id)).status).toBe('QUEUED');
      await gateway.end('SIGKILL');
      const next = await start();
      expect(await new User(next.url).settled(id)).toMatchObject({ status: 'SUCCEEDED' });
    });
  });

  it('a graph that kills its own process ends as ATTEMPTS_EXHAUSTED', async () => {
    const effects = `${folder.path}/effects`;
    let program = await start({ MAX_ATTEMPTS: '3' });
    const id = await new User(program.url).start({ graphId: 'suicide', input: { effects } });
    for (let death = 1; death <= 3; death += 1) {
      await vi.waitFor(() => expect(linesOf(effects)).toHaveLength(death), 20_000);
      await program.end('SIGKILL');
      // The program may die before it is ready: the run is taken up as it starts.
      program = await start({ MAX_ATTEMPTS: '3' }).catch(() => program);
    }
    await vi.waitFor(async () => {
      if (program.process.exitCode !== null || program.process.signalCode !== null)
        program = await start({ MAX_ATTEMPTS: '3' });
      expect(await new User(program.url).look(id)).toMatchObject({
        status: 'FAILED',
        latestRun: { attempt: 3, error: { code: 'ATTEMPTS_EXHAUSTED' } },
      });
    }, 20_000);
    expect(linesOf(effects)).toHaveLength(3);
  });

  it('a clock set back by an hour between two runs hides no state', async () => {
    const first = await start();
    const id = await new User(first.url).start({ graphId: 'steps', task: 'before' });
    await new User(first.url).settled(id);
    await first.end('SIGTERM');
    const clock = `${folder.path}/clock-behind.mjs`;
    writeFileSync(clock, 'const now = Date.now; Date.now = () => now() - 3_600_000;\n');
    const second = await start({ NODE_OPTIONS: `--import=${clock}` });
    const user = new User(second.url);
    await user.resume({ sessionId: id, message: 'after' });
    const { values, checkpoint } = await user.settled(id);
    expect(values).toMatchObject({ task: 'after', trail: { length: 12 } });
    expect(checkpoint).toMatchObject({ step: 14 });
  });

  it('a node that blocks the event loop keeps its one attempt', async () => {
    const one = await start();
    const other = await start();
    const id = await new User(one.url).start({ graphId: 'blocking', input: { delayMs: 20_000 } });
    const state = await new User(other.url).settled(id, 60);
    expect(state).toMatchObject({ status: 'SUCCEEDED', latestRun: { attempt: 1 } });
  });

  it('a frozen worker is taken over, and writes nothing when it wakes up', async () => {
    const frozen = await start();
    const effects = `${folder.path}/effects`;
    const user = new User(frozen.url);
    const id = await user.start({ graphId: 'slow', input: { effects }, recursionLimit: 600 });
    await vi.waitFor(() => expect(linesOf(effects).length).toBeGreaterThan(3), 10_000);
    await freeze(frozen);
    // Only now: any worker may take a queued run.
    const other = await start();
    const watcher = new User(other.url);
    await vi.waitFor(
      async () => expect((await watcher.look(id)).latestRun?.attempt).toBe(2),
      15_000,
    );
    frozen.process.kill('SIGCONT');
    const state = await watcher.settled(id);
    expect(state).toMatchObject({ status: 'SUCCEEDED', values: { trail: { length: 200 } } });
    const all = await watcher.events(id, { after: beginning(id) });
    expect(durableSequences(all)).toEqual(upTo(all.length));
    const steps = all.flatMap((event) =>
      event.type === 'CheckpointSaved' && 'step' in event ? [event.step] : [],
    );
    expect(steps).toEqual([-1, ...upTo(201).map((n) => n - 1)]);
  });

  describe('two processes', () => {
    it('execute no run twice', async () => {
      const [one, two] = [await start(), await start()];
      const effects = `${folder.path}/effects`;
      const ids = await Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          new User((n % 2 === 0 ? one : two).url).start({ graphId: 'steps', input: { effects } }),
        ),
      );
      const states = await Promise.all(ids.map((id) => new User(two.url).settled(id)));
      expect(
        new Set(states.map(({ status, latestRun }) => `${status} ${latestRun?.attempt}`)),
      ).toEqual(new Set(['SUCCEEDED 1']));
      expect(linesOf(effects)).toHaveLength(240);
    });

    it('hear each other: a watcher, an await and a cancel', async () => {
      const [one, two] = [await start(), await start({ ROLE: 'gateway' })];
      const here = new User(one.url);
      const there = new User(two.url);
      const id = await here.start({ graphId: 'steps', input: { delayMs: 30 } });
      const [events, state] = await Promise.all([there.events(id), there.settled(id)]);
      expect(events.at(-1)).toMatchObject({ type: 'RunStatusChanged', status: 'SUCCEEDED' });
      expect(state.status).toBe('SUCCEEDED');

      const effects = `${folder.path}/effects`;
      const slow = await here.start({ graphId: 'slow', input: { effects }, recursionLimit: 600 });
      await vi.waitFor(() => expect(linesOf(effects).length).toBeGreaterThan(3), 10_000);
      await execute(two.url, Cancel, { id: slow }, there.headers);
      await vi.waitFor(async () => {
        const before = linesOf(effects).length;
        await new Promise((resolve) => {
          setTimeout(resolve, 200);
        });
        expect(linesOf(effects)).toHaveLength(before);
      }, 10_000);
      expect(await here.look(slow)).toMatchObject({ status: 'CANCELLED' });
    });
  });

  it('SIGTERM lets the running step finish and hands the run over; it counts no death', async () => {
    const effects = `${folder.path}/effects`;
    const program = await start({ MAX_ATTEMPTS: '1' });
    const user = new User(program.url);
    const id = await user.start({ graphId: 'steps', input: { effects, delayMs: 200 } });
    await vi.waitFor(() => expect(linesOf(effects)).toContain('two'), 10_000);
    expect(await program.end('SIGTERM')).toBe(0);
    const next = await start({ MAX_ATTEMPTS: '1' });
    expect(await new User(next.url).settled(id)).toMatchObject({
      status: 'SUCCEEDED',
      latestRun: { attempt: 2 },
    });
    expect(linesOf(effects)).toEqual(['one', 'two', 'three', 'four', 'five', 'six']);
  });
}

/** Watches until the connection breaks or the session settles; the last cursor it saw. */
async function follow(
  user: User,
  id: string,
  after: string,
  seen: Event[],
  untilSettled = false,
): Promise<string | undefined> {
  let cursor: string | undefined;
  try {
    for await (const event of user.watch(id, { after, untilSettled })) {
      seen.push(event);
      ({ cursor } = event);
    }
  } catch {
    // The program was killed: what counts is where the watcher stood.
  }
  return cursor;
}

function finished(events: readonly Event[]): number {
  return events.filter(({ type }) => type === 'NodeFinished').length;
}

function isDurable(event: Event): boolean {
  return durableSequences([event]).length > 0;
}

function beginning(id: string): string {
  return Buffer.from(`${id}:0`).toString('base64url');
}

/** @throws where another program holds it */
function takeWriteLock(path: string | undefined): void {
  if (path === undefined) return;
  const database = new Database(path, { timeout: 0 });
  try {
    database.exec('BEGIN IMMEDIATE; ROLLBACK');
  } finally {
    database.close();
  }
}
