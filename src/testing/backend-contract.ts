// What every backend promises, in one suite.
import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../errors.ts';
import { changeSession } from '../session/change-session.ts';
import { acceptRun, cancelRun, cancelSession, settleRun } from '../session/lifecycle.ts';
import type { Attempt, Backend, SessionKey } from '../session/ports.ts';
import type { LogEntry } from '../session/progress.ts';
import type { RunStatus } from '../session/run.ts';
import type { Session } from '../session/session.ts';
import { describeItems } from './items-contract.ts';
import { NEW_RUN, beginAttempt, storeSession } from './sessions.ts';

const ALICE = { ownerId: 'alice' };
const BOB = { ownerId: 'bob' };
const FIRST = { first: 100, after: null };
const ROOT = { namespace: '', source: null, run: null };
const PATH = '~__pregel_pull, node';

/** A backend on storage of its own, empty, which ends with it. */
export interface BackendUnderTest extends AsyncDisposable {
  readonly backend: Backend;
  /** Every stored row or key, to be compared: a deleted session must leave nothing. */
  contents(): Promise<unknown>;
}

/**
 * Describes to Vitest what a backend promises: ownership, single-writer fencing, the gapless event log, durable acceptance,
 * exact forks, complete deletion and the rest of docs/architecture.md.
 * @param name what the tests are called by
 * @param open opens one for each test
 */
