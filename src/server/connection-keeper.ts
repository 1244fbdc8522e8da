// Ends the connections of peers that take nothing of what was sent to them, whatever that was: what waits for them is
// kept in memory until then.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** How much of the patience passes between two looks. */
const LOOKS = 8;
const LONGEST_BETWEEN_LOOKS_MS = 3000;

/** What a connection had taken at a look, and since when no more than that. */
interface Standstill {
  /** Bytes of writes that ended. */
  readonly taken: number;
  /** Bytes of the write under way that the system has not taken yet. */
  readonly left: number;
  readonly since: number;
}

/** Watches every connection of a server. One timer for all of them. */
export class ConnectionKeeper implements Disposable {
  readonly #waiting = new Map<Socket, Standstill | null>();
  readonly #ends = new WeakMap<Socket, () => void>();
  readonly #onEnd: () => void;
  readonly #timer: NodeJS.Timeout;

  /**
   * @param patienceMs after how long a connection is ended that takes nothing
   * @param onEnd called for each that is
   */
  constructor(server: Server, patienceMs: number, onEnd: () => void) {
    this.#onEnd = onEnd;
    server.on('connection', (socket) => {
      this.#waiting.set(socket, null);
      socket.once('close', () => this.#waiting.delete(socket));
    });
    const every = Math.min(patienceMs / LOOKS, LONGEST_BETWEEN_LOOKS_MS);
    this.#timer = setInterval(() => this.#look(patienceMs - every), every).unref();
  }

  /** Ends this connection so, where it takes nothing; else it is destroyed. */
  endBy(socket: Socket, end: () => void): void {
    this.#ends.set(socket, end);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(patienceMs: number): void {
    const now = performance.now();
    for (const [socket, before] of this.#waiting) {
      if (socket.writableLength === 0) {
        if (before !== null) this.#waiting.set(socket, null);
        continue;
      }
      const taken = socket.bytesWritten - socket.writableLength;
      const left = leftOfWrite(socket);
      const moved = before === null || taken > before.taken || left < before.left;
      if (moved) this.#waiting.set(socket, { taken, left, since: now });
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

/** Node tells this nowhere else: a write of many megabytes stands in `writableLength` until its last byte has left. */
function leftOfWrite(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { readonly writeQueueSize?: number } | null };
  return handle?.writeQueueSize ?? 0;
}
