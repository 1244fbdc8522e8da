// Stands between clients and several gateways: each new connection goes to the next gateway, and all of them can be cut.
import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

export interface SwitchingProxy extends Disposable {
  readonly url: string;
  /** Cuts every connection, in the middle of whatever it carries. */
  cutAll(): void;
}

export async function startSwitchingProxy(urls: readonly string[]): Promise<SwitchingProxy> {
  const sockets = new Set<Socket>();
  let turn = 0;
  const proxy = createServer((client) => {
    const { hostname, port } = new URL(urls[turn++ % urls.length] ?? '');
    const upstream = connect(Number(port), hostname);
    const end = () => {
      client.destroy();
      upstream.destroy();
      sockets.delete(client);
      sockets.delete(upstream);
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.pipe(upstream);
    upstream.pipe(client);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const url = new URL(urls[0] ?? '');
  url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return {
    url: url.href,
    cutAll,
    [Symbol.dispose]() {
      cutAll();
      proxy.close();
    },
  };
}
