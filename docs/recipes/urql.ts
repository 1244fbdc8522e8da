// urql's subscription exchange over graphql-ws, coming back with the last cursor it saw.
import { subscriptionExchange } from '@urql/core';
import type { Client } from 'graphql-ws';

export function progressExchange(client: Client) {
  return subscriptionExchange({
    forwardSubscription({ query = '', variables }) {
      // graphql-ws serializes them anew each time it connects.
      const current: Record<string, unknown> = { ...variables };
      return {
        subscribe: (sink) => ({
          unsubscribe: client.subscribe<{ sessionProgress?: { cursor?: string } }>(
            { query, variables: current },
            {
              next: (result) => {
                const cursor = result.data?.sessionProgress?.cursor;
                if (cursor !== undefined) current['after'] = cursor;
                sink.next(result as Parameters<typeof sink.next>[0]);
              },
              error: (error) => sink.error(error),
              complete: () => sink.complete(),
            },
          ),
        }),
      };
    },
  });
}
