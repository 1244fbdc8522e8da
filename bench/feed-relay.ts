// A raw relay: what Redis publishes of a session goes to a WebSocket as it is.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';
import { answerAll } from './child.ts';

export interface AskedOfRelay {
  readonly ask: 'open';
  readonly channel: string;
}

answerAll(async ({ channel }: AskedOfRelay): Promise<string> => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const subscriber = new Redis(process.env['REDIS_URL'] ?? '');
  await subscriber.subscribe(channel);
  subscriber.on('message', (_channel, text) => {
    for (const socket of server.clients) socket.send(text);
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
