/** A list or an object of more parts than so many is worked off in slices itself. */
export const MANY_PARTS = 100;
/** How deep states have such lists and objects. */
export const DEEPEST_SLICED = 5;

/** How long work may hold the event loop before others have their turn. */
const SLICE_MS = 10;

/** Lets others have their turn now and then while something long is worked off, be it one of many such. */
export class Slices {
  #since = performance.now();

  /** Whether others should have their turn. */
  get isDue(): boolean {
    return performance.now() - this.#since > SLICE_MS;
  }

  /** Waits for a turn of the event loop in which no other long work goes on. */
  async pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 1) setImmediate(letOneGoOn);
    });
    this.#since = performance.now();
  }
}

/** The long works of this process that wait, first come, first served. */
const waiting: (() => void)[] = [];

function letOneGoOn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(letOneGoOn);
}
