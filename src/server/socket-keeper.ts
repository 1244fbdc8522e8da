import type { WebSocket, WebSocketServer } from 'ws';

const PING_EVERY_MS = 12_000;
/** Try again later, in the registry of WebSocket close codes. */
const STALLED = 1013;

/** Closes the sockets of peers that neither answer nor take anything. One timer for all of them. */
export class SocketKeeper implements Disposable {
  /** Sockets that were asked whether they live: since when, and what waited for them then. */
  readonly #asked = new Map<WebSocket, { since: number; buffered: number }>();
  readonly #timer: NodeJS.Timeout;

  constructor(sockets: WebSocketServer, patienceMs: number) {
    sockets.on('connection', (socket) => {
      socket.on('pong', () => this.#asked.delete(socket));
      socket.once('close', () => this.#asked.delete(socket));
    });
    const every = Math.min(PING_EVERY_MS, patienceMs / 2);
    this.#timer = setInterval(() => this.#check(sockets.clients, patienceMs), every).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #check(sockets: ReadonlySet<WebSocket>, patienceMs: number): void {
    const now = performance.now();
    for (const socket of sockets) {
      if (socket.readyState !== socket.OPEN) continue;
      const { bufferedAmount: buffered } = socket;
      const asked = this.#asked.get(socket);
      if (asked === undefined) {
        this.#asked.set(socket, { since: now, buffered });
        socket.ping();
      } else if (buffered < asked.buffered) this.#asked.set(socket, { since: now, buffered });
      else if (now - asked.since > patienceMs) abandon(socket, patienceMs);
    }
  }
}

/** The peer may still take the reason, after what was sent before. */
export function abandon(socket: WebSocket, patienceMs: number): void {
  socket.close(STALLED, 'Nothing was taken for too long; come back with your cursor.');
  setTimeout(() => socket.terminate(), patienceMs).unref();
}
