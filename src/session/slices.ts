import { setImmediate } from 'node:timers/promises';

/** A list or an object of more parts than so many is worked off in slices itself. */
export const MANY_PARTS = 100;
/** How deep states have such lists and objects. */
export const DEEPEST_SLICED = 5;

/** How long work may hold the event loop before others have their turn. */
const SLICE_MS = 10;

/** Lets others have their turn now and then while something long is worked off. */
export class Slices {
  #since = performance.now();

  /** Whether others should have their turn. */
  get isDue(): boolean {
    return performance.now() - this.#since > SLICE_MS;
  }

  /** Waits for the event loop's next turn. */
  async pause(): Promise<void> {
    await setImmediate();
    this.#since = performance.now();
  }
}
