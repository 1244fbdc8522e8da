import type { WebSocket, WebSocketServer } from 'ws';

const PING_EVERY_MS = 12_000;
/** Try again later, in the registry of WebSocket close codes. */
const STALLED = 1013;

/** Closes the sockets of peers that are silent when they are asked whether they live. One timer for all of them. */
export class SocketKeeper implements Disposable {
  /** Since when sockets were asked. */
  readonly #asked = new Map<WebSocket, number>();
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
      const since = this.#asked.get(socket);
      if (socket.bufferedAmount > 0) {
        // It goes before the ping; connection-keeper.ts sees whether it is taken.
        if (since !== undefined) this.#asked.set(socket, now);
      } else if (since === undefined) {
        this.#asked.set(socket, now);
        socket.ping();
      } else if (now - since > patienceMs) abandon(socket);
    }
  }
}

/** The peer may still take the reason, after what was sent before. */
export function abandon(socket: WebSocket): void {
  socket.close(STALLED, 'Nothing was taken for too long; come back with your cursor.');
}
