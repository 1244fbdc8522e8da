// A bare graphql-ws server: one subscription that never says anything.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { answerAll, heldBytes } from './child.ts';

export interface AskedOfBare {
  readonly ask: 'open' | 'memory';
}

const schema = buildSchema(`
  type Query { none: String }
  type Subscription { sessionProgress(sessionId: ID!): Event! }
  type Event { sequence: Int! cursor: String! at: String! }
`);

answerAll(async ({ ask }: AskedOfBare): Promise<string | number> => {
  if (ask === 'memory') return heldBytes();
  const server = createServer();
  const sockets = new WebSocketServer({ server, path: '/graphql' });
  const roots = { subscription: { sessionProgress: events } };
  useServer({ schema, roots }, sockets);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
});

/** One event, and then none. */
async function* events() {
  yield { sessionProgress: { sequence: 1, cursor: '', at: '' } };
  await new Promise(() => undefined);
}
