// Stands between a program and a server, as a virtual address does: connections can freeze without a sign, and new ones
// can lead to another server.
import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

export interface Relay extends Disposable {
  /** The server's address, through the relay. */
  readonly url: string;
  /** The connections there are carry nothing any more, and are not closed; new ones do. */
  freeze(): void;
  /** New connections lead to this server from now on; those there are stay where they are. */
  lead(server: string): void;
}

export async function startRelay(server: string): Promise<Relay> {
  const pairs = new Set<{ client: Socket; upstream: Socket; frozen: boolean }>();
  let target = new URL(server);
  const relay = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    const pair = { client, upstream, frozen: false };
    pairs.add(pair);
    const end = () => {
      // Neither side is told of the other's end while nothing passes between them.
      if (pair.frozen) return;
      client.destroy();
      upstream.destroy();
      pairs.delete(pair);
    };
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', (bytes) => pair.frozen || to.write(bytes));
      from.on('error', end).on('close', end);
    }
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const url = new URL(server);
  url.host = `127.0.0.1:${(relay.address() as AddressInfo).port}`;
  return {
    url: url.href,
    freeze() {
      for (const pair of pairs) pair.frozen = true;
    },
    lead(next) {
      target = new URL(next);
    },
    [Symbol.dispose]() {
      for (const { client, upstream } of pairs) {
        client.destroy();
        upstream.destroy();
      }
      relay.close();
    },
  };
}
