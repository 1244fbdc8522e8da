// GraphQL over WebSocket (graphql-transport-ws) at /graphql. A socket has one user, from its connection_init.
import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ExecutionArgs, GraphQLError, getOperationAST } from 'graphql';
import { CloseCode } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import type { Logger } from 'pino';
import { WebSocket, WebSocketServer } from 'ws';
import { GatewayError } from '../errors.ts';
import { type RequestContext, type Services, createRequestContext } from '../graphql/context.ts';
import { toClientError } from '../graphql/errors.ts';
import { isRefused, prepareWatch } from '../graphql/watch.ts';
import type { FeedRequest } from '../progress/feed.ts';
import type { Sink } from '../progress/watcher.ts';
import { asRequest } from '../telemetry/log.ts';
import type { User } from '../session/ports.ts';
import type { Authenticate } from './authentication.ts';
import type { Connections } from './connections.ts';
import { type Yoga, traceArgs } from './http.ts';

export interface WebSocketOptions {
  readonly services: Services;
  readonly authenticate: Authenticate;
  readonly connections: Connections;
  readonly log: Logger;
  readonly maxBodyBytes: number;
  readonly subscriptionsPerSocket: number;
  /** After how long a peer that neither answers nor takes anything is given up. */
  readonly patienceMs: number;
}

/** Why a socket is closed, beside the protocol's own reasons; docs/watching.md lists them all. */
const CLOSE_CODES = {
  /** Service restart, in the registry of WebSocket close codes. */
  SHUTTING_DOWN: 1012,
  /** Try again later, in the same registry: the peer takes nothing. */
  STALLED: 1013,
  UNAUTHENTICATED: CloseCode.Forbidden,
  LIMIT_EXCEEDED: 4430,
  BACKEND_UNAVAILABLE: 4503,
} as const;

/** How long a client has to send connection_init. */
const INIT_PATIENCE_MS = 3000;
/** How long a peer has to answer the close of its socket. */
const CLOSE_PATIENCE_MS = 1000;
const PING_EVERY_MS = 12_000;

type EnvelopedArgs = ExecutionArgs & {
  contextValue: RequestContext;
  rootValue: { execute: (args: ExecutionArgs) => unknown };
};

/** What the connection's `extra` remembers. */
interface SocketExtra extends Record<PropertyKey, unknown> {
  user?: User;
  release?: () => void;
}

export interface WebSocketListener extends AsyncDisposable {
  readonly server: WebSocketServer;
}

