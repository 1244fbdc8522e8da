// Stands between a program and a server, and loses answers: what the program asked is done, and it is not told.
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
}

export async function startCuttingProxy(server: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(server);
  const sockets = new Set<Socket>();
  let pattern = /(?!)/;
  let left = 0;
  let lost = 0;

  const proxy = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let tail = '';
    let cutting = false;
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.on('data', (bytes) => {
      tail = (tail + bytes.toString('latin1')).slice(-TAIL - bytes.length);
      if (left > 0 && pattern.test(tail)) {
        left -= 1;
        cutting = true;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
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
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}
