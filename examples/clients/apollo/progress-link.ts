// A link for Apollo Client's subscriptions, in the place of its own GraphQLWsLink, after whose reconnects old events come a second time.
import { ApolloLink, Observable } from '@apollo/client';
import { print } from 'graphql';
import type { Client } from 'graphql-ws';
import { subscribeAfterCursor } from '../sockets.ts';

export class ProgressLink extends ApolloLink {
  readonly #client: Client;

  constructor(client: Client) {
    super();
    this.#client = client;
  }

  override request({ query, variables, operationName }: ApolloLink.Operation) {
    const operation = { query: print(query), variables, ...(operationName && { operationName }) };
    return new Observable<ApolloLink.Result>((observer) =>
      subscribeAfterCursor(this.#client, operation, observer),
    );
  }
}
