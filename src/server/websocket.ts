// GraphQL over WebSocket (graphql-transport-ws) at /graphql. A socket has one user, from its connection_init.
import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ExecutionArgs, GraphQLError, getOperationAST } from 'graphql';
import { CloseCode } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import { GatewayError } from '../errors.ts';
import { type Services, createRequestContext } from '../graphql/context.ts';
import { toClientError } from '../graphql/errors.ts';
import { asRequest } from '../telemetry/log.ts';
import type { User } from '../session/ports.ts';
import type { Authenticate } from './authentication.ts';
import type { Yoga } from './http.ts';

export interface WebSocketOptions {
  readonly services: Services;
  readonly authenticate: Authenticate;
  readonly log: Logger;
  readonly maxBodyBytes: number;
}

/** How long a peer has to answer the close of its socket. */
const CLOSE_PATIENCE_MS = 1000;

type EnvelopedArgs = ExecutionArgs & {
  rootValue: {
    execute: (args: ExecutionArgs) => unknown;
    subscribe: (args: ExecutionArgs) => unknown;
  };
};

/** What the connection's `extra` remembers. */
interface SocketExtra extends Record<PropertyKey, unknown> {
  user?: User;
}

export interface WebSocketListener extends AsyncDisposable {
  readonly server: WebSocketServer;
}

export function listenForWebSockets(
  server: Server,
  yoga: Yoga,
  { services, authenticate, log, maxBodyBytes }: WebSocketOptions,
): WebSocketListener {
  const sockets = new WebSocketServer({ server, path: '/graphql', maxPayload: maxBodyBytes });
  const handle = useServer<Record<string, unknown>, SocketExtra>(
    {
      // An operation on a socket is a request of its own.
      execute: (args) =>
        asRequest(randomUUID(), () => (args as EnvelopedArgs).rootValue.execute(args)) as never,
      subscribe: (args) =>
        asRequest(randomUUID(), () => (args as EnvelopedArgs).rootValue.subscribe(args)) as never,
      onConnect: async ({ connectionParams, extra }) => {
        try {
          extra.user = await authenticate({
            authorization:
              textOf(connectionParams, 'authorization') ??
              textOf(connectionParams, 'Authorization'),
            userId: textOf(connectionParams, 'x-user-id'),
          });
          return true;
        } catch (error) {
          if (!(error instanceof GatewayError) || error.code !== 'UNAUTHENTICATED') throw error;
          extra.socket.close(CloseCode.Forbidden, error.message.slice(0, 120));
          return false;
        }
      },
      onSubscribe: async ({ extra }, _id, payload) => {
        const { user } = extra;
        if (user === undefined)
          return [toClientError(new GatewayError('UNAUTHENTICATED', 'Connect first.'), log)];
        const enveloped = yoga.getEnveloped({
          preset: createRequestContext(user, services),
          params: payload,
        });
        const { schema, execute, subscribe, contextFactory, parse, validate } = enveloped;
        try {
          const document = parse(payload.query);
          const errors = validate(schema, document);
          if (getOperationAST(document, payload.operationName) == null) {
            return [toClientError(new GraphQLError('Name the operation to execute.'), log)];
          }
          if (errors.length > 0) return errors.map((error: unknown) => toClientError(error, log));
          return {
            schema,
            operationName: payload.operationName,
            document,
            variableValues: payload.variables,
            contextValue: await contextFactory(),
            rootValue: { execute, subscribe },
          };
        } catch (error) {
          return [toClientError(error, log)];
        }
      },
    },
    sockets,
  );
  return {
    server: sockets,
    async [Symbol.asyncDispose]() {
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

function textOf(
  params: Readonly<Record<string, unknown>> | undefined,
  name: string,
): string | null {
  const value = params?.[name];
  return typeof value === 'string' ? value : null;
}
