// urql's subscription exchange over graphql-ws, coming back with the last cursor it saw.
import { subscriptionExchange } from '@urql/core';
import type { Client } from 'graphql-ws';
import { subscribeAfterCursor } from '../sockets.ts';

export function progressExchange(client: Client) {
  return subscriptionExchange({
    forwardSubscription: ({ query = '', variables = {} }) => ({
      subscribe: (sink) => ({
        unsubscribe: subscribeAfterCursor(client, { query, variables }, sink),
      }),
    }),
  });
}
