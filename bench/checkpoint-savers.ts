// A process that stores steps as fast as it can, through the gateway's saver or LangGraph's own.
import { randomBytes, randomUUID } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { type BaseCheckpointSaver, uuid6 } from '@langchain/langgraph-checkpoint';
import { openBackend } from '../src/backends/open-backend.ts';
import { readConfig } from '../src/config.ts';
import { answerAll, heldBytes } from './child.ts';
import { openAttempt } from './history-seed.ts';
import { openStockSaver } from './stock-saver.ts';

export interface AskedOfSavers {
  readonly saver: 'fenced' | 'stock';
  readonly stateBytes: number;
  /** How long, or how many. */
  readonly end: { readonly ms: number } | { readonly steps: number };
}

export interface Stored {
  readonly stepsPerSecond: number;
  readonly longestDelayMs: number;
  /** What the process holds, in bytes, where it was started with --expose-gc. */
  readonly heldBytes: number;
}

const delays = monitorEventLoopDelay({ resolution: 1 });
const opened: Partial<Record<AskedOfSavers['saver'], Opened>> = {};

interface Opened {
  readonly saver: BaseCheckpointSaver;
  readonly threadId: string;
  parent?: string;
  step: number;
}

answerAll(async ({ saver, stateBytes, end }: AskedOfSavers): Promise<Stored> => {
  const here = (opened[saver] ??= saver === 'fenced' ? await fenced() : await stock());
  // Each step writes what the one before did not, but it is made beforehand.
  const texts = Array.from({ length: 8 }, () =>
    randomBytes((stateBytes * 3) / 4).toString('base64'),
  );
  delays.reset();
  delays.enable();
  const begun = performance.now();
  let steps = 0;
  while ('ms' in end ? performance.now() - begun < end.ms : steps < end.steps) {
    // No two are equal: RedisJSON stores equal texts once.
    await storeStep(here, `${here.step} ${texts[steps % texts.length]}`);
    steps += 1;
    // As a graph does between its steps.
    await setImmediate();
  }
  const stepsPerSecond = (steps * 1000) / (performance.now() - begun);
  delays.disable();
  // The timer of the monitor itself is a millisecond.
  const longestDelayMs = Math.max(0, delays.max / 1e6 - 1);
  return { stepsPerSecond, longestDelayMs, heldBytes: global.gc === undefined ? 0 : heldBytes() };
});

/** As LangGraph does it: what a task wrote, beside the checkpoint that it began from, and the next checkpoint. */
async function storeStep(here: Opened, text: string): Promise<void> {
  const { saver, threadId, parent, step } = here;
  const id = uuid6(step);
  const version = saver.getNextVersion(step);
  const address = { thread_id: threadId, checkpoint_ns: '' };
  const config = {
    configurable: { ...address, ...(parent !== undefined && { checkpoint_id: parent }) },
  };
  const written =
    parent === undefined
      ? undefined
      : saver.putWrites(config, [['text', text]], randomUUID(), '~__pregel_pull, step');
  const put = saver.put(
    config,
    {
      v: 4,
      id,
      ts: new Date().toISOString(),
      channel_values: { text },
      channel_versions: { text: version },
      versions_seen: { step: {} },
    },
    { source: 'loop', step, parents: {} },
    { text: version },
  );
  await Promise.all([written, put]);
  here.parent = id;
  here.step += 1;
}

async function fenced(): Promise<Opened> {
  const backend = await openBackend(readConfig(process.env));
  const attempt = await openAttempt(backend);
  return { saver: backend.savers.attempt(attempt), threadId: attempt.sessionId, step: 0 };
}

async function stock(): Promise<Opened> {
  const { saver } = await openStockSaver(process.env);
  return { saver, threadId: randomUUID(), step: 0 };
}
