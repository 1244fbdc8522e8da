// HTTP: GraphQL and server-sent events at /graphql by graphql-yoga, GraphiQL for browsers, and the probes.
import { type Server, createServer } from 'node:http';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { GraphQLError } from 'graphql';
import { type Plugin, createYoga } from 'graphql-yoga';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import { type RequestContext, type Services, createRequestContext } from '../graphql/context.ts';
import { toClientError } from '../graphql/errors.ts';
import { schema } from '../graphql/schema.ts';
import type { Authenticate } from './authentication.ts';
import { graphiqlTabs } from './graphiql-tabs.ts';

export interface HttpOptions {
  readonly services: Services;
  readonly authenticate: Authenticate;
  readonly log: Logger;
  /** The most bytes a request's body may have. */
  readonly maxBodyBytes: number;
}

export type Yoga = ReturnType<typeof createGraphQLServer>;

/** GraphQL over HTTP; its envelop is used for WebSockets too. */
export function createGraphQLServer({ services, authenticate, log, maxBodyBytes }: HttpOptions) {
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
    healthCheckEndpoint: '/health',
    plugins: [limitBody(maxBodyBytes), readiness(services)],
    context: async ({ request, preset }) => {
      if (preset !== undefined) return preset;
      const user = await authenticate({
        authorization: request.headers.get('authorization'),
        userId: request.headers.get('x-user-id'),
      });
      return createRequestContext(user, services);
    },
    maskedErrors: { maskError: (error) => toClientError(error, log) },
  });
}

export function createHttpServer(yoga: Yoga): Server {
  return createServer((request, response) => {
    if (!URL.canParse(`http://${request.headers.host}`)) {
      response.writeHead(400).end('The Host header is not a host.');
      return;
    }
    if (request.url === '/') {
      response.writeHead(302, { location: '/graphql' }).end();
      return;
    }
    void yoga(request, response);
  });
}

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

/** /ready: whether work can be taken. */
function readiness({ backend, closing }: Services): Plugin {
  return {
    async onRequest({ url, endResponse, fetchAPI }) {
      if (url.pathname !== '/ready') return;
      const ready =
        !closing.aborted &&
        (await backend.ping().then(
          () => true,
          () => false,
        ));
      endResponse(fetchAPI.Response.json({ ready }, { status: ready ? 200 : 503 }));
    },
  };
}
