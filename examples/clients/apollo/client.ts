// Apollo Client, in a browser or Node. Other links of yours, such as one for errors, stand before these.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { OperationTypeNode } from 'graphql';
import { iterate } from '../iterate.ts';
import { openSockets } from '../sockets.ts';
import { type Change, LIST, type ProgressEvent, type TourClient, WATCH } from '../tour.ts';
import { ProgressLink } from './progress-link.ts';

/** @param headers say who is calling: `authorization`, or `x-user-id` while developing */
export function openApollo(
  url: string,
  headers: Record<string, string> = {},
): TourClient & Disposable {
  const sockets = openSockets(url, headers);
  const client = new ApolloClient({
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new ProgressLink(sockets),
      new HttpLink({ uri: url, headers }),
    ),
    // With fragments on interfaces in queries, give it `possibleTypes`: @graphql-codegen/fragment-matcher writes them.
    cache: new InMemoryCache(),
  });
  const subscribe = <Data>(document: string, variables: Record<string, unknown>) =>
    iterate<Data>((sink) => {
      const query = gql(document);
      // The cache would keep each event.
      const results = client.subscribe<Data>({ query, variables, fetchPolicy: 'no-cache' });
      const subscription = results.subscribe({
        ...sink,
        next: ({ data, error }) =>
          error === undefined ? sink.next(data as Data) : sink.error(error),
      });
      return () => subscription.unsubscribe();
    });
  return {
    async request<Data>(document: string, variables: Record<string, unknown>) {
      const operation = gql(document);
      const { data } = document.startsWith('mutation')
        ? await client.mutate({ mutation: operation, variables })
        : await client.query({ query: operation, variables });
      return data as Data;
    },
    async *watch(id, after) {
      const results = subscribe<{ sessionProgress: ProgressEvent }>(WATCH, { id, after });
      for await (const { sessionProgress } of results) yield sessionProgress;
    },
    async *changes() {
      const results = subscribe<{ sessionsChanged: Change }>(LIST, {});
      for await (const { sessionsChanged } of results) yield sessionsChanged;
    },
    [Symbol.dispose]() {
      client.stop();
      void sockets.dispose();
    },
  };
}
