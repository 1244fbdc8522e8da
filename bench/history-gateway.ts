// The measured gateway, in a process of its own: it makes the histories, serves them, tells how late its event loop was,
// and measures what needs no client.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import { openBackend } from '../src/backends/open-backend.ts';
import { readConfig } from '../src/config.ts';
import { createGateway } from '../src/gateway.ts';
import { encodeKey } from '../src/session/page.ts';
import type { Backend } from '../src/session/ports.ts';
import { answerAll } from './child.ts';
import { loop } from './history-graph.ts';
import { seedHistory } from './history-seed.ts';
import { measure, type Sample } from './measure.ts';
import { type StockSaver, openStockSaver } from './stock-saver.ts';

const PAGE = 20;
const STATE_BYTES = 20 * 1024;

export interface History {
  readonly checkpoints: number;
  readonly id: string;
  /** In the middle of it: a checkpoint, and the cursor of the page that begins with it. */
  readonly middle: { readonly checkpointId: string; readonly cursor: string };
}

/** What the process is asked, one at a time; it answers each with a value. */
export type Asked =
  | { readonly ask: 'open'; readonly sizes: readonly number[] }
  | { readonly ask: 'watch' }
  | { readonly ask: 'longest delay' }
  | { readonly ask: 'stock' | 'page in process'; readonly id: string; readonly timeMs: number };

export interface Opened {
  readonly backend: string;
  readonly url: string;
  readonly histories: readonly History[];
}

const config = readConfig(process.env);
const backend = await openBackend(config);
const delays = monitorEventLoopDelay({ resolution: 1 });

answerAll(async (asked: Asked): Promise<Opened | Sample | number> => {
  switch (asked.ask) {
    case 'open':
      return open(asked.sizes);
    case 'watch':
      delays.reset();
      delays.enable();
      return 0;
    case 'longest delay':
      delays.disable();
      // The timer of the monitor itself is a millisecond.
      return Math.max(0, delays.max / 1e6 - 1);
    case 'page in process':
      return measure(() => newestPage(asked.id), asked.timeMs);
    case 'stock': {
      await using stock = await openSameSaver(asked.id);
      return await measure(() => stockPage(stock.saver, asked.id), asked.timeMs);
    }
  }
});

async function open(sizes: readonly number[]): Promise<Opened> {
  const histories: History[] = [];
  for (const checkpoints of sizes) {
    const id = await seedHistory(backend, checkpoints, STATE_BYTES);
    histories.push({ checkpoints, id, middle: await middleOf(backend, id) });
  }
  const { url } = await createGateway({ config, backend });
  return { backend: backend.name, url, histories };
}

async function newestPage(id: string): Promise<void> {
  const filter = { namespace: '', source: null, run: null };
  const page = { first: PAGE, after: null };
  const { items } = await backend.sessions.listCheckpoints(id, { ownerId: 'local' }, filter, page);
  if (items.length === 0) throw new Error('the page is empty');
}

async function middleOf({ sessions }: Backend, id: string) {
  const newest = await sessions.find(id, 'system');
  const before = Math.ceil((newest?.lastOrdinal ?? 0) / 2) + 1;
  const filter = { namespace: '', source: null, run: null };
  const page = { first: 1, after: before };
  const [row] = (await sessions.listCheckpoints(id, 'system', filter, page)).items;
  if (row === undefined) throw new Error('there is no middle');
  const cursor = encodeKey(['checkpoint', id, '', before]);
  return { checkpointId: row.checkpointId, cursor };
}

function threadConfig(threadId: string) {
  return { configurable: { thread_id: threadId } };
}

async function stockPage(saver: BaseCheckpointSaver, threadId: string): Promise<void> {
  const graph = loop.compile({ checkpointer: saver });
  const config = threadConfig(threadId);
  const states = await Array.fromAsync(graph.getStateHistory(config, { limit: PAGE }));
  if (states.length === 0) throw new Error('the stock saver finds nothing');
}

/** LangGraph's own saver over the same tables, once it finds the session there. */
async function openSameSaver(id: string): Promise<StockSaver> {
  const none = () => Promise.resolve();
  // MemorySaver's storage is within ours, whose list is its own but for the order.
  if (config.ENV === 'development')
    return { saver: backend.savers.reader(), [Symbol.asyncDispose]: none };
  const stock = await openStockSaver(process.env);
  // RedisSaver's index is made over all the documents that are there, and finds none before it has them.
  while ((await Array.fromAsync(stock.saver.list(threadConfig(id), { limit: 1 }))).length === 0)
    await sleep(100);
  return stock;
}
