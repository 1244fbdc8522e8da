// LangGraph's own savers read and continue what the gateway wrote, and the gateway adopts and continues what they wrote.
import { randomUUID } from 'node:crypto';
import { Command } from '@langchain/langgraph';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adoptThread } from '../../src/graph/adopt-thread.ts';
import { type CompiledGraph, withCheckpointer } from '../../src/graph/compiled-graph.ts';
import { ALICE, type InProcess, openInProcess } from './in-process.ts';
import {
  BACKENDS,
  type StockSaver,
  type TestBackend,
  openTestBackend,
} from './open-test-backend.ts';

const OWNER = { ownerId: 'alice' };
const PAGE = { first: 100, after: null };
const ROOT = { namespace: '', source: null, run: null };

describe.each(BACKENDS)('%s', (name) => {
  let test: TestBackend;
  let gateway: InProcess;
  let stock: StockSaver;

  beforeEach(async () => {
    test = await openTestBackend(name);
    gateway = await openInProcess(test.backend, ['ask', 'nested', 'steps']);
    stock = await test.openStockSaver();
  });

  afterEach(async () => {
    await stock[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
    await test[Symbol.asyncDispose]();
  });

  /** The graph as a program without the gateway would compile it. */
  const stockGraph = (id: string) => {
    const { graph } = gateway.graphs.get(id);
    if (graph === null) throw new Error('there is no graph');
    return withCheckpointer(graph, stock.saver);
  };

  it('a session of the gateway is read and continued with the stock saver', async () => {
    const { session } = await gateway.sessions.start(ALICE, { graphId: 'ask', task: 'go' });
    expect(await gateway.settled(session.id)).toMatchObject({ status: 'INTERRUPTED' });
    const config = { configurable: { thread_id: session.id } };
    const graph = stockGraph('ask');
    const state = await graph.getState(config);
    expect(state.tasks.map((task) => task.name).toSorted()).toEqual(['left', 'right']);
    const answers = Object.fromEntries(
      state.tasks.flatMap(({ interrupts }) => (interrupts ?? []).map(({ id }) => [id, 'yes'])),
    );
    await invoke(graph, new Command({ resume: answers }), config);
    const after = await graph.getState(config);
    expect(after.values).toMatchObject({ task: 'go', trail: ['left yes', 'right yes', 'end'] });
    expect(after.tasks).toEqual([]);
  });

  it('a thread of the stock saver is adopted, answered and forked', async () => {
    const id = randomUUID();
    const config = { configurable: { thread_id: id } };
    await invoke(stockGraph('ask'), { task: 'go' }, config);
    const { session, checkpoints } = await adopt(id, 'ask');
    expect(session).toMatchObject({ id, ownerId: 'alice', status: 'INTERRUPTED', asking: true });
    const { items } = await test.backend.sessions.listCheckpoints(id, OWNER, ROOT, PAGE);
    expect(items).toHaveLength(checkpoints);
    expect(items.map(({ step }) => step)).toEqual([0, -1]);
    const { interrupts } = await gateway.graphs.current(session);
    expect(interrupts.map(({ node }) => node).toSorted()).toEqual(['left', 'right']);
    const fork = await gateway.forks.fork(ALICE, { sessionId: id });
    for (const [sessionId, answer] of [
      [id, 'yes'],
      [fork.id, 'no'],
    ] as const) {
      const answers = Object.fromEntries(
        interrupts.map(({ interruptId }) => [interruptId, answer] as const),
      );
      await gateway.sessions.resume(ALICE, {
        sessionId,
        answers: pairsOf(answers),
        onBusy: 'REJECT',
      });
      const settled = await gateway.settled(sessionId);
      const { values } = await gateway.graphs.current(settled);
      expect(values).toMatchObject({ trail: [`left ${answer}`, `right ${answer}`, 'end'] });
    }
  });

  it('a thread with subgraphs is adopted and continued', async () => {
    const id = randomUUID();
    const config = { configurable: { thread_id: id } };
    await invoke(stockGraph('nested'), { task: 'go' }, config);
    const { session } = await adopt(id, 'nested');
    const { interrupts } = await gateway.graphs.current(session);
    expect(interrupts.length).toBeGreaterThan(0);
    const answers = Object.fromEntries(interrupts.map(({ interruptId }) => [interruptId, 'yes']));
    await gateway.sessions.resume(ALICE, {
      sessionId: id,
      answers: pairsOf(answers),
      onBusy: 'REJECT',
    });
    expect(await gateway.settled(id)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('an adopted session is deleted with everything under it', async () => {
    const before = await test.contents();
    const id = randomUUID();
    await invoke(
      stockGraph('steps'),
      { task: 'go', trail: [] },
      { configurable: { thread_id: id } },
    );
    await adopt(id, 'steps');
    await gateway.sessions.delete(ALICE, id);
    expect(await test.contents()).toEqual(before);
  });

  it('what is a session already is not adopted, nor what nobody wrote', async () => {
    const { session } = await gateway.sessions.start(ALICE, { graphId: 'ask', task: 'go' });
    await expect(adopt(session.id, 'ask')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(adopt(randomUUID(), 'ask')).rejects.toMatchObject({
      code: 'CHECKPOINT_NOT_FOUND',
    });
  });

  function adopt(threadId: string, graphId: string) {
    const adoption = { threadId, graphId, ownerId: 'alice', ttlMs: null };
    return adoptThread(test.backend, gateway.graphs, adoption);
  }
});

async function invoke(graph: CompiledGraph, input: unknown, config: object): Promise<void> {
  for await (const _ of await graph.stream(input, { ...config, streamMode: ['values'] }));
}

function pairsOf(answers: Readonly<Record<string, unknown>>) {
  return Object.entries(answers).map(([interruptId, value]) => ({ interruptId, value }));
}
