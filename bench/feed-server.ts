// The measured feed, in a process of its own: the gateway, whose sockets are also sent the same bytes without it.
import { setImmediate } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { WebSocket } from 'ws';
import { createRedis } from '../src/backends/distributed/redis-connection.ts';
import { RedisProgressBus } from '../src/backends/distributed/redis-progress-bus.ts';
import { openBackend } from '../src/backends/open-backend.ts';
import { readConfig } from '../src/config.ts';
import { createGateway } from '../src/gateway.ts';
import type { Backend } from '../src/session/ports.ts';
import { FIRST_EVENTS, logNodes, startedSession } from '../test/support/started-session.ts';
import { answerAll, heldBytes } from './child.ts';

export type AskedOfServer =
  | { readonly ask: 'open'; readonly sessions: number }
  /** The one session has so many more events, committed one after the other. */
  | { readonly ask: 'commit'; readonly events: number }
  /** Each socket is sent what it was sent last, so many times. */
  | { readonly ask: 'send'; readonly messages: number }
  /** From now on what is published for a session under `raw:` goes to its socket, as the bytes it was sent last. */
  | { readonly ask: 'relay' }
  /** The sessions have so many events in all, one by one. */
  | { readonly ask: 'log'; readonly events: readonly number[] }
  | { readonly ask: 'memory' };

const NEVER_MS = 2 ** 31 - 1;

export interface Opened {
  readonly url: string;
  readonly ids: readonly string[];
}

const config = readConfig(process.env);
const opened = await openBackend(config);
const { BUS_URL = '' } = process.env;
// What a publisher says is in no store, so nobody must look there.
const backend: Backend =
  BUS_URL === ''
    ? opened
    : { ...opened, bus: new RedisProgressBus(BUS_URL, createRedis(BUS_URL), 'bench', NEVER_MS) };
const ids: string[] = [];
/** What each socket was sent last, as this benchmark sees it pass. */
const last = new Map<WebSocket, string>();
const send = Reflect.get(WebSocket.prototype, 'send') as (this: WebSocket, text: string) => void;
let watching = true;
if (process.env['WATCH_SENDS'] === 'true') {
  WebSocket.prototype.send = function sendSeen(this: WebSocket, text: string) {
    if (watching) last.set(this, text);
    send.call(this, text);
  } as WebSocket['send'];
}

answerAll(async (asked: AskedOfServer): Promise<Opened | number | null> => {
  switch (asked.ask) {
    case 'open': {
      for (let n = 0; n < asked.sessions; n += 1) ids.push(await startedSession(backend));
      const { url } = await createGateway({ config, backend });
      return { url, ids };
    }
    case 'commit':
      for (let n = 0; n < asked.events; n += 1) {
        await logNodes(backend, ids[0] ?? '', 1);
        // As the events of a graph come: each in a turn of its own.
        await setImmediate();
      }
      return null;
    case 'send':
      watching = false;
      for (let n = 0; n < asked.messages; n += 1) {
        for (const [socket, text] of last) send.call(socket, text);
        await setImmediate();
      }
      return null;
    case 'relay':
      await relay();
      return null;
    case 'log':
      for (const [n, id] of ids.entries()) await logAll(id, asked.events[n] ?? 0);
      return null;
    case 'memory':
      return heldBytes();
  }
});

async function relay(): Promise<void> {
  watching = false;
  const sockets = [...last];
  const bySession = new Map(ids.map((id, n) => [`raw:${id}`, sockets[n]]));
  const subscriber = new Redis(BUS_URL);
  await subscriber.subscribe(...bySession.keys());
  subscriber.on('message', (channel) => {
    const [socket, text] = bySession.get(channel) ?? [];
    if (socket !== undefined && text !== undefined) send.call(socket, text);
  });
}

async function logAll(id: string, events: number): Promise<void> {
  for (let last = 0; last < events;)
    last = await logNodes(backend, id, Math.min(1000, events - Math.max(last, FIRST_EVENTS)));
}
