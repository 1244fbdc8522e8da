// A GraphQL client for tests: typed documents over HTTP, and the official clients for the subscription.
import { type Client as WebSocketClient, createClient as createWebSocketClient } from 'graphql-ws';
import { createClient as createSseClient } from 'graphql-sse';
import { WebSocket } from 'ws';
import { as } from './caller.ts';
import type { TypedDocumentString } from '../../gql/graphql.ts';

export interface ClientError {
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>> & {
    readonly code: string;
    readonly retryable: boolean;
  };
}

export class Refused extends Error {
  readonly errors: readonly ClientError[];

  constructor(errors: readonly ClientError[]) {
    super(errors.map(({ message }) => message).join('; '));
    this.errors = errors;
  }

  get code(): string | undefined {
    return this.errors[0]?.extensions.code;
  }
}

export type Headers = Readonly<Record<string, string>>;

/** Executes over HTTP. @throws Refused with what the server said */
export async function execute<Result, Variables>(
  url: string,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  headers: Headers = as('alice'),
): Promise<Result> {
  const { data, errors } = await post(url, { query: document.toString(), variables }, headers);
  if (errors !== undefined) throw new Refused(errors);
  return data as Result;
}

export async function post(
  url: string,
  body: unknown,
  headers: Headers = as('alice'),
): Promise<{ status: number; data?: unknown; errors?: ClientError[] }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as { data?: unknown; errors?: ClientError[] };
  return { status: response.status, ...answer };
}

/** The code a request is refused with. @throws Error where it is not */
export async function refusal(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
  throw new Error('the request was not refused');
}

export type Transport = 'websocket' | 'sse';

/** What a subscription delivers, over the official client of the transport. */
export async function* subscribe<Result, Variables extends Record<string, unknown>>(
  url: string,
  transport: Transport,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  headers: Headers = as('alice'),
): AsyncGenerator<{ data?: Result | null; errors?: readonly unknown[] }> {
  const request = { query: document.toString(), variables };
  if (transport === 'sse') {
    const client = createSseClient({ url, headers, retryAttempts: 0 });
    yield* client.iterate<{ data: Result }>(request) as AsyncIterable<{ data: Result }>;
    client.dispose();
    return;
  }
  const client = openWebSocket(url, headers);
  try {
    yield* client.iterate<{ data: Result }>(request) as AsyncIterable<{ data: Result }>;
  } finally {
    await client.dispose();
  }
}

export function openWebSocket(url: string, connectionParams: Headers = {}): WebSocketClient {
  return createWebSocketClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams,
    retryAttempts: 0,
  });
}

/** What a field that may be null has. @throws Error where it has nothing */
export function present<Value>(value: Value | null | undefined): Value {
  if (value == null) throw new Error('there is nothing');
  return value;
}
