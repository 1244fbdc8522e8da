// A link for Apollo Client's subscriptions that comes back with the last cursor it saw. Apollo's own GraphQLWsLink sends
// the first `after` again when its socket reconnects, and old events come a second time.
import { ApolloLink, Observable } from '@apollo/client';
import { print } from 'graphql';
import type { Client } from 'graphql-ws';

export class ProgressLink extends ApolloLink {
  readonly #client: Client;

  constructor(client: Client) {
    super();
    this.#client = client;
  }

  override request({ query, variables, operationName }: ApolloLink.Operation) {
    return new Observable<ApolloLink.Result>((observer) => {
      // graphql-ws serializes them anew each time it connects.
      const current: Record<string, unknown> = { ...variables };
      return this.#client.subscribe<{ sessionProgress?: { cursor?: string } }>(
        { query: print(query), variables: current, operationName: operationName ?? null },
        {
          next: (result) => {
            const cursor = result.data?.sessionProgress?.cursor;
            if (cursor !== undefined) current['after'] = cursor;
            observer.next(result as ApolloLink.Result);
          },
          error: (error) => observer.error(error),
          complete: () => observer.complete(),
        },
      );
    });
  }
}
