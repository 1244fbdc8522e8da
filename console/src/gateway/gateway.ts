// The gateway as the console speaks to it: queries and mutations over HTTP with a normalised cache, the feed over one
// WebSocket. Only persisted operations are sent.
import { cacheExchange } from '@urql/exchange-graphcache';
import { persistedExchange } from '@urql/exchange-persisted';
import type { Client as SocketClient } from 'graphql-ws';
import { createContext, useContext } from 'react';
import {
  type AnyVariables,
  Client,
  type TypedDocumentNode,
  fetchExchange,
  gql,
  mapExchange,
} from 'urql';
import type { TypedDocumentString } from '../../gql/graphql.ts';
import { credentialHeaders, credentialParams } from './credentials.ts';
import { codeOf } from './errors.ts';
import { setReachable } from './reachable.ts';
import { openSocket } from './socket.ts';

export interface Gateway {
  readonly client: Client;
  readonly socket: SocketClient;
  /** To be told that the gateway does not know who is calling. */
  refused(): void;
  dispose(): void;
}

const ENDPOINT = new URL('/graphql', location.href);

const ANSWER_PATIENCE_MS = 15_000;

/** What has no id of its own, or another content elsewhere, is kept within what it belongs to. */
const embedded = () => null;
const keys = {
  ForkOrigin: embedded,
  GraphDrawing: embedded,
  GraphNode: embedded,
  GraphEdge: embedded,
  Interrupt: embedded,
  RunError: embedded,
};

export function openGateway(credential: string, refused: () => void): Gateway {
  const client = new Client({
    url: ENDPOINT.href,
    preferGetMethod: false,
    fetchOptions: { headers: credentialHeaders(credential) },
    fetch: fetchInTime,
    exchanges: [
      cacheExchange({ keys }),
      mapExchange({
        onResult({ error }) {
          setReachable(error?.networkError === undefined);
        },
        onError(error) {
          if (codeOf(error) === 'UNAUTHENTICATED') refused();
        },
      }),
      persistedExchange({
        enforcePersistedQueries: true,
        enableForMutation: true,
        preferGetForPersistedQueries: false,
        generateHash: (_text, document) =>
          Promise.resolve(hashes.get(operationName(document)) ?? ''),
      }),
      fetchExchange,
    ],
  });
  const socket = openSocket(ENDPOINT.href.replace(/^http/, 'ws'), credentialParams(credential));
  return { client, socket, refused, dispose: () => void socket.dispose() };
}

/** A gateway that is there, but does not answer, is not waited for without an end. */
function fetchInTime(url: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const late = AbortSignal.timeout(ANSWER_PATIENCE_MS);
  const signal = init.signal == null ? late : AbortSignal.any([init.signal, late]);
  return fetch(url, { ...init, signal });
}

const hashes = new Map<string, string>();

/** The document as urql takes it; its hash is known from then on. */
export function documentOf<Result, Variables extends AnyVariables>(
  document: TypedDocumentString<Result, Variables>,
): TypedDocumentNode<Result, Variables> {
  const node = gql<Result, Variables>(document.toString());
  hashes.set(operationName(node), String(document.__meta__?.['hash'] ?? ''));
  return node;
}

function operationName(document: { readonly definitions: readonly unknown[] }): string {
  const [first] = document.definitions as readonly { readonly name?: { readonly value: string } }[];
  return first?.name?.value ?? '';
}

export const GatewayContext = createContext<Gateway | undefined>(undefined);

export function useGateway(): Gateway {
  const gateway = useContext(GatewayContext);
  if (gateway === undefined) throw new Error('there is no gateway around this');
  return gateway;
}
