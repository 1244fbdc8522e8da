// History on every backend: pages, what is read for them, branches, forks in numbers, and what trimming leaves.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { BaseCheckpointSaver, emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { CheckpointCache, CheckpointViews } from '../../src/graph/checkpoint-views.ts';
import { GraphCatalog } from '../../src/graph/graph-catalog.ts';
import { loadGraphs } from '../../src/graph/load-graphs.ts';
import { toJson } from '../../src/graph/state-json.ts';
import { trimHistory } from '../../src/graph/trim-history.ts';
import { listCheckpoints } from '../../src/session/checkpoint-page.ts';
import type { Attempt, Backend } from '../../src/session/ports.ts';
import type { Session } from '../../src/session/session.ts';
import { CALLERS, SHAPES } from '../graphs/shapes.ts';
import { upTo } from '../support/user.ts';
import { OWNER, driveToEnd, historyOf, start, stateOf, viewOf } from './drive.ts';
import { ALICE, type InProcess, openInProcess } from './in-process.ts';
import { BACKENDS, type TestBackend, contentsOf, openTestBackend } from './open-test-backend.ts';
import { beginAttempt, storeSession } from '../../src/testing/sessions.ts';

const ROOT = { namespace: '', source: null, runId: null };
/** What contents show of a session that is gone. */
const EMPTY: Readonly<Record<string, unknown>> = {
  memory: [],
  redis: [],
  sqlite: expect.arrayContaining([['sessions', []]]),
  postgres: expect.arrayContaining([['session_gateway.sessions', []]]),
};
const APART = new Set(['redis', 'postgres']);