export function listenForWebSockets(
  server: Server,
  yoga: Yoga,
  options: WebSocketOptions,
): WebSocketListener {
  const { services, authenticate, connections, log } = options;
  const sockets = new WebSocketServer({
    server,
    path: '/graphql',
    maxPayload: options.maxBodyBytes,
  });
  const refused = (error: unknown) => [toClientError(error, log)];
  const handle = useServer<Record<string, unknown>, SocketExtra>(
    {
      connectionInitWaitTimeout: INIT_PATIENCE_MS,
      // An operation on a socket is a request of its own.
      execute: (args) =>
        asRequest(randomUUID(), () => (args as EnvelopedArgs).rootValue.execute(args)) as never,
      subscribe: (args) =>
        asRequest(randomUUID(), async () => {
          const watch = await traceArgs(args, () => prepareWatch(args as EnvelopedArgs, log));
          return isRefused(watch) ? watch : new WatchedOperation(services, watch);
        }),
      onConnect: async ({ connectionParams, extra }) => {
        try {
          services.closing.throwIfAborted();
          extra.user = await authenticate({
            authorization:
              textOf(connectionParams, 'authorization') ??
              textOf(connectionParams, 'Authorization'),
            userId: textOf(connectionParams, 'x-user-id'),
          });
          extra.release = connections.take(extra.user.id);
          // It may have gone while it was looked at.
          if (extra.socket.readyState !== WebSocket.OPEN) extra.release();
          return true;
        } catch (error) {
          if (!(error instanceof GatewayError) || !(error.code in CLOSE_CODES)) throw error;
          const code = CLOSE_CODES[error.code as keyof typeof CLOSE_CODES];
          extra.socket.close(code, error.message.slice(0, 120));
          return false;
        }
      },
      onClose: ({ extra }) => extra.release?.(),
      onSubscribe: async ({ extra, subscriptions }, _id, payload) => {
        const { user } = extra;
        try {
          if (user === undefined) throw new GatewayError('UNAUTHENTICATED', 'Connect first.');
          if (Object.keys(subscriptions).length > options.subscriptionsPerSocket) {
            throw new GatewayError(
              'LIMIT_EXCEEDED',
              `A socket may hold ${options.subscriptionsPerSocket} operations at once; complete one first.`,
            );
          }
          const { schema, execute, contextFactory, parse, validate } = yoga.getEnveloped({
            preset: createRequestContext(user, services),
            params: payload,
          });
          const document = parse(payload.query);
          const errors = validate(schema, document);
          if (getOperationAST(document, payload.operationName) == null)
            return refused(new GraphQLError('Name the operation to execute.'));
          if (errors.length > 0) return errors.map((error: unknown) => toClientError(error, log));
          return {
            schema,
            operationName: payload.operationName,
            document,
            variableValues: payload.variables,
            contextValue: await contextFactory(),
            rootValue: { execute },
          };
        } catch (error) {
          return refused(error);
        }
      },
      onOperation: ({ extra }, id, _payload, _args, result) => {
        if (result instanceof WatchedOperation)
          result.begin(new SocketSink(extra.socket, id, options.patienceMs, () => result.end()));
      },
    },
    sockets,
    0,
  );
  const keeper = new Keeper(sockets, options.patienceMs);
  const stop = () => {
    for (const socket of sockets.clients)
      socket.close(CLOSE_CODES.SHUTTING_DOWN, 'The gateway stops; come back with your cursor.');
  };
  services.closing.addEventListener('abort', stop, { once: true });
  return {
    server: sockets,
    async [Symbol.asyncDispose]() {
      keeper[Symbol.dispose]();
      // A peer that does not answer the close must not hold the shutdown up.
      const patience = new AbortController();
      await Promise.race([
        handle.dispose(),
        sleep(CLOSE_PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined),
      ]);
      patience.abort();
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

/** A watched session as graphql-ws sees it: an operation whose results are sent past it, and which ends in time. */
class WatchedOperation implements AsyncGenerator<never, undefined, undefined> {
  readonly #services: Services;
  readonly #watch: FeedRequest;
  readonly #ended = Promise.withResolvers<void>();
  #leave: (() => void) | undefined;

  constructor(services: Services, watch: FeedRequest) {
    this.#services = services;
    this.#watch = watch;
  }

  begin(sink: Sink): void {
    this.#leave = this.#services.feed.watch(this.#watch, sink);
  }

  end(): void {
    this.#ended.resolve();
  }

  async next(): Promise<IteratorResult<never, undefined>> {
    await this.#ended.promise;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<never, undefined>> {
    this.#leave?.();
    this.end();
    return { done: true, value: undefined };
  }

  async throw(): Promise<IteratorResult<never, undefined>> {
    return this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

class SocketSink implements Sink {
  readonly #socket: WebSocket;
  readonly #before: string;
  readonly #patienceMs: number;
  readonly #onComplete: () => void;

  constructor(socket: WebSocket, id: string, patienceMs: number, onComplete: () => void) {
    this.#socket = socket;
    this.#patienceMs = patienceMs;
    this.#before = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
    this.#onComplete = onComplete;
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  send(text: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(`${this.#before}${text}}`);
  }

  complete(): void {
    this.#onComplete();
  }

  abandon(): void {
    abandon(this.#socket, this.#patienceMs);
  }
}

/** Closes the sockets of peers that neither answer nor take anything. One timer for all of them. */
class Keeper implements Disposable {
  /** Sockets that were asked whether they live: since when, and what waited for them then. */
  readonly #asked = new Map<WebSocket, { since: number; buffered: number }>();
  readonly #timer: NodeJS.Timeout;

  constructor(sockets: WebSocketServer, patienceMs: number) {
    sockets.on('connection', (socket) => {
      socket.on('pong', () => this.#asked.delete(socket));
      socket.once('close', () => this.#asked.delete(socket));
    });
    const every = Math.min(PING_EVERY_MS, patienceMs / 2);
    this.#timer = setInterval(() => this.#check(sockets.clients, patienceMs), every).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #check(sockets: ReadonlySet<WebSocket>, patienceMs: number): void {
    const now = performance.now();
    for (const socket of sockets) {
      if (socket.readyState !== WebSocket.OPEN) continue;
      const { bufferedAmount: buffered } = socket;
      const asked = this.#asked.get(socket);
      if (asked === undefined) {
        this.#asked.set(socket, { since: now, buffered });
        socket.ping();
      } else if (buffered < asked.buffered) this.#asked.set(socket, { since: now, buffered });
      else if (now - asked.since > patienceMs) abandon(socket, patienceMs);
    }
  }
}

/** The peer may still take the reason, after what was sent before. */
function abandon(socket: WebSocket, patienceMs: number): void {
  socket.close(CLOSE_CODES.STALLED, 'Nothing was taken for too long; come back with your cursor.');
  setTimeout(() => socket.terminate(), patienceMs).unref();
}

function textOf(
  params: Readonly<Record<string, unknown>> | undefined,
  name: string,
): string | null {
  const value = params?.[name];
  return typeof value === 'string' ? value : null;
}
