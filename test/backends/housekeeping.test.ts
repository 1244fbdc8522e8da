// What users take, what expires, who sweeps, and what no session is of, on every backend.
import { emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cancelSession, settleRun } from '../../src/session/lifecycle.ts';
import type { Backend } from '../../src/session/ports.ts';
import { BACKENDS, type TestBackend, openTestBackend } from './open-test-backend.ts';
import { beginAttempt, storeSession } from '../../src/testing/sessions.ts';

describe.each(BACKENDS)('%s', (name) => {
  let test: TestBackend;
  let backend: Backend;
  beforeAll(async () => {
    test = await openTestBackend(name);
    ({ backend } = test);
  });
  afterAll(() => test[Symbol.asyncDispose]());

  async function put(sessionId: string, value: string): Promise<number> {
    let bytes = 0;
    const attempt = await beginAttempt(backend, sessionId);
    const saver = backend.savers.attempt({ ...attempt, checkSize: (more) => void (bytes += more) });
    const versions = { text: saver.getNextVersion(undefined) };
    const checkpoint = {
      ...emptyCheckpoint(),
      id: uuid6(1),
      channel_values: { text: value },
      channel_versions: versions,
    };
    const address = { thread_id: sessionId, checkpoint_ns: '' };
    await saver.put(
      { configurable: address },
      checkpoint,
      { source: 'loop', step: 0, parents: {} },
      versions,
    );
    const written = { configurable: { ...address, checkpoint_id: checkpoint.id } };
    await saver.putWrites(written, [['text', value]], 'task', '~__pregel_pull, node');
    return bytes;
  }

  async function settle(
    id: string,
    status: 'SUCCEEDED' | 'INTERRUPTED',
    ttlMs: number | null,
  ): Promise<void> {
    await backend.sessions.change(id, 'system', ({ session, active }) =>
      active.length === 0 ? undefined : { session: { ...session, ttlMs } },
    );
    await backend.sessions.change(id, 'system', (state) => {
      const outcome =
        status === 'SUCCEEDED' ? ({ status } as const) : ({ status, interrupts: [] } as const);
      return settleRun(state, id, state.session.epoch, outcome, Date.now());
    });
  }

  it('tells how much is stored of a user’s sessions, and of nobody else’s', async () => {
    const ownerId = 'storer';
    expect(await backend.sessions.storedBytesOf(ownerId)).toBe(0);
    const first = await storeSession(backend, { ownerId });
    const given = await backend.sessions.storedBytesOf(ownerId);
    expect(given).toBeGreaterThan(0);
    const weighed = await put(first.id, 'x'.repeat(100_000));
    expect(weighed).toBeGreaterThan(200_000);
    // What a run is writing may be missing until it settles.
    await settle(first.id, 'SUCCEEDED', null);
    const stored = await backend.sessions.storedBytesOf(ownerId);
    expect(stored / weighed).toBeGreaterThan(0.99);
    expect(stored / weighed).toBeLessThan(1.1);
    const seen = await backend.sessions.find(first.id, 'system');
    if (seen === null) throw new Error('it is gone');
    await backend.sessions.sweepValues(seen);
    const measured = await backend.sessions.storedBytesOf(ownerId);
    expect(measured / weighed).toBeGreaterThan(0.9);
    expect(measured / weighed).toBeLessThan(1.1);
    expect(await backend.sessions.storedBytesOf('another')).toBe(0);
    await backend.sessions.delete(first.id, { ownerId });
    expect(await backend.sessions.storedBytesOf(ownerId)).toBe(0);
  });

  it('tells how many sessions of a user are at work, and how many of their runs wait', async () => {
    const ownerId = 'worker';
    const activity = () => backend.sessions.activityOf(ownerId);
    expect(await activity()).toEqual({ activeSessions: 0, queuedRuns: 0 });
    const sessions = [];
    for (let n = 0; n < 3; n += 1) sessions.push(await storeSession(backend, { ownerId }));
    await storeSession(backend, { ownerId: 'another' });
    expect(await activity()).toEqual({ activeSessions: 3, queuedRuns: 3 });
    await beginAttempt(backend, sessions[0]?.id ?? '');
    expect(await activity()).toEqual({ activeSessions: 3, queuedRuns: 2 });
    await settle(sessions[0]?.id ?? '', 'SUCCEEDED', null);
    await backend.sessions.change(sessions[1]?.id ?? '', 'system', (state) =>
      cancelSession(state, Date.now()),
    );
    expect(await activity()).toEqual({ activeSessions: 1, queuedRuns: 1 });
  });

  it('expires what rests; what waits for an answer only where that is wanted; what runs never', async () => {
    const at = Date.now();
    const rests = await storeSession(backend, { ttlMs: 1 });
    const waits = await storeSession(backend, { ttlMs: 1 });
    const runs = await storeSession(backend, { ttlMs: 1 });
    const stays = await storeSession(backend);
    for (const { id } of [rests, waits, runs, stays]) await beginAttempt(backend, id);
    await settle(rests.id, 'SUCCEEDED', 1);
    await settle(waits.id, 'INTERRUPTED', 1);
    await settle(stays.id, 'SUCCEEDED', null);
    const later = at + 60_000;
    const expired = async (interruptedToo: boolean) =>
      (await backend.sessions.expired(later, 100, interruptedToo)).map(({ id }) => id);
    expect(await expired(false)).toEqual([rests.id]);
    expect((await expired(true)).toSorted()).toEqual([rests.id, waits.id].toSorted());
    expect(await backend.sessions.expired(at - 1000, 100, true)).toEqual([]);
    for (const { id } of [rests, waits, runs, stays]) {
      expect(await backend.sessions.deleteExpired(id, at - 1000, true)).toBe(false);
      expect(await backend.sessions.deleteExpired(id, later, false)).toBe(id === rests.id);
    }
    expect(await backend.sessions.deleteExpired(runs.id, later, true)).toBe(false);
    expect(await backend.sessions.deleteExpired(stays.id, later, true)).toBe(false);
    expect(await backend.sessions.deleteExpired(waits.id, later, true)).toBe(true);
    expect(await expired(true)).toEqual([]);
  });

  it('a lease has one holder, until it ends', async () => {
    if (name === 'memory')
      return expect(await backend.sessions.acquireLease('l', 'one', 1)).toBe(true);
    expect(await backend.sessions.acquireLease('l', 'one', 300)).toBe(true);
    expect(await backend.sessions.acquireLease('l', 'two', 300)).toBe(false);
    expect(await backend.sessions.acquireLease('l', 'one', 300)).toBe(true);
    expect(await backend.sessions.acquireLease('m', 'two', 300)).toBe(true);
    await expect.poll(() => backend.sessions.acquireLease('l', 'two', 300)).toBe(true);
    expect(await backend.sessions.acquireLease('l', 'one', 300)).toBe(false);
    // Only who has it gives it back.
    await backend.sessions.releaseLease('l', 'one');
    expect(await backend.sessions.acquireLease('l', 'one', 300)).toBe(false);
    await backend.sessions.releaseLease('l', 'two');
    expect(await backend.sessions.acquireLease('l', 'one', 300)).toBe(true);
  });

  it('finds threads without a session, and removes those alone', async () => {
    await using stock = await test.openStockSaver();
    const config = (thread_id: string) => ({ configurable: { thread_id, checkpoint_ns: '' } });
    const orphans = ['an orphan', '0b1e7d52-0000-4000-8000-000000000001', 'x {y}'];
    for (const id of orphans) {
      const checkpoint = {
        ...emptyCheckpoint(),
        id: uuid6(1),
        channel_values: { a: 1 },
        channel_versions: { a: 1 },
      };
      const saved = await stock.saver.put(
        config(id),
        checkpoint,
        { source: 'loop', step: 0, parents: {} },
        { a: 1 },
      );
      await stock.saver.putWrites(saved, [['a', 1]], 'task');
    }
    const session = await storeSession(backend);
    await put(session.id, 'kept');
    const own = new Set<string>();
    const found = async () => {
      const all = new Set<string>();
      let from: string | null = null;
      do {
        const part: Awaited<ReturnType<Backend['sessions']['orphans']>> =
          await backend.sessions.orphans(from, 2);
        for (const id of part.threadIds) all.add(id);
        for (const id of part.own) own.add(id);
        from = part.next;
      } while (from !== null);
      return [...all].filter((id) => orphans.includes(id) || id === session.id).toSorted();
    };
    expect(await found()).toEqual(orphans.toSorted());
    // A stock saver has written them: in a server that is shared they are another program's.
    const isShared = ['postgres', 'redis'].includes(backend.name);
    expect(orphans.filter((id) => own.has(id))).toEqual(isShared ? [] : orphans);
    expect(await backend.sessions.deleteOrphan(session.id)).toBe(false);
    for (const id of orphans) expect(await backend.sessions.deleteOrphan(id)).toBe(true);
    expect(await found()).toEqual([]);
    for (const id of orphans) expect(await stock.saver.getTuple(config(id))).toBeUndefined();
    const kept = await backend.savers.reader().getTuple(config(session.id));
    expect(kept?.checkpoint.channel_values).toEqual({ text: 'kept' });
  });
});
