// Lists that are live: what is told of an owner's sessions, by whichever process they change.
import Database from 'better-sqlite3';
import { createClient as createSseClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JWT_SECRET, as } from '../support/caller.ts';
import { execute, post } from '../support/client.ts';
import { type Environment, ENVIRONMENTS, openEnvironment } from '../support/environments.ts';
import { Delete } from '../support/operations.ts';
import { type Program, startProgram } from '../support/program.ts';
import { Changes, WATCH_SESSIONS as WATCH } from '../support/session-changes.ts';
import { User } from '../support/user.ts';

describe.each(ENVIRONMENTS)('ENV=%s', (ENV) => {
  const parts = new AsyncDisposableStack();
  let environment: Environment;
  /** One that is watched, and one that does things. */
  let watched: Program;
  let other: Program;

  beforeAll(async () => {
    environment = parts.use(await openEnvironment(ENV));
    const settings = { ...environment.settings, JWT_SECRET };
    if (ENV === 'development') {
      watched = other = parts.use(await startProgram(settings));
      return;
    }
    watched = parts.use(await startProgram({ ...settings, ROLE: 'gateway' }));
    other = parts.use(await startProgram(settings));
  });
  afterAll(() => parts.disposeAsync());

  it('tells each session that is made, runs, asks, is changed and deleted', async () => {
    const alice = new User(other.url, as('alice'));
    await using changes = await new Changes(watched.url, as('alice')).ready();
    const id = await alice.start({ graphId: 'ask', input: {} });
    await expect
      .poll(() => changes.last(id))
      .toMatchObject({ session: { id, status: 'INTERRUPTED' } });
    expect(changes.of(id)[0]?.kind).toBe('CREATED');
    expect(
      changes
        .of(id)
        .slice(1)
        .every(({ kind }) => kind === 'UPDATED'),
    ).toBe(true);
    await post(
      other.url,
      {
        query: `mutation { updateSession(input: {sessionId: "${id}", metadata: {a: 1}}) { session { id } } }`,
      },
      as('alice'),
    );
    await expect.poll(() => changes.last(id)).toMatchObject({ session: { metadata: { a: 1 } } });
    await execute(other.url, Delete, { id }, as('alice'));
    if (ENV === 'sqlite') {
      // Of what another process deletes on a file, all that can be told is to look.
      await expect.poll(() => changes.all.filter(({ kind }) => kind === 'READY').length).toBe(2);
    } else {
      await expect
        .poll(() => changes.last(id))
        .toMatchObject({ kind: 'DELETED', session: null, matches: false });
    }
    expect(changes.all.filter(({ sessionId }) => ![null, id].includes(sessionId))).toEqual([]);
  });

  it('tells once that a session is new, and of nothing that is as it was', async () => {
    const hal = new User(other.url, as('hal'));
    await using early = await new Changes(watched.url, as('hal')).ready();
    const before = await hal.start({ graphId: 'ask', input: {} });
    await expect.poll(() => early.last(before)?.session?.status).toBe('INTERRUPTED');
    await using changes = await new Changes(watched.url, as('hal')).ready();
    const made = await Promise.all(
      Array.from({ length: 5 }, () => hal.start({ graphId: 'ask', input: {} })),
    );
    for (const id of made) await hal.settled(id);
    // Others' commits tell nothing of these.
    const ida = new User(other.url, as('ida'));
    for (let n = 0; n < 5; n += 1)
      await ida.settled(await ida.start({ graphId: 'ask', input: {} }));
    for (const id of made)
      await expect.poll(() => changes.last(id)?.session?.status).toBe('INTERRUPTED');
    const created = changes.all.filter(({ kind }) => kind === 'CREATED');
    expect(created).toHaveLength(made.length);
    expect(new Set(created.map(({ sessionId }) => sessionId))).toEqual(new Set(made));
    // What was collected of it before READY may come after.
    expect(changes.of(before).length).toBeLessThanOrEqual(1);
  });

  it('tells of one that is deleted while another is made', async () => {
    const jo = new User(other.url, as('jo'));
    let id = await jo.start({ graphId: 'ask', input: {} });
    await jo.settled(id);
    for (let n = 0; n < 3; n += 1) {
      await using changes = await new Changes(watched.url, as('jo')).ready();
      const ready = () => changes.all.filter(({ kind }) => kind === 'READY').length;
      const [next] = await Promise.all([
        jo.start({ graphId: 'ask', input: {} }),
        execute(other.url, Delete, { id }, as('jo')),
      ]);
      const deleted = id;
      await expect.poll(() => changes.last(deleted)?.kind === 'DELETED' || ready() > 1).toBe(true);
      await jo.settled(next);
      id = next;
    }
  });

  it('tells nobody of what is others’', async () => {
    const carol = new User(other.url, as('carol'));
    await using bobs = await new Changes(watched.url, as('bob')).ready();
    await using carols = await new Changes(watched.url, as('carol')).ready();
    const id = await carol.start({ graphId: 'steps', task: 'go' });
    await expect.poll(() => carols.last(id)?.session?.status).toBe('SUCCEEDED');
    expect(bobs.all.map(({ kind }) => kind)).toEqual(['READY']);
  });

  it('says whether a session is of the filter, and still is', async () => {
    const dora = new User(other.url, as('dora'));
    const filter = { status: ['INTERRUPTED'], metadata: { team: 'a' } };
    await using changes = await new Changes(watched.url, as('dora'), filter).ready();
    const id = await dora.start({ graphId: 'ask', input: {}, metadata: { team: 'a' } });
    const none = await dora.start({ graphId: 'ask', input: {}, metadata: { team: 'b' } });
    await expect.poll(() => changes.last(id)?.matches).toBe(true);
    await expect.poll(() => changes.last(none)?.session?.status).toBe('INTERRUPTED');
    expect(changes.of(none).some(({ matches }) => matches)).toBe(false);
    const { interrupts } = await dora.look(id);
    const answers = interrupts.map(({ interruptId }) => ({ interruptId, value: 1 }));
    await dora.resume({ sessionId: id, answers });
    await expect
      .poll(() => changes.last(id))
      .toMatchObject({ matches: false, session: { status: 'SUCCEEDED' } });
  });

  it('tells one session at most every 250 ms, and the last of it always', async () => {
    const erin = new User(other.url, as('erin'));
    await using changes = await new Changes(watched.url, as('erin')).ready();
    const id = await erin.start({ graphId: 'steps', input: { task: 'a', delayMs: 30 } });
    for (let n = 0; n < 3; n += 1) {
      await erin.settled(id);
      await erin.resume({ sessionId: id, input: { task: 'b', delayMs: 30 } });
    }
    await erin.settled(id);
    await expect.poll(() => changes.last(id)?.session?.status).toBe('SUCCEEDED');
    // As they are received: on their way they may come closer.
    const times = changes.of(id).map(({ at }) => at);
    const tookMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
    expect(times.length).toBeLessThanOrEqual(tookMs / 250 + 2);
  });

  it('misses nothing between READY and a list that is read then', async () => {
    const fay = new User(other.url, as('fay'));
    const until = { done: false };
    const made: string[] = [];
    const making = (async () => {
      while (!until.done) made.push(await fay.start({ graphId: 'ask', input: {} }));
    })();
    for (let n = 0; n < 3; n += 1) {
      await using changes = await new Changes(watched.url, as('fay')).ready();
      const listed = new Map<string, string>();
      let after: string | null = null;
      do {
        const { data } = await post(
          watched.url,
          {
            query:
              'query ($after: String) { sessions(first: 100, after: $after) { nodes { id status } pageInfo { endCursor hasNextPage } } }',
            variables: { after },
          },
          as('fay'),
        );
        const { sessions } = data as {
          sessions: {
            nodes: { id: string; status: string }[];
            pageInfo: { endCursor: string; hasNextPage: boolean };
          };
        };
        for (const { id, status } of sessions.nodes) listed.set(id, status);
        after = sessions.pageInfo.hasNextPage ? sessions.pageInfo.endCursor : null;
      } while (after !== null);
      if (n === 2) {
        until.done = true;
        await making;
      }
      const known = [...made];
      const seen = (id: string) => changes.last(id)?.session?.status ?? listed.get(id);
      await expect
        .poll(() => known.filter((id) => seen(id) !== 'INTERRUPTED'), { timeout: 60_000 })
        .toEqual([]);
    }
  });

  it('comes over server-sent events, too, and counts as a subscription', async () => {
    const gina = as('gina');
    const client = createSseClient({ url: watched.url, headers: gina, retryAttempts: 0 });
    for await (const { data } of client.iterate({ query: WATCH })) {
      expect(data).toMatchObject({ sessionsChanged: { kind: 'READY', session: null } });
      break;
    }
    client.dispose();
  });
});

it('a file that cannot be read for a while ends no process, and is told of afterwards', async () => {
  await using environment = await openEnvironment('sqlite');
  const { settings } = environment;
  await using program = await startProgram({ ...settings, JWT_SECRET });
  const alice = new User(program.url, as('alice'));
  await alice.settled(await alice.start({ graphId: 'ask', input: {} }));
  await using changes = await new Changes(program.url, as('alice')).ready();
  const file = new Database(settings['SQLITE_PATH'] ?? '');
  file.exec('ALTER TABLE sessions RENAME TO away');
  // Whoever looks meanwhile, by whatever way, finds nothing.
  await using meanwhile = new Changes(program.url, as('alice'));
  await expect.poll(() => program.output()).toContain('no such table');
  file.exec('ALTER TABLE away RENAME TO sessions');
  const id = await alice.start({ graphId: 'ask', input: {} });
  for (const one of [changes, meanwhile])
    await expect.poll(() => one.last(id)?.session?.status).toBe('INTERRUPTED');
  file.close();
  expect(program.process.exitCode).toBeNull();
});
