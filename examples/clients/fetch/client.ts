// No GraphQL client: plain fetch, and server-sent events by session-gateway/client.
import { createGatewayClient, watchSession } from 'session-gateway/client';
import { iterate } from '../iterate.ts';
import { type Change, LIST, type ProgressEvent, type TourClient } from '../tour.ts';

export interface FetchClient extends TourClient, Disposable {
  watch(id: string, after: string, signal?: AbortSignal): AsyncIterable<ProgressEvent>;
}

/** @param headers say who is calling: `authorization`, or `x-user-id` while developing */
export function openFetch(url: string, headers: Record<string, string> = {}): FetchClient {
  const { request, watchClient } = createGatewayClient({ url, headers });
  return {
    request,
    watch: (sessionId, after, signal) =>
      watchSession<ProgressEvent>({
        client: watchClient,
        sessionId,
        after,
        untilSettled: true,
        fields: '... on InterruptsRaised { interrupts { interruptId value } }',
        ...(signal && { signal }),
      }),
    async *changes() {
      const results = iterate<{ data?: unknown }>((sink) =>
        watchClient.subscribe({ query: LIST, variables: {} }, sink),
      );
      for await (const { data } of results)
        yield (data as { sessionsChanged: Change }).sessionsChanged;
    },
    [Symbol.dispose]: () => undefined,
  };
}
