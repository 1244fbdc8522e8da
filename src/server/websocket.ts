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
import { asRequest } from '../telemetry/log.ts';
import { traceOperation } from '../telemetry/tracing.ts';
import type { User } from '../session/ports.ts';
import type { Authenticate, Credentials } from './authentication.ts';
import type { Connections } from './connections.ts';
import { callAt } from './expiry.ts';
import type { Yoga } from './http.ts';
import { SocketKeeper } from './socket-keeper.ts';
import { SocketSink, WatchedOperation } from './socket-watch.ts';

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

/** Why a socket is refused, beside the protocol's own reasons; docs/watching.md lists them all. */
const CLOSE_CODES = {
  /** Service restart, in the registry of WebSocket close codes. */
  SHUTTING_DOWN: 1012,
  UNAUTHENTICATED: CloseCode.Forbidden,
  LIMIT_EXCEEDED: 4430,
  BACKEND_UNAVAILABLE: 4503,
} as const;

/** How long a client has to send connection_init. */
const INIT_PATIENCE_MS = 3000;
/** How long a peer has to answer the close of its socket. */
const CLOSE_PATIENCE_MS = 1000;

type EnvelopedArgs = ExecutionArgs & {
  contextValue: RequestContext;
  rootValue: { execute: (args: ExecutionArgs) => unknown };
};

/** What the connection's `extra` remembers. */
interface SocketExtra extends Record<PropertyKey, unknown> {
  user?: User;
  release?: () => void;
  /** Takes back that the socket is closed when its token expires. */
  keep?: () => void;
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
          const watch = await traceOperation(args, () => prepareWatch(args as EnvelopedArgs, log));
          return isRefused(watch) ? watch : new WatchedOperation(services.feed, watch);
        }),
      onConnect: async ({ connectionParams, extra }) => {
        try {
          services.closing.throwIfAborted();
          extra.user = await authenticate(credentialsIn(connectionParams));
          extra.release = connections.take(extra.user.id);
          closeInTime(extra);
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
      onClose: ({ extra }) => {
        extra.release?.();
        extra.keep?.();
      },
      // A client keeps its socket beyond its token by sending a fresh one.
      onPing: async ({ extra }, payload) => {
        const { user } = extra;
        const credentials = credentialsIn(payload);
        if (user === undefined || credentials.authorization === null) return;
        const fresh = await authenticate(credentials).catch(() => undefined);
        if (fresh?.id !== user.id) return;
        extra.user = fresh;
        closeInTime(extra);
      },
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
    // Its own keep-alive would end who only is slow to answer: the keeper asks whether anything is taken.
    0,
  );
  const keeper = new SocketKeeper(sockets, options.patienceMs);
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

/** Ends the socket when it is not known any more who it is. */
function closeInTime(extra: SocketExtra & { socket: WebSocket }): void {
  extra.keep?.();
  extra.keep = callAt(extra.user?.expiresAt, () =>
    extra.socket.close(
      CLOSE_CODES.UNAUTHENTICATED,
      'The token has expired; come back with another.',
    ),
  );
}

function credentialsIn(params: Readonly<Record<string, unknown>> | undefined): Credentials {
  return {
    authorization: textOf(params, 'authorization') ?? textOf(params, 'Authorization'),
    userId: textOf(params, 'x-user-id'),
  };
}

function textOf(
  params: Readonly<Record<string, unknown>> | undefined,
  name: string,
): string | null {
  const value = params?.[name];
  return typeof value === 'string' ? value : null;
}
