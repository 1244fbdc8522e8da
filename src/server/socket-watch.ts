// A subscription on a WebSocket: graphql-ws begins and ends the operation, the feed sends its results.
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { PreparedWatch } from '../graphql/watch.ts';
import type { Sink } from '../progress/watcher.ts';
import { takenOf } from './connection-keeper.ts';
import { abandon } from './socket-keeper.ts';

/** A subscription as graphql-ws sees it: an operation whose results are sent past it, and which ends in time. */
export class WatchedOperation implements AsyncIterableIterator<never, undefined> {
  readonly #watch: PreparedWatch;
  readonly #ended = Promise.withResolvers<void>();
  readonly #release: () => void;
  #leave: (() => void) | undefined;

  /** @param release called once it has ended */
  constructor(watch: PreparedWatch, release: () => void) {
    this.#watch = watch;
    this.#release = release;
  }

  begin(sink: Sink): void {
    this.#leave = this.#watch.start(sink);
  }

  end(): void {
    this.#ended.resolve();
  }

  async next(): Promise<IteratorResult<never, undefined>> {
    await this.#ended.promise;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<never, undefined>> {
    this.#leave?.();
    this.#release();
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

export class SocketSink implements Sink {
  readonly #socket: WebSocket;
  readonly #connection: Socket;
  readonly #before: string;
  readonly #onComplete: () => void;

  constructor(socket: WebSocket, connection: Socket, id: string, onComplete: () => void) {
    this.#socket = socket;
    this.#connection = connection;
    this.#before = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
    this.#onComplete = onComplete;
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  get taken(): number {
    return takenOf(this.#connection);
  }

  send(text: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(`${this.#before}${text}}`);
  }

  complete(): void {
    this.#onComplete();
  }

  abandon(): void {
    abandon(this.#socket);
  }
}
