// A socket that speaks graphql-transport-ws as the test tells it to, right or wrong.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Headers } from './client.ts';

export interface RawMessage {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

export class RawSocket implements Disposable {
  readonly socket: WebSocket;
  readonly messages: RawMessage[] = [];
  /** With which code it was closed. */
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (text: Buffer) =>
      this.messages.push(JSON.parse(text.toString()) as RawMessage),
    );
    socket.on('error', () => undefined);
    this.closed = once(socket, 'close').then(([code]) => code as number);
  }

  static async open(
    url: string,
    protocols = ['graphql-transport-ws'],
    headers: Headers = {},
  ): Promise<RawSocket> {
    const socket = new WebSocket(url.replace('http', 'ws'), protocols, { headers });
    const raw = new RawSocket(socket);
    await Promise.race([once(socket, 'open'), raw.closed]);
    return raw;
  }

  /** Opens one whose user is known. */
  static async connect(url: string, headers: Headers): Promise<RawSocket> {
    const raw = await RawSocket.open(url);
    raw.send({ type: 'connection_init', payload: headers });
    await raw.next('connection_ack');
    return raw;
  }

  send(message: RawMessage | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  subscribe(id: string, query: string, variables: object): void {
    this.send({ id, type: 'subscribe', payload: { query, variables } });
  }

  /** The first message of this type, when it has come. */
  async next(type: string, id?: string): Promise<RawMessage> {
    for (;;) {
      const found = this.messages.find((one) => one.type === type && one.id === id);
      if (found !== undefined) return found;
      const closed = this.closed.then((code) => {
        throw new Error(`closed with ${code}`);
      });
      await Promise.race([once(this.socket, 'message'), closed]);
    }
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }
}