describe.each(BACKENDS)('on %s', (name) => {
  let test: TestBackend;
  let backend: Backend;

  beforeEach(async () => {
    test = await openTestBackend(name);
    ({ backend } = test);
  });

  afterEach(() => test[Symbol.asyncDispose]());

  const page = (session: Session, asked: Partial<typeof ROOT> & object, after: number | null) =>
    listCheckpoints(
      backend.sessions,
      session.id,
      OWNER,
      { ...ROOT, ...asked },
      { first: 3, after },
    );

  describe('pages', () => {
    let session: Session;
    let attempt: Attempt;

    beforeEach(async () => {
      session = await storeSession(backend);
      attempt = await beginAttempt(backend, session.id);
    });

    it('stay right while checkpoints arrive', async () => {
      const seen: number[] = [];
      let last = '';
      for (let n = 1; n <= 7; n += 1) last = await put(attempt, { step: n, parent: last });
      for (let after: number | null = null, hasNext = true; hasNext;) {
        const found = await page(session, {}, after);
        seen.push(...found.items.map(({ step }) => step));
        after = found.items.at(-1)?.ordinal ?? 0;
        ({ hasNext } = found);
        last = await put(attempt, { step: 100, parent: last });
      }
      expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1]);
    });

    it('show what is rare among steps, and what is a subgraph’s', async () => {
      for (let n = 1; n <= 9; n += 1) {
        await put(attempt, { step: n, source: n % 4 === 0 ? 'update' : 'loop' });
        await put(attempt, { step: 100 + n, namespace: `child:${n}` });
        await put(attempt, { step: 200 + n, namespace: 'lasting' });
      }
      const stepsOf = async (asked: Partial<typeof ROOT> & object) =>
        (await page(session, asked, null)).items.map(({ step }) => step);
      expect(await stepsOf({ source: 'UPDATE' as never })).toEqual([8, 4]);
      expect(await stepsOf({ source: 'LOOP' as never })).toEqual([9, 7, 6]);
      expect(await stepsOf({ source: 'INPUT' as never })).toEqual([]);
      expect(await stepsOf({ namespace: 'child:4' })).toEqual([104]);
      expect(await stepsOf({ namespace: 'lasting' })).toEqual([209, 208, 207]);
      expect(await backend.sessions.listNamespaces(session.id, OWNER)).toEqual(
        upTo(9).flatMap((n) => (n === 1 ? ['child:1', 'lasting'] : [`child:${n}`])),
      );
    });

    it('of one channel read no other, where channels stand apart', async () => {
      const id = await put(attempt, { step: 1, values: { a: 'short', b: 'x'.repeat(100_000) } });
      const place = { sessionId: session.id, namespace: '', checkpointId: id };
      const gone = { ...place, checkpointId: randomUUID() };
      const [none, tuple] = await backend.savers.tuples([gone, place], ['a']);
      expect(none).toBeUndefined();
      expect(backend.savers.channelsApart).toBe(APART.has(name));
      expect(Object.keys(tuple?.checkpoint.channel_values ?? {})).toEqual(
        backend.savers.channelsApart ? ['a'] : ['a', 'b'],
      );
      expect(await backend.sessions.readMetadata([gone, place])).toEqual([
        undefined,
        { source: 'loop', step: 1, parents: {} },
      ]);
    });

    async function put(
      by: Attempt,
      made: {
        step: number;
        source?: 'loop' | 'update';
        namespace?: string;
        parent?: string;
        values?: Record<string, unknown>;
      },
    ): Promise<string> {
      const { step, source = 'loop', namespace = '', parent, values = {} } = made;
      const checkpoint = { ...emptyCheckpoint(), id: uuid6(step), channel_values: values };
      const versions = Object.fromEntries(Object.keys(values).map((key) => [key, step]));
      await backend.savers.attempt(by).put(
        {
          configurable: {
            thread_id: session.id,
            checkpoint_ns: namespace,
            checkpoint_id: parent,
          },
        },
        { ...checkpoint, channel_versions: versions },
        { source, step, parents: {} },
        versions,
      );
      return checkpoint.id;
    }
  });

  describe('of a graph', () => {
    const open = (...graphIds: string[]) => openInProcess(backend, graphIds, 'shapes.ts');

    it('a run’s checkpoints are found, however many came after', async () => {
      await using gateway = await open('scribe');
      const id = await start(gateway, { say: 'first' });
      const [first] = await runsOf(gateway, id, ['b', 'c', 'd']);
      const session = await gateway.settled(id);
      const stepsOf = async (runId: string | null) =>
        (await page(session, { runId: runId as never }, null)).items.map(({ step }) => step);
      expect(await stepsOf(first ?? '')).toEqual([1, 0, -1]);
      expect(await stepsOf(randomUUID())).toEqual([]);
      const other = await driveToEnd(gateway, await start(gateway, { say: 'other' }));
      const [otherRun] = (
        await backend.sessions.listRuns(other.id, OWNER, { first: 1, after: null })
      ).items;
      expect(await stepsOf(otherRun?.id ?? '')).toEqual([]);
    });

    it('values, next and interrupts of a page are read together, and kept', async () => {
      await using gateway = await open('twoQuestions');
      const session = await driveToEnd(gateway, await start(gateway, SHAPES['twoQuestions']));
      const rows = await historyOf(test, session);
      const read = vi.spyOn(backend.savers, 'tuples');
      const all = async () => {
        const shown = await Promise.all(
          rows.map((row) => gateway.checkpoints.values({ session, row }, null)),
        );
        await Promise.all(rows.map((row) => gateway.checkpoints.next({ session, row })));
        return shown;
      };
      const values = await all();
      expect(read).toHaveBeenCalledTimes(1);
      expect(await all()).toEqual(values);
      expect(read).toHaveBeenCalledTimes(1);

      const trails = await Promise.all(
        rows.map((row) => gateway.checkpoints.values({ session, row }, ['trail'])),
      );
      expect(read).toHaveBeenCalledTimes(backend.savers.channelsApart ? 2 : 1);
      expect(trails).toEqual(
        values.map((value) => ({ trail: (value as { trail: unknown }).trail })),
      );
      const asked = await Promise.all(
        rows.map((row) => gateway.checkpoints.interrupts({ session, row })),
      );
      // The checkpoint where it asked shows what was asked when it rested there last.
      expect(asked.map((interrupts) => interrupts.map(({ value }) => value))).toEqual([
        [],
        ['second?'],
        [],
        [],
      ]);
      read.mockRestore();
    });

    it('a subgraph’s checkpoints show what they asked, answered or not', async () => {
      await using gateway = await open('nested');
      const shown: string[][] = [];
      const askedBy = async (session: Session) => {
        for (const namespace of await backend.sessions.listNamespaces(session.id, OWNER)) {
          const { items } = await page(session, { namespace }, null);
          for (const row of items) {
            const interrupts = await gateway.checkpoints.interrupts({ session, row });
            if (interrupts.length > 0) shown.push(interrupts.map(({ value }) => String(value)));
          }
        }
        return shown.splice(0);
      };
      const id = await start(gateway, SHAPES['nested']);
      const whileAsked = await askedBy(await gateway.settled(id));
      expect(whileAsked).toContainEqual(['inner?']);
      expect(await askedBy(await driveToEnd(gateway, id))).toEqual(whileAsked);
    });

    it.each(['messages', 'deltaMessages'])(
      'messages of %s are those of the values, and nothing else is read where channels stand apart',
      async (shape) => {
        await using gateway = await open(shape);
        const hi = { id: 'u', role: 'user', content: 'hi' };
        const input = shape === 'messages' ? { messages: [hi] } : {};
        const session = await driveToEnd(gateway, await start(gateway, input));
        const read = vi.spyOn(backend.savers, 'tuples');
        const rows = (await historyOf(test, session)).filter(({ namespace }) => namespace === '');
        for (const row of rows) {
          const { messages = [] } = (await gateway.checkpoints.values({ session, row }, null)) as {
            messages?: unknown[];
          };
          read.mockClear();
          const found = await gateway.checkpoints.messages({ session, row }, 'checkpoint');
          expect(found.map(toJson)).toEqual(messages);
          const channels = read.mock.calls.map(([, asked]) => asked);
          expect(channels).toEqual([backend.savers.channelsApart ? ['messages'] : null]);
        }
        const newest = rows.at(-1);
        if (newest === undefined) throw new Error('there is no checkpoint');
        const now = await gateway.checkpoints.messages({ session, row: newest }, 'now');
        const { values } = await gateway.graphs.current(session);
        expect(now.map(toJson)).toEqual(toJson((values as { messages: unknown }).messages));
        read.mockRestore();
      },
    );

    it('what is kept takes no more room than it was given', async () => {
      const entry = { id: 'scribe', description: null, exportName: 'scribe' };
      const file = `${import.meta.dirname}/../graphs/shapes.ts`;
      const graphs = new GraphCatalog(await loadGraphs([{ ...entry, file }]), backend.savers);
      await using gateway = await open('scribe');
      const session = await driveToEnd(gateway, await start(gateway, { say: 'x'.repeat(10_000) }));
      const rows = await historyOf(test, session);
      const read = vi.spyOn(backend.savers, 'tuples');
      const small = new CheckpointViews(backend, graphs, new CheckpointCache(15_000));
      for (const row of [...rows, ...rows]) await small.values({ session, row }, null);
      expect(read.mock.calls.length).toBeGreaterThan(rows.length);
      const none = new CheckpointViews(backend, graphs, new CheckpointCache(0));
      read.mockClear();
      for (const row of [...rows, ...rows]) await none.values({ session, row }, null);
      expect(read).toHaveBeenCalledTimes(2 * rows.length);
      read.mockRestore();
    });

    it.each(Object.entries(SHAPES))(
      '%s goes on from each of its checkpoints as a branch',
      async (shape, input) => {
        await using gateway = await open(shape);
        const control = await driveToEnd(gateway, await start(gateway, input));
        const expected = await stateOf(gateway, control);
        const session = await driveToEnd(gateway, await start(gateway, input));
        const history = await historyOf(test, session);
        const shown = await Promise.all(history.map((row) => viewOf(gateway, session, row)));
        for (const { checkpointId } of history.slice(0, -1)) {
          await gateway.sessions.resume(ALICE, {
            sessionId: session.id,
            checkpointId,
            onBusy: 'REJECT',
          });
          const branch = await driveToEnd(gateway, session.id);
          // A subgraph's own place keeps no branches, and one that remembers remembers across them, as LangGraph has it.
          if (shape !== 'nestedOwn' && !CALLERS.has(shape))
            expect(await stateOf(gateway, branch)).toEqual(expected);
        }
        const now = await gateway.settled(session.id);
        expect(await Promise.all(history.map((row) => viewOf(gateway, now, row)))).toEqual(shown);
      },
    );

    it.each(Object.entries(SHAPES))(
      '%s, trimmed whenever it rests, comes to the same end',
      async (shape, input) => {
        await using gateway = await open(shape);
        const control = await driveToEnd(gateway, await start(gateway, input));
        const expected = await stateOf(gateway, control);
        for (const keep of [1, 2]) {
          const trimmed = await driveToEnd(gateway, await start(gateway, input), async (seen) => {
            const before = await stateOf(gateway, seen);
            expect(await trimHistory(seen, { backend, keep })).toBeGreaterThanOrEqual(0);
            const now = await gateway.settled(seen.id);
            expect(now.trimmedAt).toBe(now.lastOrdinal);
            expect(await stateOf(gateway, now)).toEqual(before);
          });
          expect(await stateOf(gateway, trimmed)).toEqual(expected);
          // Events outlive their checkpoints.
          const log = await backend.sessions.readLog(trimmed.id, OWNER, 0, 1000);
          expect(log.map(({ sequence }) => sequence)).toEqual(upTo(log.length));
          for (const { checkpointId } of await historyOf(test, trimmed)) {
            const fork = await gateway.forks.fork(ALICE, { sessionId: trimmed.id, checkpointId });
            expect(await stateOf(gateway, await driveToEnd(gateway, fork.id))).toEqual(expected);
          }
        }
      },
    );

    it('a DeltaChannel is rebuilt in a few reads, as LangGraph rebuilds it, on branches too', async () => {
      await using gateway = await open('longDelta');
      const { session } = await gateway.sessions.start(ALICE, {
        input: { trail: ['0'] },
        recursionLimit: 100,
      });
      await driveToEnd(gateway, session.id);
      const history = await historyOf(test, session);
      const middle = history[30]?.checkpointId ?? '';
      const branch = { sessionId: session.id, checkpointId: middle, recursionLimit: 100 };
      await gateway.sessions.resume(ALICE, { ...branch, onBusy: 'REJECT' });
      await driveToEnd(gateway, session.id);
      const saver = backend.savers.reader();
      const getTuple = vi.spyOn(saver, 'getTuple');
      for (const row of [history.at(-1), (await historyOf(test, session)).at(-1), history[40]]) {
        const config = {
          configurable: {
            thread_id: session.id,
            checkpoint_ns: '',
            checkpoint_id: row?.checkpointId,
          },
        };
        const asked = { config, channels: ['trail', 'none'] };
        const expected = await BaseCheckpointSaver.prototype.getDeltaChannelHistory.call(
          saver,
          asked,
        );
        getTuple.mockClear();
        expect(await saver.getDeltaChannelHistory(asked)).toEqual(expected);
        if (backend.savers.channelsApart) expect(getTuple).toHaveBeenCalledTimes(1);
      }
    });

    it('trimming leaves the newest, and nothing of what it takes', async () => {
      await using gateway = await open('scribe');
      const id = await start(gateway, { say: 'first' });
      await runsOf(gateway, id, upTo(20).map(String));
      const before = await historyOf(test, { id });
      const size = JSON.stringify(await contentsOf(test, id)).length;
      const session = await gateway.settled(id);
      expect(await trimHistory(session, { backend, keep: 5 })).toBe(before.length - 5);
      const left = await historyOf(test, { id });
      expect(left.map(({ checkpointId }) => checkpointId)).toEqual(
        before.slice(-5).map(({ checkpointId }) => checkpointId),
      );
      expect(JSON.stringify(await contentsOf(test, id)).length).toBeLessThan(size / 2);
      const [gone] = before;
      if (gone === undefined) throw new Error('there was no history');
      const { checkpointId } = gone;
      expect(await backend.sessions.findCheckpoint(id, OWNER, checkpointId, '')).toBeNull();
      const refused = await Promise.allSettled([
        gateway.forks.fork(ALICE, { sessionId: id, checkpointId }),
        gateway.sessions.resume(ALICE, { sessionId: id, checkpointId, onBusy: 'REJECT' }),
        gateway.edits.edit(ALICE, { sessionId: id, checkpointId, values: {} }),
      ]);
      expect(refused).toEqual(
        refused.map(() => ({
          status: 'rejected',
          reason: expect.objectContaining({ code: 'CHECKPOINT_NOT_FOUND' }),
        })),
      );
    });

    it('whatever meets a trim finds what it goes on from, or is refused', async () => {
      await using gateway = await open('scribe');
      const words = upTo(12).map(String);
      const outcomes = new Set<string>();
      for (let n = 0; n < 6; n += 1) {
        const id = await start(gateway, { say: 'first' });
        await runsOf(gateway, id, words);
        const seen = await gateway.settled(id);
        const old = (await historyOf(test, seen))[10];
        const { checkpointId = '' } = old ?? {};
        const meetings = [
          () =>
            gateway.sessions
              .resume(ALICE, { sessionId: id, checkpointId, input: { say: 'x' }, onBusy: 'REJECT' })
              .then(({ session }) => session.id),
          () =>
            gateway.edits
              .edit(ALICE, {
                sessionId: id,
                checkpointId,
                values: { trail: ['x'] },
                asNode: 'write',
              })
              .then(({ session }) => session.id),
          () => gateway.forks.fork(ALICE, { sessionId: id, checkpointId }).then((fork) => fork.id),
          () => gateway.forks.fork(ALICE, { sessionId: id }).then((fork) => fork.id),
        ];
        const trims = [0, 1].map(() => trimHistory(seen, { backend, keep: 2 }));
        await sleep(n % 4);
        const results = await Promise.allSettled(meetings.map((meet) => meet()));
        await Promise.all(trims);
        for (const result of results) {
          if (result.status === 'rejected') {
            const { code } = result.reason as { code: string };
            outcomes.add(code);
            expect(['CHECKPOINT_NOT_FOUND', 'SESSION_BUSY']).toContain(code);
          } else {
            const { values } = await gateway.graphs.current(await gateway.settled(result.value));
            const { trail } = values as { trail: readonly string[] };
            // As much as stood at the old checkpoint is there in each.
            expect(trail.slice(0, 3)).toEqual(['first', '1', '2']);
            outcomes.add('done');
          }
        }
        await gateway.settled(id);
        await backend.sessions.delete(id, OWNER);
        expect(await contentsOf(test, id)).toEqual(EMPTY[name]);
      }
      expect(outcomes).toContain('done');
    });

    it('two trims at once leave what one leaves', async () => {
      await using gateway = await open('lasting');
      const session = await driveToEnd(gateway, await start(gateway, SHAPES['lasting']));
      const before = await backend.sessions.subgraphsAt(session.id, {
        after: session.lastOrdinal,
        before: Infinity,
        upToEpoch: session.epoch,
      });
      const trims = await Promise.all(
        [0, 1, 2].map(() => trimHistory(session, { backend, keep: 1 })),
      );
      expect(trims.filter((removed) => removed !== undefined)).toHaveLength(1);
      expect(await historyOf(test, session)).toHaveLength(1);
      expect(
        await backend.sessions.subgraphsAt(session.id, {
          after: session.lastOrdinal,
          before: Infinity,
          upToEpoch: session.epoch + 1,
        }),
      ).toEqual(before);
      expect(await backend.sessions.listNamespaces(session.id, OWNER)).toEqual(['child']);
      await backend.sessions.delete(session.id, OWNER);
      expect(await contentsOf(test, session.id)).toEqual(EMPTY[name]);
    });

    it('a fork of a session that never rests remembers what it has done, no less and no more', async () => {
      await using gateway = await open('restless');
      const id = await start(gateway, { task: 'go' });
      const forks: Session[] = [];
      while ((await backend.sessions.find(id, OWNER))?.status !== 'SUCCEEDED') {
        const forking = gateway.forks.fork(ALICE, { sessionId: id });
        forks.push(...(await forking.then((fork) => [fork]).catch(ignoreNotBegun)));
        await sleep(7);
      }
      expect(forks.length).toBeGreaterThan(0);
      for (const fork of forks) {
        const { values } = await gateway.graphs.current(fork);
        const { trail } = values as { trail: readonly string[] };
        const told = trail.filter((word) => word.startsWith('v')).length;
        const child = { configurable: { thread_id: fork.id, checkpoint_ns: 'child' } };
        const tuple = await backend.savers.reader().getTuple(child);
        const { visits = [] } = (tuple?.checkpoint.channel_values ?? {}) as { visits?: string[] };
        // The one more is of a node that has not told yet.
        expect([told, told + 1]).toContain(visits.length);
      }
    });

    it('a session that moves is not trimmed', async () => {
      await using gateway = await open('scribe');
      const id = await start(gateway, { say: 'first' });
      await runsOf(gateway, id, ['b', 'c']);
      const seen = await gateway.settled(id);
      const before = await historyOf(test, seen);
      await runsOf(gateway, id, ['d']);
      expect(await trimHistory(seen, { backend, keep: 1 })).toBeUndefined();
      expect(await historyOf(test, seen)).toEqual(expect.arrayContaining(before));
      expect((await gateway.settled(id)).trimmedAt).toBe(0);
    });

    it('200 forks of one checkpoint are as many sessions, and outlive their parent', async () => {
      await using gateway = await open('scribe');
      const parent = await gateway.settled(await start(gateway, { say: 'a?' }));
      const forks: Session[] = [];
      for (let n = 0; n < 200; n += 50) {
        forks.push(
          ...(await Promise.all(
            upTo(50).map(() => gateway.forks.fork(ALICE, { sessionId: parent.id })),
          )),
        );
      }
      expect(new Set(forks.map(({ id }) => id)).size).toBe(200);
      expect(await forksOf(parent)).toEqual(new Set(forks.map(({ id }) => id)));

      const [one, other] = forks;
      if (one === undefined || other === undefined) throw new Error('there is no fork');
      await backend.sessions.delete(parent.id, OWNER);
      await backend.sessions.delete(other.id, OWNER);
      expect((await forksOf(parent)).size).toBe(199);
      const found = await backend.sessions.find(one.id, OWNER);
      expect(found?.forkedFrom).toEqual({ sessionId: parent.id, checkpointId: parent.head });
      const done = await driveToEnd(gateway, one.id);
      expect(await stateOf(gateway, done)).toMatchObject({
        values: { trail: ['a? answer to a?'] },
      });
    });

    it('a fork of a running session has its newest checkpoint and what its tasks have finished', async () => {
      await using gateway = await openInProcess(backend, ['fanOut']);
      const input = { items: [0, 1, 20], delayMs: 100, done: [] };
      const { session } = await gateway.sessions.start(ALICE, { input });
      const finished = await vi.waitFor(async () => {
        const log = await backend.sessions.readLog(session.id, OWNER, 0, 100);
        const nodes = log.filter(({ detail }) => detail.type === 'NodeFinished');
        expect(nodes).toHaveLength(2);
        return nodes;
      }, 10_000);
      expect(finished).toHaveLength(2);
      const fork = await gateway.forks.fork(ALICE, { sessionId: session.id });
      expect(fork.status).toBe('IDLE');
      expect(await stateOf(gateway, fork)).toMatchObject({
        values: { done: [0, 1] },
        next: ['work'],
      });
      expect(await stateOf(gateway, await driveToEnd(gateway, fork.id))).toMatchObject({
        values: { done: [0, 1, 20] },
      });
      await driveToEnd(gateway, session.id);
    });

    it('a question answered differently in fork and parent has two outcomes', async () => {
      await using gateway = await open('scribe');
      const parent = await gateway.settled(await start(gateway, { say: 'a?' }));
      const fork = await gateway.forks.fork(ALICE, { sessionId: parent.id });
      const answered = async ({ id }: Session, value: string) => {
        const [asked] = (await gateway.graphs.current(parent)).interrupts;
        const answers = [{ interruptId: asked?.interruptId ?? '', value }];
        await gateway.sessions.resume(ALICE, { sessionId: id, answers, onBusy: 'REJECT' });
        return (await gateway.graphs.current(await gateway.settled(id))).values;
      };
      expect(await answered(fork, 'no')).toMatchObject({ trail: ['a? no'] });
      expect(await stateOf(gateway, parent)).toMatchObject({ interrupts: [{ value: 'a?' }] });
      expect(await answered(parent, 'yes')).toMatchObject({ trail: ['a? yes'] });
    });

    /** Gives the session these words, one run after another; the ids of all its runs. */
    async function runsOf(gateway: InProcess, id: string, words: readonly string[]) {
      await gateway.settled(id);
      for (const word of words) {
        const input = { say: word };
        await gateway.sessions.resume(ALICE, { sessionId: id, input, onBusy: 'REJECT' });
        await gateway.settled(id);
      }
      const { items } = await backend.sessions.listRuns(id, OWNER, { first: 100, after: null });
      return items.map((run) => run.id).toReversed();
    }

    async function forksOf({ id: forkedFromSessionId }: Session): Promise<Set<string>> {
      const filter = { status: null, graphId: null, metadata: {}, forkedFromSessionId };
      const ids = new Set<string>();
      for (let after: readonly [number, string] | null = null, hasNext = true; hasNext;) {
        const found = await backend.sessions.list(ALICE.id, filter, 'CREATED_AT', {
          first: 100,
          after,
        });
        for (const { id } of found.items) ids.add(id);
        const last = found.items.at(-1);
        after = last === undefined ? null : [last.createdAt, last.id];
        ({ hasNext } = found);
      }
      return ids;
    }
  });
});

/** A session that has just begun has no checkpoint yet. */
function ignoreNotBegun(error: unknown): Session[] {
  if (error instanceof GatewayError && error.code === 'CHECKPOINT_NOT_FOUND') return [];
  throw error;
}
