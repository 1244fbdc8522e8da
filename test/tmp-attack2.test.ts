import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CheckpointViews } from '../src/graph/checkpoint-views.ts';
import { trimHistory } from '../src/graph/trim-history.ts';
import { adoptThread } from '../src/graph/adopt-thread.ts';
import { HistoryTrimmer } from '../src/worker/history-trimmer.ts';
import { OWNER, driveToEnd, goOn, historyOf, start, stateOf, viewOf } from './backends/drive.ts';
import { ALICE, openInProcess } from './backends/in-process.ts';
import { BACKENDS, type TestBackend, contentsOf, openTestBackend, storeSession, beginAttempt } from './backends/open-test-backend.ts';

const G = '../../../../tmp/attack/graphs.ts';
const show = (...x: unknown[]) => process.stderr.write(x.map((y) => (typeof y === 'string' ? y : JSON.stringify(y))).join(' ').slice(0, 900) + '\n');
const WHICH = (process.env.B ?? 'memory,sqlite,redis,postgres').split(',') as (typeof BACKENDS)[number][];
describe.each(WHICH)('on %s', (name) => {
  let test: TestBackend;
  beforeEach(async () => { test = await openTestBackend(name); });
  afterEach(() => test[Symbol.asyncDispose]());
  const open = (...ids: string[]) => openInProcess(test.backend, ids, G);
  const again = async (gw: any, id: string, input: unknown, more = {}) => {
    await gw.sessions.resume(ALICE, { sessionId: id, input, onBusy: 'REJECT', ...more });
    return gw.settled(id);
  };

  it('T1 two workers trim the same session at once, then it is forked and deleted', async () => {
    await using gw = await open('memory');
    const id = await start(gw, { task: 'go' });
    await gw.settled(id);
    for (let n = 0; n < 8; n += 1) await again(gw, id, { task: 'go' });
    const s = await gw.settled(id);
    const { graph } = gw.graphs.get('memory');
    const t = { backend: test.backend, graph, keep: 3 };
    show(name, 'T1 ns before', await test.backend.sessions.listNamespaces(id, OWNER), 'trims', await Promise.all([trimHistory(s, t), trimHistory(s, t)]),
      'ns after', await test.backend.sessions.listNamespaces(id, OWNER));
    const fork = await gw.forks.fork(ALICE, { sessionId: id });
    const f = await again(gw, fork.id, { task: 'go' });
    const trail = ((await stateOf(gw, f)) as any).values.trail;
    show(name, 'T1 fork remembers', trail.at(-2));
    await test.backend.sessions.delete(fork.id, OWNER);
    await test.backend.sessions.delete(id, OWNER);
    const left = (await test.contents()) as any;
    if (name === 'redis') show('T1 keys left', left.map(([k]: any) => k).filter((k: string) => k.includes(id) || k.includes(fork.id)));
  });

  it('T2 one request fails the others of its turn', async () => {
    await using gw = await open('raw');
    const mine = await gw.settled(await start(gw, { kind: 'none', say: 'mine' }));
    const bob = { id: 'bob' };
    const { session: bs } = await gw.sessions.start(bob as any, { input: { kind: 'none', say: 'bobs' } });
    const theirs = await gw.settled(bs.id);
    const [rowA] = (await historyOf(test, mine)).slice(-1);
    const rowB = (await test.backend.sessions.listCheckpoints(theirs.id, { ownerId: 'bob' }, { namespace: '', source: null, run: null }, { first: 1, after: null })).items[0]!;
    const r = await Promise.allSettled([
      gw.checkpoints.values({ session: mine, row: rowA! }, ['say']),
      gw.checkpoints.values({ session: theirs, row: rowB }, ['a\u0000b']),
    ]);
    show(name, 'T2', r.map((x: any) => x.value ?? `${x.reason.code ?? x.reason.name}: ${x.reason.message}`));
  });

  it('T2b odd state values', async () => {
    await using gw = await open('raw');
    for (const kind of ['lc1', 'lc2map', 'lc2bad', 'lc1badid', 'proto', 'then']) {
      const s = await gw.settled(await start(gw, { kind, say: 'x' }));
      const row = (await historyOf(test, s)).at(-1)!;
      show(name, 'T2b', kind, s.status, await gw.checkpoints.values({ session: s, row }, null).catch((e: any) => `ERR ${e.code} ${e.message}`));
      if (kind === 'lc1') {
        const read = async () => JSON.stringify(await contentsOf(test, s.id));
        const b = await read();
        const count = (t: string) => (t.match(/\$unreadable/g) ?? []).length + (t.match(/24756e7265616461626c65/g) ?? []).length;
        await gw.edits.edit(ALICE, { sessionId: s.id, values: { say: 'edited' }, asNode: 'w' });
        const now = await gw.settled(s.id);
        const tuple = await test.backend.savers.reader().serde;
        show(name, 'T11 head after edit', (await gw.graphs.current(now)).values);
        if (name === 'redis') show('T11 blobs of x', (JSON.parse(await read()) as any[]).filter(([k]) => /checkpoint_blob.*:x:/.test(k)));
        if (name === 'postgres') show('T11 blobs of x', (JSON.parse(await read()) as any[]).filter(([k]) => /blobs/.test(k)).flatMap(([, r]) => r.filter((q: any) => q.channel === 'x').map((q: any) => Buffer.from(q.blob.data).toString())));
      }
    }
    const s = await gw.settled(await start(gw, { kind: 'none', say: '+002026-11-24T10:00:00.000Z', x: '+002026-11-24T10:00:00.000Z' }));
    show(name, 'T14', s.status, (await gw.graphs.current(s)).values, typeof ((await gw.graphs.current(s)).values as any).say);
  });

  it('T5 fork of a running session while it goes on', async () => {
    await using gw = await open('slowMem');
    const id = await start(gw, { task: 'go' });
    await gw.settled(id);
    await gw.sessions.resume(ALICE, { sessionId: id, input: { task: 'go' }, onBusy: 'REJECT' });
    await sleep(150);
    // the fork has looked at the session, and is slow from here
    const proto = Object.getPrototypeOf(test.backend.sessions);
    const spy = vi.spyOn(test.backend.sessions, 'findCheckpoint').mockImplementation(async (...a: any[]) => {
      await sleep(500);
      return proto.findCheckpoint.apply(test.backend.sessions, a);
    });
    const fork = await gw.forks.fork(ALICE, { sessionId: id });
    spy.mockRestore();
    const f = await driveToEnd(gw, fork.id);
    const p = await gw.settled(id);
    show(name, 'T5 fork', ((await stateOf(gw, f)) as any).values.trail, 'parent', ((await stateOf(gw, p)) as any).values.trail);
  });

  it('T8 one session that cannot be trimmed', async () => {
    await using gw = await open('factory');
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const { session } = await gw.sessions.start(ALICE, { input: { task: 'go' }, configurable: n === 0 ? { bad: true } : {} });
      ids.push(session.id);
      await gw.settled(session.id);
      for (let m = 0; m < 4; m += 1) await again(gw, session.id, { task: 'go' }, { configurable: { bad: false } });
    }
    const warned: string[] = [];
    const log = { warn: (o: any, m: string) => warned.push(`${m}: ${o.err.message}`), debug() {}, info() {} } as any;
    const trimmer = new HistoryTrimmer({ backend: test.backend, graphs: gw.graphs, log, keep: 2 });
    trimmer.consider(ids[0]!); trimmer.consider(ids[1]!); trimmer.consider(ids[2]!);
    await sleep(3500);
    await trimmer[Symbol.asyncDispose]();
    show(name, 'T8 left', await Promise.all(ids.map(async (id) => (await historyOf(test, { id })).length)), warned);
  });

  it('T7 adopted thread with a lasting subgraph forked at an older checkpoint', async () => {
    await using gw = await open('memory');
    await using stock = await test.openStockSaver();
    const graphs = await import('/tmp/attack/graphs.ts' as string);
    const g = graphs.memory.compile({ checkpointer: stock.saver });
    const threadId = randomUUID();
    for (let n = 0; n < 3; n += 1) await g.invoke({ task: 'go' }, { configurable: { thread_id: threadId } });
    const { session } = await adoptThread(test.backend, gw.graphs, { threadId, graphId: 'memory', ownerId: ALICE.id, ttlMs: null });
    const rows = await historyOf(test, session);
    // where the second run ended
    let at = -1;
    for (const [n, row] of rows.entries()) if (((await gw.checkpoints.values({ session, row }, null)) as any).trail?.length === 4 && (await gw.checkpoints.next({ session, row })).length === 0) at = n;
    const fork = await gw.forks.fork(ALICE, { sessionId: threadId, checkpointId: rows[at]!.checkpointId });
    const f = await again(gw, fork.id, { task: 'go' });
    show(name, 'T7 fork of adopted (third visit expected)', ((await stateOf(gw, f)) as any).values.trail);
  });

  it('T15 runs and cursors of before', async () => {
    await using gw = await open('raw');
    const s = await gw.settled(await start(gw, { kind: 'none', say: 'mine' }));
    const run = (await test.backend.sessions.listRuns(s.id, OWNER, { first: 1, after: null })).items[0]!;
    const f = (run: any, after: any = null, namespace = '') => test.backend.sessions.listCheckpoints(s.id, OWNER, { namespace, source: null, run }, { first: 5, after }).then((p) => p.items.length, (e) => `${e.code ?? e.name}: ${e.message}`);
    show(name, 'T15', 'now', await f({ runId: run.id, after: 0, upTo: null }), 'old base', await f({ runId: run.id, after: undefined, upTo: undefined }), 'cursor 1.5', await f(null, 1.5), '1e300', await f(null, 1e300), 'NUL ns', await f(null, null, 'a\u0000b'));
  });
});
