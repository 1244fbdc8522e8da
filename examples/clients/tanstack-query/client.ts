// TanStack Query over plain fetch: the events of a session are a query whose data grows. With React the same options go to `useQuery` and
// `useMutation`.
import {
  QueryClient,
  QueryObserver,
  experimental_streamedQuery as streamedQuery,
} from '@tanstack/query-core';
import { openFetch } from '../fetch/client.ts';
import { iterate } from '../iterate.ts';
import type { ProgressEvent, TourClient, Variables } from '../tour.ts';

/** @param headers say who is calling: `authorization`, or `x-user-id` while developing */
export function openTanStackQuery(
  url: string,
  headers: Record<string, string> = {},
): TourClient & Disposable {
  const { request, watch, changes } = openFetch(url, headers);
  const queries = new QueryClient();
  const eventsOf = (sessionId: string, after: string) => ({
    queryKey: ['events', sessionId, after],
    queryFn: streamedQuery<ProgressEvent>({
      streamFn: ({ signal }) => watch(sessionId, after, signal),
    }),
    // What has happened stays so.
    staleTime: Infinity,
  });
  return {
    async request<Data>(document: string, variables: Variables) {
      if (!document.startsWith('mutation'))
        return queries.fetchQuery({
          queryKey: [document, variables],
          queryFn: () => request<Data>(document, variables),
        });
      const data = await request<Data>(document, variables);
      // What was read before the mutation may be old.
      await queries.invalidateQueries({ refetchType: 'none' });
      return data;
    },
    watch: (id, after) =>
      iterate((sink) => {
        let seen = 0;
        const observer = new QueryObserver(queries, eventsOf(id, after));
        return observer.subscribe(({ data = [], error, fetchStatus, isSuccess }) => {
          for (const event of data.slice(seen)) sink.next(event);
          seen = data.length;
          if (error !== null) sink.error(error);
          else if (isSuccess && fetchStatus === 'idle') sink.complete();
        });
      }),
    changes,
    [Symbol.dispose]: () => queries.clear(),
  };
}
