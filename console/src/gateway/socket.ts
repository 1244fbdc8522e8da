import { type Client, CloseCode, createClient } from 'graphql-ws';

/** How long the socket stays open for the next page, once nothing is watched. */
const LINGER_MS = 5000;
const PING_EVERY_MS = 10_000;
const PONG_PATIENCE_MS = 5000;
const CONNECT_PATIENCE_MS = 10_000;

const FORBIDDEN: number = CloseCode.Forbidden;

/** The one socket; one whose other end is gone without a word is given up, and opened anew. */
export function openSocket(url: string, connectionParams: Record<string, string>): Client {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  // It does not wait for the other end to say goodbye.
  const giveUpIn = (ms: number) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => client.terminate(), ms);
  };
  const stopWaiting = () => clearTimeout(waiting);
  const client = createClient({
    url,
    connectionParams,
    lazyCloseTimeout: LINGER_MS,
    keepAlive: PING_EVERY_MS,
    // Who watches goes on by itself for as long as it takes.
    retryAttempts: 5,
    // Who is not known stays so.
    shouldRetry: (event) => isClose(event) && event.code !== FORBIDDEN,
    on: {
      connecting: () => giveUpIn(CONNECT_PATIENCE_MS),
      connected: stopWaiting,
      ping(isReceived) {
        if (!isReceived) giveUpIn(PONG_PATIENCE_MS);
      },
      pong(isReceived) {
        if (isReceived) stopWaiting();
      },
      closed: stopWaiting,
    },
  });
  return client;
}

function isClose(event: unknown): event is CloseEvent {
  return typeof event === 'object' && event !== null && 'code' in event && 'reason' in event;
}
