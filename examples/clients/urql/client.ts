// urql, in a browser or Node.
import { Client, type OperationResult, fetchExchange } from '@urql/core';
import { iterate } from '../iterate.ts';
import { openSockets } from '../sockets.ts';
import { type Change, LIST, type ProgressEvent, type TourClient, WATCH } from '../tour.ts';
import { progressExchange } from './progress-exchange.ts';

/** @param headers say who is calling: `authorization`, or `x-user-id` while developing */
export function openUrql(
  url: string,
  headers: Record<string, string> = {},
): TourClient & Disposable {
  const sockets = openSockets(url, headers);
  const client = new Client({
    url,
    exchanges: [fetchExchange, progressExchange(sockets)],
    fetchOptions: { headers },
    preferGetMethod: false,
  });
  const subscribe = <Data>(document: string, variables: Record<string, unknown>) =>
    iterate<Data>((sink) => {
      const { unsubscribe } = client.subscription<Data>(document, variables).subscribe((result) => {
        if (result.error !== undefined) sink.error(result.error);
        // The last result says that there are no more, and repeats the data of the one before.
        else if (!result.hasNext) sink.complete();
        else sink.next(dataOf(result));
      });
      return unsubscribe;
    });
  return {
    async request<Data>(document: string, variables: Record<string, unknown>) {
      const result = document.startsWith('mutation')
        ? client.mutation<Data>(document, variables)
        : client.query<Data>(document, variables);
      return dataOf(await result.toPromise());
    },
    async *watch(id, after) {
      const results = subscribe<{ sessionProgress: ProgressEvent }>(WATCH, { id, after });
      for await (const { sessionProgress } of results) yield sessionProgress;
    },
    async *changes() {
      const results = subscribe<{ sessionsChanged: Change }>(LIST, {});
      for await (const { sessionsChanged } of results) yield sessionsChanged;
    },
    [Symbol.dispose]: () => void sockets.dispose(),
  };
}

/** @throws what the gateway refused */
function dataOf<Data>({ data, error }: OperationResult<Data>): Data {
  if (error !== undefined) throw error;
  if (data === undefined) throw new Error('the answer has no data');
  return data;
}
