// A step that stores much holds the event loop while it is written. Its run pauses afterwards, so that runs whose state grows
// leave others about half of the time.
import { setTimeout as sleep } from 'node:timers/promises';
import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import PQueue from 'p-queue';

/** Smaller steps hold the loop for less than ten milliseconds. */
const LARGE_BYTES = 256 << 10;
/** About how long LangGraph and a saver take for a step: measured with SQLite, 20 ms for a megabyte. */
const MS_PER_BYTE = 20 / (1 << 20);
const LONGEST_MS = 1000;
/** A small step does not wait for the pauses of many large ones: it waits for so many times its own. */
const PATIENCE = 20;

type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** Pauses after large steps, one after the other: each leaves the loop to whoever has little to do. */
export class Pauses {
  readonly #wait: Wait;
  readonly #patience: number;
  readonly #queue = new PQueue({ concurrency: 1 });

  constructor(wait: Wait = (ms, signal) => sleep(ms, undefined, { signal }), patience = PATIENCE) {
    this.#wait = wait;
    this.#patience = patience;
  }

  /** Waits after a step that stored so many bytes; no longer than until the signal. */
  async pause(bytes: number, signal: AbortSignal): Promise<void> {
    if (bytes < LARGE_BYTES) return;
    const ms = Math.min(bytes * MS_PER_BYTE, LONGEST_MS);
    const end = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(ms * this.#patience))]);
    try {
      await this.#queue.add(() => this.#wait(ms, end), { signal: end });
    } catch (error) {
      if (!end.aborted) throw error;
    }
  }
}

/** Those of this process. */
const pauses = new Pauses();

/**
 * Has an attempt's saver pause after large steps. The saver is the attempt's own, so it is changed in place.
 * @param takeStored how many bytes it has stored since this was asked last
 * @param goesOn whether a further step follows here
 */
export function pauseAfterLargeSteps(
  saver: BaseCheckpointSaver,
  takeStored: () => number,
  goesOn: () => boolean,
  signal: AbortSignal,
): void {
  const put = saver.put.bind(saver);
  saver.put = async (...checkpoint) => {
    const stored = await put(...checkpoint);
    const bytes = takeStored();
    if (goesOn()) await pauses.pause(bytes, signal);
    return stored;
  };
}
