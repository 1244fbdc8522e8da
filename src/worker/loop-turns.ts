// Turns of the event loop, dealt one by one.
import { setImmediate } from 'node:timers/promises';

/**
 * Lets one caller go on in each turn of the event loop. A run whose store is in memory takes no turn from its beginning to its
 * end, and Node accepts one connection per turn: if all waiting runs began in one turn, new connections would wait for seconds.
 */
export class LoopTurns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves in a turn that nobody else was given, in the order of the calls. */
  next(): Promise<void> {
    this.#last = this.#last.then(() => setImmediate());
    return this.#last;
  }
}
