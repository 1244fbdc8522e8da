// Subscriptions over WebSockets, for GraphQL clients that leave them to graphql-ws.
import { type Client, type SubscribePayload, createClient } from 'graphql-ws';

/** @param headers say who is calling: `authorization`, or `x-user-id` while developing */
export function openSockets(url: string, headers: Record<string, string>): Client {
  return createClient({
    url: url.replace(/^http/, 'ws'),
    // For a token that expires, pass a function that returns the current one.
    connectionParams: headers,
    retryAttempts: 20,
    // Node's WebSocket reports a broken connection as an error before it closes, and graphql-ws would not retry after that.
    shouldRetry: () => true,
  });
}

interface Sink {
  next(result: object): void;
  error(error: unknown): void;
  complete(): void;
}

/** Subscribes, and comes back with the last cursor that it saw: graphql-ws by itself sends the first `after` again. */
export function subscribeAfterCursor(
  client: Client,
  { variables, ...operation }: SubscribePayload,
  sink: Sink,
): () => void {
  // graphql-ws serializes them anew each time it connects.
  const current: Record<string, unknown> = { ...variables };
  return client.subscribe<{ sessionProgress?: { cursor?: string } }>(
    { ...operation, variables: current },
    {
      next(result) {
        const cursor = result.data?.sessionProgress?.cursor;
        if (cursor !== undefined) current['after'] = cursor;
        sink.next(result);
      },
      error: (error) => sink.error(error),
      complete: () => sink.complete(),
    },
  );
}
