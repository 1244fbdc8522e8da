// Relay's network: queries and mutations by fetch, subscriptions over graphql-ws, coming back with the last cursor they saw.
import { type GraphQLResponse, type INetwork, Network, Observable } from 'relay-runtime';
import { openSockets, subscribeAfterCursor } from '../sockets.ts';

export interface GatewayNetwork extends Disposable {
  readonly network: INetwork;
}

/** @param headers say who is calling: `authorization`, or `x-user-id` while developing */
export function openRelayNetwork(
  url: string,
  headers: Record<string, string> = {},
): GatewayNetwork {
  const sockets = openSockets(url, headers);
  const network = Network.create(
    async ({ text, id }, variables) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        // With persisted documents there is an id instead of a text.
        body: JSON.stringify({ query: text ?? undefined, documentId: id ?? undefined, variables }),
      });
      return (await response.json()) as GraphQLResponse;
    },
    ({ text }, variables) =>
      Observable.create<GraphQLResponse>((sink) =>
        subscribeAfterCursor(
          sockets,
          { query: text ?? '', variables },
          {
            next: (result) => sink.next(result as GraphQLResponse),
            error: (error) => sink.error(error as Error),
            complete: () => sink.complete(),
          },
        ),
      ),
  );
  return { network, [Symbol.dispose]: () => void sockets.dispose() };
}