export function describeBackend(name: string, open: () => Promise<BackendUnderTest>): void {
  describe(name, () => {
    let test: BackendUnderTest;
    let backend: Backend;
    let session: Session;
    let refused: Error[];
    let attempt: Attempt;

    beforeEach(async () => {
      test = await open();
      ({ backend } = test);
      session = await storeSession(backend);
      refused = [];
      attempt = await beginAttempt(backend, session.id, 'worker', refused);
    });

    afterEach(() => test[Symbol.asyncDispose]());

    const put = (by: Attempt, values: Record<string, unknown> = {}, parent?: string, at?: number) =>
      putCheckpoint(backend, by, values, parent, at);

    describe('ownership', () => {
      it('shows a session and all that is under it to its owner alone', async () => {
        const id = await put(attempt);
        const { sessions } = backend;
        expect(await sessions.find(session.id, BOB)).toBeNull();
        expect(await sessions.findEach([session.id], BOB)).toEqual([null]);
        const gone = randomUUID();
        const found = await sessions.findEach([gone, session.id, session.id], ALICE);
        expect(found.map((one) => one?.id)).toEqual([undefined, session.id, session.id]);
        expect(await sessions.findRun(session.id, BOB)).toBeNull();
        expect(await sessions.findRunByNumber(session.id, 1, BOB)).toBeNull();
        expect((await sessions.listRuns(session.id, BOB, FIRST)).items).toEqual([]);
        expect(await sessions.readLog(session.id, BOB, 0, 10)).toEqual([]);
        expect((await sessions.listCheckpoints(session.id, BOB, ROOT, FIRST)).items).toEqual([]);
        expect(await sessions.findCheckpoint(session.id, BOB, id, '')).toBeNull();
        expect(await sessions.listNamespaces(session.id, BOB)).toEqual([]);
        expect(await sessions.change(session.id, BOB, () => undefined)).toBeNull();
        expect(await sessions.delete(session.id, BOB)).toBe(false);
        expect(await sessions.find(session.id, ALICE)).toMatchObject({ head: id });
        expect(await sessions.findRun(session.id, ALICE)).toMatchObject({ status: 'RUNNING' });
      });
    });

    describe('single-writer fencing', () => {
      it('refuses the checkpoint and the writes of an older epoch, and stores nothing of them', async () => {
        const first = await put(attempt);
        const newer = await beginAttempt(backend, session.id, 'another');
        const before = await everything(backend, session.id);
        await expect(put(attempt, { a: 1 }, first)).rejects.toMatchObject({
          code: 'RUN_SUPERSEDED',
        });
        await expect(putWrites(backend, attempt, first)).rejects.toMatchObject({
          code: 'RUN_SUPERSEDED',
        });
        expect(refused).toHaveLength(2);
        expect(await everything(backend, session.id)).toEqual(before);
        await put(newer, {}, first);
      });

      it('refuses writes after the run was settled, cancelled or deleted', async () => {
        const head = await put(attempt);
        await backend.sessions.change(session.id, 'system', (state) =>
          settleRun(state, session.id, attempt.epoch, { status: 'SUCCEEDED' }, Date.now()),
        );
        await expect(putWrites(backend, attempt, head)).rejects.toMatchObject({
          code: 'RUN_SUPERSEDED',
        });

        const other = await storeSession(backend);
        const cancelled = await beginAttempt(backend, other.id);
        await backend.sessions.change(other.id, ALICE, (state) => cancelSession(state, Date.now()));
        await expect(put(cancelled)).rejects.toMatchObject({ code: 'RUN_SUPERSEDED' });
        await backend.sessions.delete(other.id, ALICE);
        await expect(put(cancelled)).rejects.toMatchObject({ code: 'RUN_SUPERSEDED' });
        expect(await backend.savers.reader().getTuple(configOf(other.id))).toBeUndefined();
      });

      it('loses none of many changes that are made at once', async () => {
        const names = Array.from({ length: 20 }, (_, n) => `name ${n}`);
        await Promise.all(
          names.map((name) =>
            backend.sessions.change(session.id, ALICE, ({ session: seen }) => ({
              session: { ...seen, metadata: { ...seen.metadata, [name]: true } },
            })),
          ),
        );
        const { metadata } = (await backend.sessions.find(session.id, ALICE)) ?? {};
        expect(Object.keys(metadata ?? {}).toSorted()).toEqual(names.toSorted());
      });

      it('refuses a thread that is not the attempt’s session', async () => {
        const other = await storeSession(backend, { ownerId: 'bob' });
        const saver = backend.savers.attempt(attempt);
        const checkpoint = { ...emptyCheckpoint(), id: uuid6(1) };
        const metadata = { source: 'loop', step: 0, parents: {} } as const;
        await expect(saver.put(configOf(other.id), checkpoint, metadata, {})).rejects.toThrow(
          `cannot write thread ${other.id}`,
        );
        expect(refused).toEqual([]);
      });

      it('answers look-ups from the stored head, and orders by ordinal, whatever the clock says', async () => {
        const first = await put(attempt, { a: 1 }, undefined, 2);
        // Ids are clock-based: this one sorts before the first.
        const second = await put(attempt, { a: 2 }, first, 1);
        expect(second < first).toBe(true);
        const tuple = await backend.savers.reader().getTuple(configOf(session.id));
        expect(tuple?.checkpoint).toMatchObject({ id: second, channel_values: { a: 2 } });
        const { items } = await backend.sessions.listCheckpoints(session.id, ALICE, ROOT, FIRST);
        expect(items.map(({ checkpointId }) => checkpointId)).toEqual([second, first]);
        const listed = await Array.fromAsync(
          backend.savers
            .reader()
            .list(configOf(session.id), { before: configOf(session.id, second) }),
        );
        expect(listed.map(({ checkpoint }) => checkpoint.id)).toEqual([first]);
      });
    });

    describe('gapless event log', () => {
      it('numbers events without gaps, in the same step as what they report', async () => {
        const head = await put(attempt);
        await Promise.all(
          Array.from({ length: 20 }, (_, task) =>
            putWrites(backend, attempt, head, `task ${task}`),
          ),
        );
        await put(attempt, {}, head);
        const log = await backend.sessions.readLog(session.id, ALICE, 0, 100);
        expect(log.map(({ sequence }) => sequence)).toEqual(
          Array.from({ length: 24 }, (_, n) => n + 1),
        );
        expect(log.filter(({ detail }) => detail.type === 'NodeFinished')).toHaveLength(20);
        expect(await backend.sessions.find(session.id, ALICE)).toMatchObject({ lastEvent: 24 });
      });

      it('reports a task once, though its writes come twice', async () => {
        const head = await put(attempt);
        await putWrites(backend, attempt, head);
        await putWrites(backend, attempt, head);
        const log = await backend.sessions.readLog(session.id, ALICE, 0, 100);
        expect(log.filter(({ detail }) => detail.type === 'NodeFinished')).toHaveLength(1);
      });

      it('reports a task and the checkpoint that it makes in this order, though they are put at once and come twice', async () => {
        const head = await put(attempt);
        const next = uuid6(1);
        const putBoth = async () => {
          const saver = backend.savers.attempt(attempt);
          const checkpoint = { ...emptyCheckpoint(), id: next, channel_values: { a: 1 } };
          const metadata = { source: 'loop', step: 1, parents: {} } as const;
          const at = configOf(session.id, head);
          await Promise.all([
            saver.putWrites(at, [['a', 1]], 'task', PATH),
            saver.put(at, { ...checkpoint, channel_versions: { a: 2 } }, metadata, { a: 2 }),
          ]);
        };
        await putBoth();
        await putWrites(backend, attempt, head, 'task');
        const log = await backend.sessions.readLog(session.id, ALICE, 3, 100);
        expect(log.map(({ sequence, detail }) => [sequence, detail.type])).toEqual([
          [4, 'NodeFinished'],
          [5, 'CheckpointSaved'],
        ]);
        const tuple = await backend.savers.reader().getTuple(configOf(session.id, head));
        expect(tuple?.pendingWrites).toEqual([['task', 'a', 1]]);
        const newer = await beginAttempt(backend, session.id, 'another');
        const unchanged = await everything(backend, session.id);
        await expect(putBoth()).rejects.toMatchObject({ code: 'RUN_SUPERSEDED' });
        expect(await everything(backend, session.id)).toEqual(unchanged);
        expect(newer.epoch).toBeGreaterThan(attempt.epoch);
      });

      it('reports tasks in the order in which their writes are put, though very many are put at once and one comes twice', async () => {
        const head = await put(attempt);
        const saver = backend.savers.attempt(attempt);
        const at = configOf(session.id, head);
        const checkpoint = { ...emptyCheckpoint(), id: uuid6(1), channel_versions: { a: 2 } };
        const metadata = { source: 'loop', step: 1, parents: {} } as const;
        const tasks = Array.from({ length: 150 }, (_, n) => `task ${n}`);
        await Promise.all([
          ...[...tasks, 'task 3'].map((task) => saver.putWrites(at, [['a', task]], task, PATH)),
          saver.put(at, checkpoint, metadata, { a: 2 }),
        ]);
        const log = await backend.sessions.readLog(session.id, ALICE, 3, 200);
        const reported = log.map(({ detail }) =>
          detail.type === 'NodeFinished' ? detail.taskId : detail.type,
        );
        expect(reported).toEqual([...tasks, 'CheckpointSaved']);
        const tuple = await backend.savers.reader().getTuple(at);
        const stored = tuple?.pendingWrites?.map(([task, , value]) => [task, value] as const) ?? [];
        expect(stored).toHaveLength(tasks.length);
        expect(new Map(stored)).toEqual(new Map(tasks.map((task) => [task, task])));
      });

      it('stores the steps of subgraphs beside each other, though all are put at once', async () => {
        const saver = backend.savers.attempt(attempt);
        const namespaces = ['left:1', 'right:2', 'right:2|inner:3'];
        const putIn = async (namespace: string) => {
          const config = {
            configurable: { thread_id: session.id, checkpoint_ns: namespace },
          };
          const first = { ...emptyCheckpoint(), id: uuid6(1) };
          await saver.put(config, first, { source: 'input', step: -1, parents: {} }, {});
          const at = { configurable: { ...config.configurable, checkpoint_id: first.id } };
          const next = { ...emptyCheckpoint(), id: uuid6(1), channel_values: { a: namespace } };
          const put = async () => {
            const checkpoint = { ...next, channel_versions: { a: 1 } };
            await saver.put(at, checkpoint, { source: 'loop', step: 0, parents: {} }, { a: 1 });
          };
          return [saver.putWrites(at, [['a', namespace]], `task ${namespace}`, PATH), put] as const;
        };
        const begun = await Promise.all(namespaces.map(putIn));
        await Promise.all(begun.flatMap(([writes, putNext]) => [writes, putNext()]));
        for (const namespace of namespaces) {
          const tuple = await saver.getTuple({
            configurable: { thread_id: session.id, checkpoint_ns: namespace },
          });
          expect(tuple?.checkpoint.channel_values).toEqual({ a: namespace });
        }
      });

      it('stores no checkpoint whose task’s writes were refused', async () => {
        const head = await put(attempt);
        const before = await everything(backend, session.id);
        // Once for the writes, and then never again.
        let isFirst = true;
        const checkSize = () => {
          if (!isFirst) return;
          isFirst = false;
          throw new GatewayError('LIMIT_EXCEEDED', 'too much');
        };
        const saver = backend.savers.attempt({ ...attempt, checkSize });
        const checkpoint = { ...emptyCheckpoint(), id: uuid6(1) };
        const metadata = { source: 'loop', step: 1, parents: {} } as const;
        const asked = await Promise.allSettled([
          saver.putWrites(configOf(session.id, head), [['a', 1]], 'task', PATH),
          Promise.resolve().then(() =>
            saver.put(configOf(session.id, head), checkpoint, metadata, {}),
          ),
        ]);
        expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
        expect(await everything(backend, session.id)).toEqual(before);
      });

      it('rings only after the commit', async () => {
        const heard: number[] = [];
        backend.bus.subscribe(session.id, (signal) => {
          // A bell between processes also says when it begins to hear.
          if (signal.type === 'changed' && signal.lastEvent !== null) heard.push(signal.lastEvent);
        });
        await put(attempt);
        expect(heard).toEqual([3]);
      });

      it('rings with what it logged, as the log has it', async () => {
        const heard: LogEntry[] = [];
        backend.bus.subscribe(session.id, (signal) => {
          if (signal.type !== 'changed' || signal.lastEvent === null) return;
          const first = signal.lastEvent - signal.logged.length + 1;
          for (const [n, { runId, at, detail }] of signal.logged.entries())
            heard.push({ sequence: first + n, runId, at, detail });
        });
        const head = await put(attempt);
        await putWrites(backend, attempt, head, 'one');
        await putWrites(backend, attempt, head, 'two');
        // What stands in the log already does not ring again under another's number.
        await putWrites(backend, attempt, head, 'one');
        const failed = {
          code: 'GRAPH_ERROR',
          message: 'Error: %SEQUENCE% "é" \u0000',
          node: 'n',
        } as const;
        await changeSession(backend, session.id, 'system', (seen) =>
          settleRun(seen, attempt.runId, attempt.epoch, { status: 'FAILED', error: failed }, 1),
        );
        const log = await backend.sessions.readLog(session.id, ALICE, 2, 100);
        expect(heard).toEqual(log);
        expect(log).toHaveLength(4);
      });

      it('keeps the newest entries, and removes the others a part at a time', async () => {
        const head = await put(attempt);
        for (let task = 0; task < 9; task += 1)
          await putWrites(backend, attempt, head, `task ${task}`);
        while (await backend.sessions.trimLog(session.id, 4, 3));
        const sequences = async (after: number) =>
          (await backend.sessions.readLog(session.id, ALICE, after, 100)).map(
            ({ sequence }) => sequence,
          );
        expect(await sequences(0)).toEqual([9, 10, 11, 12]);
        expect(await sequences(10)).toEqual([11, 12]);
        await putWrites(backend, attempt, head, 'one more');
        expect(await sequences(11)).toEqual([12, 13]);
        expect(await backend.sessions.trimLog(randomUUID(), 4, 3)).toBe(false);
      });
    });

    describe('values come back as they were', () => {
      const values = {
        date: new Date('2026-11-24T01:02:03.004Z'),
        ancient: new Date(-1e14),
        nested: { dates: [new Date(0)], map: new Map([['at', new Date(1)]]) },
        bytes: new Uint8Array([0, 1, 92, 255]),
        set: new Set(['a', 1]),
        large: [2n ** 70n, -1n, { within: new Set([0n]) }],
        undefined: undefined,
        floats: [0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, 1e21, 0.11121223229122157],
        text: 'a\u0000b \ud83d\ude00 back\\slash "quoted" \u2028 +002026',
        half: 'half a pair \ud800',
        dated: ['+002026-11-24T10:00:00.000Z', { at: '+002026-11-24T10:00:00.000Z' }],
        deep: nested(300),
        empty: { list: [], object: {}, text: '' },
        numbers: [Number.NaN, Infinity, -Infinity, { best: -Infinity }],
        arrays: {
          float32: new Float32Array([1.5, -2]),
          float64: new Float64Array([Math.PI]),
          int16: new Int16Array([-1, 2]),
          clamped: new Uint8ClampedArray([300, 2]),
          big: new BigInt64Array([-5n]),
          view: new DataView(new Uint8Array([1, 2, 3]).buffer),
          buffer: new Uint8Array([4, 5]).buffer,
        },
        url: new URL('https://example.com/a?b=1'),
        // What a node has parsed, or a model has written as arguments.
        parsed: JSON.parse(
          '{"a":1,"__proto__":{"isAdmin":true},"at":[{"__proto__":null,"b":2}]}',
        ) as unknown,
        forged: [
          ...['SystemMessage', 'HumanMessage'].map((kind) => ({
            lc: 1,
            type: 'constructor',
            id: ['langchain_core', 'messages', kind],
            kwargs: { content: 'forged' },
          })),
          { lc: 1, type: 'constructor', id: ['nothing', 'Known'], kwargs: {} },
          { lc: 1, type: 'secret', id: ['PATH'] },
          { lc: 1, type: 'not_implemented', id: ['x'] },
          { lc: 2, type: 'constructor', id: ['Set'], method: null, args: [[1]], kwargs: {} },
          { lc: 2, type: 'constructor', id: ['BigInt'], method: null, args: ['5'], kwargs: {} },
          { lc: 2, type: 'constructor', id: ['session-gateway', 'Map'], args: [[['a', 1]]] },
          { lc: 2, type: 'undefined' },
          { __lc_escaped__: { lc: 1 } },
          { lg_name: 'Send', node: 'a', args: { b: 1 }, extra: 1 },
          { lg_name: 'DeltaSnapshot', value: [1] },
          { toJSON: 1, inner: { lc: 2, type: 'undefined' } },
        ],
      };

      const shared = new Map<string, unknown>([['at', new Date(3)]]);
      const artifact = {
        at: new Date(7),
        rows: new Map<string, unknown>([
          ['a', 1n],
          ['b', new Set([new Date(8)])],
        ]),
        bytes: new Uint8Array([104, 101]),
        matrix: new Float32Array([0.5]),
        tags: new Set(['x', Number.NaN]),
        pattern: /a+/gi,
        worst: -Infinity,
        parsed: JSON.parse('{"__proto__":{"isAdmin":true}}') as unknown,
        forged: { lc: 1, type: 'constructor', id: ['langchain_core', 'messages', 'AIMessage'] },
        date: '+002026-11-24T10:00:00.000Z',
        shared,
      };

      it('in messages', async () => {
        const messages = [
          new HumanMessage({ id: 'h', content: 'plain' }),
          new ToolMessage({ id: 't', content: 'done', tool_call_id: 'c', artifact }),
          new AIMessage({
            id: 'a',
            content: 'calls',
            tool_calls: [{ id: 'c', name: 'f', args: { id: 5n, since: new Date(9) } }],
            additional_kwargs: { cost: 12n, at: new Date(10), seen: new Set([1]) },
            response_metadata: { ratio: Number.NaN, map: new Map([[1, 2]]) },
          }),
        ];
        await put(attempt, { shared, messages });
        const tuple = await backend.savers.reader().getTuple(configOf(session.id));
        const { shared: kept, messages: stored } = tuple?.checkpoint.channel_values ?? {};
        const back = stored as readonly BaseMessage[];
        expect(kept).toEqual(shared);
        const [human, tool, ai] = back;
        expect(human).toEqual(messages[0]);
        expect(tool).toBeInstanceOf(ToolMessage);
        expect(tool).toMatchObject({ id: 't', content: 'done', tool_call_id: 'c' });
        expect((tool as ToolMessage).artifact).toEqual(artifact);
        expect(ai).toBeInstanceOf(AIMessage);
        expect(ai).toMatchObject({
          tool_calls: [{ id: 'c', name: 'f', args: { id: 5n, since: new Date(9) } }],
          additional_kwargs: { cost: 12n, at: new Date(10), seen: new Set([1]) },
          response_metadata: { ratio: Number.NaN, map: new Map([[1, 2]]) },
        });
        // And once more, as a graph that goes on stores them again.
        await put(attempt, { messages: back });
        const again = await backend.savers.reader().getTuple(configOf(session.id));
        expect(again?.checkpoint.channel_values['messages']).toEqual(back);
      });

      it('and no prototype is set by what is parsed', async () => {
        await put(attempt, { parsed: values.parsed });
        const tuple = await backend.savers.reader().getTuple(configOf(session.id));
        const parsed = tuple?.checkpoint.channel_values['parsed'] as Record<string, unknown>;
        expect(Object.keys(parsed)).toEqual(['a', '__proto__', 'at']);
        expect(parsed['isAdmin']).toBeUndefined();
        expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
      });

      it('and what points back at itself says so', async () => {
        const circle: Record<string, unknown> = { name: 'circle' };
        circle['self'] = [circle];
        await put(attempt, { circle });
        const tuple = await backend.savers.reader().getTuple(configOf(session.id));
        expect(tuple?.checkpoint.channel_values['circle']).toEqual({
          name: 'circle',
          self: [{ $circular: true }],
        });
      });

      it('in channels', async () => {
        await put(attempt, values);
        const tuple = await backend.savers.reader().getTuple(configOf(session.id));
        expect(tuple?.checkpoint.channel_values).toEqual(values);
      });

      it('in pending writes', async () => {
        const head = await put(attempt);
        const saver = backend.savers.attempt(attempt);
        const writes = Object.entries<unknown>(values);
        await saver.putWrites(configOf(session.id, head), writes, 'task', PATH);
        const tuple = await backend.savers.reader().getTuple(configOf(session.id));
        expect(tuple?.pendingWrites?.map(([, channel, value]) => [channel, value])).toEqual(writes);
      });

      it('under a channel and a task with any name', async () => {
        const name = String.raw`C:\new\x41 "channel" 'of' %s $1 ü`;
        const head = await put(attempt, { [name]: 'kept' });
        await backend.savers
          .attempt(attempt)
          .putWrites(configOf(session.id, head), [[name, 'written']], name, PATH);
        const tuple = await backend.savers.reader().getTuple(configOf(session.id));
        expect(tuple?.checkpoint.channel_values).toEqual({ [name]: 'kept' });
        expect(tuple?.pendingWrites).toEqual([[name, name, 'written']]);
      });
    });

    it('keeps branches of one session apart', async () => {
      const root = await put(attempt, { a: 'root' });
      const saver = backend.savers.attempt(attempt);
      const branches = ['left', 'right'].map((value) => ({
        value,
        version: saver.getNextVersion(1),
        id: uuid6(1),
      }));
      for (const { value, version, id } of branches) {
        const checkpoint = {
          ...emptyCheckpoint(),
          id,
          channel_values: { a: value },
          channel_versions: { a: version },
        };
        const metadata = { source: 'loop', step: 1, parents: {} } as const;
        await saver.put(configOf(session.id, root), checkpoint, metadata, { a: version });
      }
      for (const { value, id } of branches) {
        const tuple = await backend.savers.reader().getTuple(configOf(session.id, id));
        expect(tuple?.checkpoint.channel_values).toEqual({ a: value });
      }
    });

    it('reads a checkpoint of LangGraph’s older format without all that came before it', async () => {
      const saver = backend.savers.attempt(attempt);
      const metadata = { source: 'loop', step: 0, parents: {} } as const;
      let head: string | undefined;
      const loads: number[] = [];
      for (let n = 0; n < 20; n += 1) {
        const checkpoint = { ...emptyCheckpoint(), v: 3, id: uuid6(1) };
        await saver.put(configOf(session.id, head), checkpoint, metadata, {});
        const reader = backend.savers.reader();
        const load = vi.spyOn(reader.serde, 'loadsTyped');
        const tuple = await reader.getTuple(configOf(session.id));
        loads.push(load.mock.calls.length);
        load.mockRestore();
        expect(tuple?.parentConfig?.configurable?.['checkpoint_id']).toBe(head);
        head = checkpoint.id;
      }
      expect(loads.at(-1)).toBe(loads[1]);
    });

    describe('no finished task runs again', () => {
      it('gives pending writes back whole and in the order of their paths', async () => {
        const head = await put(attempt);
        const values: unknown[] = [
          new Uint8Array([0, 255, 128]),
          { deep: [1, null, 'ü'] },
          new Map([['k', new Set([1])]]),
        ];
        for (const [index, value] of values.entries()) {
          const saver = backend.savers.attempt(attempt);
          const path = `~__pregel_push, 000000000${9 - index}`;
          await saver.putWrites(configOf(session.id, head), [['a', value]], `task ${index}`, path);
        }
        const tuple = await backend.savers.reader().getTuple(configOf(session.id));
        expect(tuple?.pendingWrites?.map(([, , value]) => value)).toEqual(values.toReversed());
      });

      it('finds runs that nobody executes: queued, handed over, or under a dead worker', async () => {
        const queued = await storeSession(backend);
        const ids = async (dead: string[]) =>
          (await backend.sessions.claimable(dead, 10)).map(({ id }) => id);
        expect(await backend.sessions.busyWorkers()).toEqual(['worker']);
        expect(await ids([])).toEqual([queued.id]);
        expect(new Set(await ids(['worker']))).toEqual(new Set([session.id, queued.id]));
      });
    });

    it('a long backlog of some users hides no run of another: each has a turn, and the oldest of theirs', async () => {
      await backend.sessions.delete(session.id, 'system');
      const ids: string[] = [];
      for (const ownerId of [...Array<string>(6).fill('alice'), 'bob', 'bob', 'with a space']) {
        ids.push((await storeSession(backend, { ownerId })).id);
        // Of one millisecond none is the older: the next is stored in a later one.
        const stored = Date.now();
        while (Date.now() <= stored) await sleep(1);
      }
      const dealt = async (limit: number, except: string[] = []) => {
        const found = await backend.sessions.claimable([], limit, except);
        for (const run of found)
          expect(run).toMatchObject({ sessionId: run.id, attempt: 0, workerId: null });
        return found.map(({ id, ownerId }) => [ownerId, ids.indexOf(id)]);
      };
      expect(await dealt(5)).toEqual([
        ['alice', 0],
        ['bob', 6],
        ['with a space', 8],
        ['alice', 1],
        ['bob', 7],
      ]);
      expect(await dealt(3, [ids[0] ?? '', ids[6] ?? ''])).toEqual([
        ['alice', 1],
        ['bob', 7],
        ['with a space', 8],
      ]);
      expect(await dealt(100)).toHaveLength(9);
    });

    it('changes of a session at once are all made, one after the other', async () => {
      const count = ({ metadata }: Session) => Number(metadata['count'] ?? 0);
      const changes = Array.from({ length: 20 }, () =>
        backend.sessions.change(session.id, 'system', (state) => ({
          session: { ...state.session, metadata: { count: count(state.session) + 1 } },
        })),
      );
      await Promise.all(changes);
      const after = await backend.sessions.find(session.id, 'system');
      expect(after?.metadata).toEqual({ count: 20 });
    });

    describe('lists of sessions', () => {
      const all = { status: null, graphId: null, metadata: {}, forkedFromSessionId: null };

      it('by their last activity are whole while a session works', async () => {
        const others = [session.id];
        for (let n = 0; n < 4; n += 1) others.push((await storeSession(backend)).id);
        const [, , busy = ''] = others;
        const by = await beginAttempt(backend, busy);
        await put(by);
        const seen: string[] = [];
        let page;
        let after: SessionKey | null = null;
        do {
          page = await backend.sessions.list('alice', all, 'UPDATED_AT', { first: 2, after });
          seen.push(...page.items.map(({ id }) => id));
          const last: Session | undefined = page.items.at(-1);
          after = last === undefined ? null : [last.updatedAt, last.id];
        } while (page.hasNext && seen.length <= others.length);
        expect(seen.toSorted()).toEqual(others.toSorted());
      });

      it('of no status are empty', async () => {
        const none = { ...all, status: [] };
        const { items } = await backend.sessions.list('alice', none, 'CREATED_AT', FIRST);
        expect(items).toEqual([]);
        expect(await backend.sessions.count('alice', none)).toBe(0);
      });

      it('are counted as they are listed', async () => {
        for (let n = 0; n < 3; n += 1) {
          const { id } = await storeSession(backend);
          await backend.sessions.change(id, ALICE, (state) => ({
            session: { ...state.session, metadata: { team: n < 2 ? 'blue' : 'red' } },
          }));
        }
        for (const filter of [
          all,
          { ...all, status: ['RUNNING' as const] },
          { ...all, graphId: 'none' },
          { ...all, metadata: { team: 'blue' } },
          { ...all, forkedFromSessionId: session.id },
        ]) {
          const { items } = await backend.sessions.list('alice', filter, 'CREATED_AT', FIRST);
          expect(await backend.sessions.count('alice', filter)).toBe(items.length);
        }
        expect(await backend.sessions.count('alice', all)).toBe(4);
        expect(await backend.sessions.count('bob', all)).toBe(0);
      });
    });

    describe('rollback', () => {
      it('takes back an epoch’s checkpoints and its writes on older ones', async () => {
        const head = await put(attempt);
        await interrupt(backend, attempt, head, 'first');
        const newer = await beginAttempt(backend, session.id, 'another');
        await interrupt(backend, newer, head, 'second');
        await putWrites(backend, newer, head, 'other task');
        await put(newer, {}, head);
        await backend.sessions.change(session.id, 'system', (state) => ({
          session: { ...state.session, head },
          rollBackFrom: newer.epoch,
        }));
        const tuple = await backend.savers.reader().getTuple(configOf(session.id));
        expect(tuple?.checkpoint.id).toBe(head);
        expect(tuple?.pendingWrites).toEqual([['task', '__interrupt__', 'first']]);
        const { items } = await backend.sessions.listCheckpoints(session.id, ALICE, ROOT, FIRST);
        expect(items).toHaveLength(2);
      });
    });

    it('runs of some statuses are found by pages, newest first', async () => {
      const { sessions } = backend;
      for (let n = 2; n <= 9; n += 1)
        await sessions.change(session.id, ALICE, (state) =>
          acceptRun(
            state,
            { ...NEW_RUN, id: randomUUID(), kind: 'MESSAGE' },
            { onBusy: 'ENQUEUE', now: Date.now(), idempotency: undefined, rollback: null },
          ),
        );
      for (const number of [3, 4, 8]) {
        const run = await sessions.findRunByNumber(session.id, number, ALICE);
        await sessions.change(session.id, ALICE, (state) =>
          cancelRun(state, run?.id ?? '', Date.now()),
        );
      }
      const numbersOf = async (status: readonly RunStatus[] | null, after: number | null) => {
        const page = await sessions.listRuns(session.id, ALICE, { first: 2, after }, status);
        return [page.items.map(({ number }) => number), page.hasNext];
      };
      expect(await numbersOf(['CANCELLED'], null)).toEqual([[8, 4], true]);
      expect(await numbersOf(['CANCELLED'], 4)).toEqual([[3], false]);
      expect(await numbersOf(['RUNNING'], null)).toEqual([[1], false]);
      expect(await numbersOf(['CANCELLED', 'QUEUED'], 8)).toEqual([[7, 6], true]);
      expect(await numbersOf(['FAILED'], null)).toEqual([[], false]);
      expect(await numbersOf([], null)).toEqual([[], false]);
      expect(await numbersOf(null, 3)).toEqual([[2, 1], false]);
    });

    describeItems(() => backend.items);

    it('complete deletion: nothing of the session is left', async () => {
      const empty = await test.contents();
      const other = await storeSession(backend);
      const by = await beginAttempt(backend, other.id);
      const head = await put(by);
      await interrupt(backend, by, head, 'first');
      await interrupt(backend, await beginAttempt(backend, other.id), head, 'second');
      expect(await test.contents()).not.toEqual(empty);
      await backend.sessions.delete(other.id, ALICE);
      expect(await test.contents()).toEqual(empty);
    });
  });
}

