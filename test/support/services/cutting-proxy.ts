// Stands between a program and a server, and loses answers: what the program asked is done, and it is not told. Its
// connections can freeze without a sign, and new ones lead to another server.
import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

/** Longer than the pieces that a pattern may be torn into. */
const TAIL = 500;
/** As long as the server may need for what it was asked. */
const DONE_MS = 50;

export interface CuttingProxy extends Disposable {
  /** The server's address, through the proxy. */
  readonly url: string;
  /** Cuts the next `times` connections on which something is asked that matches, once the server has answered. */
  cut(pattern: RegExp, times: number): void;
  /** How many answers were lost. */
  readonly lost: number;
  /** The connections there are carry nothing any more, and are not closed. */
  freeze(): void;
  /** New connections lead to this server from now on; those there are stay where they are. */
  lead(server: string): void;
}

export async function startCuttingProxy(server: string): Promise<CuttingProxy> {
  let target = new URL(server);
  const pairs = new Set<{ frozen: boolean }>();
  const sockets = new Set<Socket>();
  let pattern = /(?!)/;
  let left = 0;
  let lost = 0;

  const proxy = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    const pair = { frozen: false };
    pairs.add(pair);
    let tail = '';
    let cutting = false;
    const end = () => {
      // Neither side is told of the other's end while nothing passes between them.
      if (pair.frozen) return;
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.on('data', (bytes) => {
      if (pair.frozen) return;
      tail = (tail + bytes.toString('latin1')).slice(-TAIL - bytes.length);
      if (left > 0 && pattern.test(tail)) {
        left -= 1;
        cutting = true;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (pair.frozen) return;
      if (!cutting) client.write(bytes);
      else if (!client.isPaused()) {
        lost += 1;
        client.pause();
        setTimeout(end, DONE_MS);
      }
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const url = new URL(server);
  url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return {
    url: url.href,
    cut(next, times) {
      pattern = next;
      left = times;
    },
    get lost() {
      return lost;
    },
    freeze() {
      for (const pair of pairs) pair.frozen = true;
    },
    lead(next) {
      target = new URL(next);
    },
    [Symbol.dispose]() {
      for (const pair of pairs) pair.frozen = false;
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}
