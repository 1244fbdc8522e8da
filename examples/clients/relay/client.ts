// What Relay's compiled operations do, by hand: a program gives the network to `new Environment({ network, store })`.
import type { RequestParameters } from 'relay-runtime';
import { iterate } from '../iterate.ts';
import {
  type Change,
  LIST,
  type ProgressEvent,
  type TourClient,
  type Variables,
  WATCH,
} from '../tour.ts';
import { openRelayNetwork } from './network.ts';

export function openRelay(
  url: string,
  headers: Record<string, string> = {},
): TourClient & Disposable {
  const { network, ...opened } = openRelayNetwork(url, headers);
  const execute = <Data>(document: string, variables: Variables) =>
    iterate<Data>((sink) => {
      const results = network.execute(parametersOf(document), variables, {});
      const subscription = results.subscribe({
        next(result) {
          const { data, errors } = result as { data?: Data | null; errors?: { message: string }[] };
          if (data == null) sink.error(new Error(errors?.[0]?.message ?? 'no data'));
          else sink.next(data);
        },
        error: (error: unknown) => sink.error(error),
        complete: () => sink.complete(),
      });
      return () => subscription.unsubscribe();
    });
  return {
    async request<Data>(document: string, variables: Variables) {
      for await (const data of execute<Data>(document, variables)) return data;
      throw new Error('there was no answer');
    },
    async *watch(id, after) {
      const results = execute<{ sessionProgress: ProgressEvent }>(WATCH, { id, after });
      for await (const { sessionProgress } of results) yield sessionProgress;
    },
    async *changes() {
      const results = execute<{ sessionsChanged: Change }>(LIST, {});
      for await (const { sessionsChanged } of results) yield sessionsChanged;
    },
    ...opened,
  };
}

/** What Relay's compiler makes of a document. */
function parametersOf(text: string): RequestParameters {
  const [, operationKind = '', name = ''] = /^(\w+) (\w+)/.exec(text) ?? [];
  return {
    name,
    operationKind: operationKind as RequestParameters['operationKind'],
    text,
    id: null,
    cacheID: name,
    metadata: {},
  };
}