function configOf(threadId: string, checkpointId?: string) {
  return {
    configurable: {
      thread_id: threadId,
      checkpoint_ns: '',
      ...(checkpointId !== undefined && { checkpoint_id: checkpointId }),
    },
  };
}

async function putCheckpoint(
  backend: Backend,
  by: Attempt,
  values: Record<string, unknown>,
  parent?: string,
  at?: number,
): Promise<string> {
  const id = at === undefined ? uuid6(1) : `1ef00000-0000-6000-8000-00000000000${at}`;
  const saver = backend.savers.attempt(by);
  const versions = Object.fromEntries(
    Object.keys(values).map((key) => [key, saver.getNextVersion(undefined)]),
  );
  const checkpoint = {
    ...emptyCheckpoint(),
    id,
    channel_values: values,
    channel_versions: versions,
  };
  const metadata = { source: 'loop', step: 0, parents: {} } as const;
  await saver.put(configOf(by.sessionId, parent), checkpoint, metadata, versions);
  return id;
}

async function putWrites(
  backend: Backend,
  by: Attempt,
  checkpointId: string,
  taskId: string = randomFixed,
): Promise<void> {
  const config = configOf(by.sessionId, checkpointId);
  await backend.savers.attempt(by).putWrites(config, [['a', 1]], taskId, PATH);
}

const randomFixed = randomUUID();

async function interrupt(
  backend: Backend,
  by: Attempt,
  checkpointId: string,
  value: string,
): Promise<void> {
  const config = configOf(by.sessionId, checkpointId);
  await backend.savers.attempt(by).putWrites(config, [['__interrupt__', value]], 'task', PATH);
}

async function everything(backend: Backend, id: string): Promise<unknown> {
  return {
    session: await backend.sessions.find(id, 'system'),
    log: await backend.sessions.readLog(id, 'system', 0, 1000),
    tuples: await Array.fromAsync(
      backend.savers.reader().list({ configurable: { thread_id: id } }),
    ),
  };
}

/** A list within a list within a list … */
function nested(depth: number): unknown {
  let value: unknown = 'bottom';
  for (let n = 0; n < depth; n += 1) value = [value];
  return value;
}
