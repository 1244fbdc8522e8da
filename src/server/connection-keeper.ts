// Ends the connections of peers that take nothing of what was sent to them, whatever that was: what waits for them is
// kept in memory until then.
import type { Socket } from 'node:net';

/** How much of the patience passes between two looks. */
const LOOKS = 8;
const LONGEST_BETWEEN_LOOKS_MS = 3000;

/** What a connection had taken at a look, and since when that has not changed. */
interface Standstill {
  readonly taken: number;
  readonly since: number;
}

/** Watches connections. One timer for all of them. */
export class ConnectionKeeper implements Disposable {
  readonly #waiting = new Map<Socket, Standstill | null>();
  readonly #ends = new WeakMap<Socket, () => void>();
  readonly #onEnd: () => void;
  readonly #timer: NodeJS.Timeout;

  /**
   * @param patienceMs after how long a connection is ended that takes nothing
   * @param onEnd called for each that is
   */
  constructor(patienceMs: number, onEnd: () => void) {
    this.#onEnd = onEnd;
    const every = Math.min(patienceMs / LOOKS, LONGEST_BETWEEN_LOOKS_MS);
    this.#timer = setInterval(() => this.#look(patienceMs - every), every).unref();
  }

  /** @param end how it is ended where it takes nothing; else it is destroyed */
  watch(socket: Socket, end?: () => void): void {
    if (!this.#waiting.has(socket)) this.#waiting.set(socket, null);
    if (end !== undefined) this.#ends.set(socket, end);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(patienceMs: number): void {
    const now = performance.now();
    for (const [socket, before] of this.#waiting) {
      if (socket.closed) {
        this.#waiting.delete(socket);
        continue;
      }
      if (socket.writableLength === 0) {
        if (before !== null) this.#waiting.set(socket, null);
        continue;
      }
      const taken = takenOf(socket);
      if (taken !== before?.taken) this.#waiting.set(socket, { taken, since: now });
      else if (now - before.since >= patienceMs) {
        this.#waiting.set(socket, null);
        this.#onEnd();
        const end = this.#ends.get(socket);
        if (end === undefined) socket.destroy();
        else end();
      }
    }
  }
}

/** What changes as long as the connection takes something, and stays as it is while what is to be sent only grows. */
export function takenOf(socket: Socket): number {
  // A write of many megabytes stands in `writableLength` until its last byte has left; this is what is left of it.
  const { _handle: handle } = socket as { _handle?: { readonly writeQueueSize?: number } | null };
  return socket.bytesWritten - socket.writableLength - (handle?.writeQueueSize ?? 0);
}
