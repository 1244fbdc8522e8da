// HTTP: GraphQL and server-sent events at /graphql by graphql-yoga, GraphiQL for browsers, and the probes.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { type ExecutionArgs, GraphQLError } from 'graphql';
import { type Plugin, createYoga } from 'graphql-yoga';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import { type RequestContext, type Services, createRequestContext } from '../graphql/context.ts';
import { toClientError } from '../graphql/errors.ts';
import { schema } from '../graphql/schema.ts';
import { asRequest } from '../telemetry/log.ts';
import { continueTrace, traceOperation } from '../telemetry/tracing.ts';
import type { Authenticate } from './authentication.ts';
import type { Connections } from './connections.ts';
import { eventStreams } from './event-stream.ts';
import { graphiqlTabs } from './graphiql-tabs.ts';
import { type ProbeOptions, answerProbe, probeOf } from './probes.ts';

export interface HttpOptions {
  readonly services: Services;
  readonly authenticate: Authenticate;
  readonly connections: Connections;
  readonly log: Logger;
  /** The most bytes a request's body may have. */
  readonly maxBodyBytes: number;
  /** After how long a peer that neither answers nor takes anything is given up. */
  readonly patienceMs: number;
}

export type Yoga = ReturnType<typeof createGraphQLServer>;

/** GraphQL over HTTP; its envelop is used for WebSockets too. */
export function createGraphQLServer(options: HttpOptions) {
  const { services, authenticate, connections, log, maxBodyBytes, patienceMs } = options;
  return createYoga<{ preset?: RequestContext }, RequestContext>({
    schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    logging: false,
    cors: false,
    graphiql: {
      title: 'Session Gateway',
      subscriptionsProtocol: 'WS',
      defaultTabs: graphiqlTabs,
      shouldPersistHeaders: false,
    },
    renderGraphiQL,
    plugins: [
      limitBody(maxBodyBytes),
      eventStreams({
        feed: services.feed,
        connections,
        log,
        closing: services.closing,
        patienceMs,
      }),
      tracedOperations,
    ],
    context: async ({ request, preset }) => {
      if (preset !== undefined) return preset;
      const user = await authenticate({
        authorization: request.headers.get('authorization'),
        userId: request.headers.get('x-user-id'),
      });
      return createRequestContext(user, services, request.headers.get('last-event-id'));
    },
    maskedErrors: { maskError: (error) => toClientError(error, log) },
  });
}

export interface HttpServer {
  readonly server: Server;
  /** Waits until each request that came has its answer. */
  answered(): Promise<void>;
}

/** Serves the probes, and GraphQL where the process has it. */
export function createHttpServer(probes: ProbeOptions, yoga: Yoga | undefined): HttpServer {
  const open = new Set<Promise<unknown>>();
  const server = createServer((request, response) => {
    const probe = probeOf(request);
    if (probe !== undefined) void answerProbe(probe, response, probes);
    else if (yoga === undefined) response.writeHead(404).end('This process only works.');
    else {
      const closed = once(response, 'close');
      open.add(closed);
      // Its next request goes to a process that stays.
      if (probes.closing.aborted) response.setHeader('connection', 'close');
      void closed.finally(() => open.delete(closed));
      serve(request, response, yoga);
    }
  });
  return {
    server,
    async answered() {
      while (open.size > 0) await Promise.all(open);
    },
  };
}

const REQUEST_ID = /^[\w.:-]{1,128}$/;

function serve(request: IncomingMessage, response: ServerResponse, yoga: Yoga): void {
  if (!URL.canParse(`http://${request.headers.host}`)) {
    response.writeHead(400).end('The Host header is not a host.');
    return;
  }
  if (request.url === '/') {
    response.writeHead(302, { location: '/graphql' }).end();
    return;
  }
  const given = request.headers['x-request-id'];
  const requestId = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
  response.setHeader('x-request-id', requestId);
  asRequest(requestId, () => continueTrace(request.headers, () => void yoga(request, response)));
}

/** A span for each operation, whichever way it came. */
const tracedOperations: Plugin = {
  onExecute({ executeFn, setExecuteFn }) {
    setExecuteFn((args: ExecutionArgs) => traceOperation(args, () => executeFn(args)));
  },
  onSubscribe({ subscribeFn, setSubscribeFn }) {
    setSubscribeFn((args: ExecutionArgs) => traceOperation(args, () => subscribeFn(args)));
  },
};

/** Refuses a body that says it is too long, and one that a page of another site could send without being asked. */
function limitBody(maxBytes: number): Plugin {
  return {
    onRequestParse({ request }) {
      if (Number(request.headers.get('content-length') ?? 0) > maxBytes)
        throw bodyTooLong(maxBytes);
      const type = request.headers.get('content-type') ?? '';
      if (request.method === 'POST' && !/^application\/([\w.-]+\+)?json\b/i.test(type)) {
        throw refused('Send `content-type: application/json`.', 415);
      }
    },
  };
}

function bodyTooLong(maxBytes: number): GraphQLError {
  return refused(`The request is longer than ${maxBytes} bytes.`, 413);
}

function refused(message: string, status: number): GraphQLError {
  const originalError = new GatewayError('INVALID_INPUT', message);
  return new GraphQLError(message, { originalError, extensions: { http: { status } } });
}
