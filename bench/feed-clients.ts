// Clients of the feed, in a process of their own: they speak the protocol themselves, so that what is measured is not a
// client library.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { answerAll } from './child.ts';
import { subscribed } from './feed-socket.ts';

export type AskedOfClients =
  /** One socket for each, which has its first event. */
  | {
      readonly ask: 'watch';
      readonly url: string;
      readonly ids: readonly string[];
      readonly query: string;
      readonly token: string | undefined;
    }
  /** Answers once so many messages came since it was asked, with the time. */
  | { readonly ask: 'receive'; readonly messages: number };

const sockets: WebSocket[] = [];
let left = Infinity;
let received: () => void = () => undefined;

answerAll(async (asked: AskedOfClients): Promise<number | null> => {
  switch (asked.ask) {
    case 'watch':
      for (let n = 0; n < asked.ids.length; n += 100) {
        const some = asked.ids.slice(n, n + 100);
        sockets.push(...(await Promise.all(some.map((id) => watch(asked, id)))));
      }
      return null;
    case 'receive':
      await new Promise<void>((resolve) => {
        left = asked.messages;
        received = resolve;
      });
      return performance.timeOrigin + performance.now();
  }
});

async function watch(
  { url, query, token }: Extract<AskedOfClients, { ask: 'watch' }>,
  id: string,
): Promise<WebSocket> {
  const socket = await subscribed(url, token, { query, variables: { id } });
  const [first] = (await once(socket, 'message')) as [Buffer];
  if (!first.includes('"type":"next"')) throw new Error(`not an event: ${first.toString()}`);
  socket.on('message', () => {
    left -= 1;
    if (left === 0) received();
  });
  return socket;
}
