// HTTP: GraphQL and its streams by graphql-yoga, GraphiQL for browsers, and the probes.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { type ExecutionArgs, GraphQLError, type GraphQLSchema } from 'graphql';
import { type GraphQLParams, type Plugin, createYoga } from 'graphql-yoga';
import compression from 'compression';
import type { Logger } from 'pino';
import type { Answer } from '../graphql/answers.ts';
import { auditedOperations } from '../graphql/audit.ts';
import { GatewayError, invalidInput } from '../errors.ts';
import { type RequestContext, type Services, createRequestContext } from '../graphql/context.ts';
import type { Documents } from '../graphql/documents.ts';
import { toClientError } from '../graphql/errors.ts';
import type { DocumentRequest, PersistedDocuments } from '../graphql/persisted-documents.ts';
import { type QueryLimits, limitQueries } from '../graphql/query-limits.ts';
import { isPlainObject } from '../session/json-input.ts';
import type { User } from '../session/ports.ts';
import { asRequest } from '../telemetry/log.ts';
import { continueTrace, traceOperation } from '../telemetry/tracing.ts';
import { type Admission, BYTES_OF_A_REQUEST } from './admission.ts';
import { credentialsOf } from './credentials.ts';
import { streamedSubscriptions } from './subscription-streams.ts';
import { graphiqlTabs } from './graphiql-tabs.ts';
import type { Console } from './console.ts';
import type { ConcurrencyLimit } from '../session/concurrency-limit.ts';
import { parseJsonText } from './json-text.ts';
import { corsOf } from './origins.ts';
import { type ProbeOptions, answerProbe, probeOf } from './probes.ts';
import { Refused, refusedBy } from './refused.ts';
import { setSecurityHeaders } from './security-headers.ts';

export interface HttpOptions {
  /** Where GraphQL is. */
  readonly path: string;
  readonly services: Services;
  readonly schema: GraphQLSchema;
  /** Where it depends on the operation. */
  readonly schemaFor: ((operation: string) => GraphQLSchema) | undefined;
  readonly admission: Admission;
  readonly connections: ConcurrencyLimit;
  readonly log: Logger;
  /** The most bytes a request's body may have. */
  readonly maxBodyBytes: number;
  readonly queries: QueryLimits;
  readonly documents: Documents;
  readonly persisted: PersistedDocuments;
  readonly graphiql: boolean;
  /** After how long a peer that neither answers nor takes anything is given up. */
  readonly patienceMs: number;
}

export type Yoga = ReturnType<typeof createGraphQLServer>;

interface ServerContext {
  readonly req?: IncomingMessage;
  readonly res?: ServerResponse;
}

/** GraphQL over HTTP; its envelop is used for WebSockets too. */
export function createGraphQLServer(options: HttpOptions) {
  const {
    services,
    schema,
    schemaFor,
    admission,
    connections,
    documents,
    persisted,
    log,
    patienceMs,
  } = options;
  const users = new WeakMap<Request, User>();
  const answers = new WeakMap<Request, Answer>();
  return createYoga<ServerContext & { preset?: RequestContext }, RequestContext>({
    schema,
    graphqlEndpoint: options.path,
    landingPage: false,
    logging: false,
    cors: (request) => corsOf(request, admission.pages),
    graphiql: options.graphiql && {
      title: 'Session Gateway',
      subscriptionsProtocol: 'WS',
      defaultTabs: graphiqlTabs(services.graphs.all),
      shouldPersistHeaders: false,
    },
    // Its 9 MB are loaded once somebody opens it.
    renderGraphiQL: async (asked) =>
      (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(asked),
    // query-limits.ts keeps what is worth it.
    parserAndValidationCache: false,
    maxRequestBodySize: options.maxBodyBytes,
    extraParamNames: ['documentId'],
    plugins: [
      admitted(options, users, answers),
      persistedOperations(persisted),
      hungUp,
      ...(schemaFor === undefined ? [] : [chosenSchema(schemaFor)]),
      weighed(admission, documents, users),
      limitQueries(options.queries, documents, log),
      streamedSubscriptions({
        connections,
        subscriptions: services.subscriptions,
        log,
        closing: services.closing,
        patienceMs,
      }),
      tracedOperations,
      auditedOperations(log),
    ],
    context({ request, preset }) {
      const user = users.get(request);
      if (preset !== undefined) return preset;
      const answer = answers.get(request);
      if (user === undefined || answer === undefined) throw new Error('a request was not admitted');
      try {
        const lastEventId = request.headers.get('last-event-id');
        return createRequestContext(user, services, { lastEventId, answer });
      } catch (error) {
        throw refusedBy(error);
      }
    },
    maskedErrors: { maskError: (error) => toClientError(error, log) },
  });
}

/** Who is calling is known, and that they may, before what they send is read. */
function admitted(
  { admission, maxBodyBytes, services }: HttpOptions,
  users: WeakMap<Request, User>,
  answers: WeakMap<Request, Answer>,
): Plugin<RequestContext, ServerContext> {
  return {
    async onRequestParse({ request, serverContext: { req, res }, setRequestParser }) {
      if (req === undefined) throw new Error('a request came from no server');
      try {
        services.closing.throwIfAborted();
        await admission.admit(req);
        const user = await admission.identify(credentialsOf(request.headers));
        await admission.count(user);
        users.set(request, user);
        answers.set(request, beginAnswer(services, user, res));
        if (request.method === 'POST')
          setRequestParser((limited) =>
            readBody(limited, (bytes) => admission.countBytes(user, bytes)),
          );
      } catch (error) {
        throw refusedBy(error);
      }
      const bytes = Number(request.headers.get('content-length') ?? 0);
      if (bytes > maxBodyBytes) {
        const message = `The request is longer than ${maxBodyBytes} bytes (MAX_BODY_BYTES).`;
        throw new Refused(invalidInput(message), 413);
      }
      // A page of another site may send anything else without being asked.
      const type = request.headers.get('content-type') ?? '';
      if (request.method === 'POST' && !/^application\/([\w.-]+\+)?json\b/i.test(type))
        throw new Refused(invalidInput('Send `content-type: application/json`.'), 415);
    },
  };
}

function chosenSchema(
  schemaFor: (operation: string) => GraphQLSchema,
): Plugin<object, { params?: { query?: string } }> {
  return {
    onEnveloped({ context, setSchema }) {
      setSchema(schemaFor(context?.params?.query ?? ''));
    },
  };
}

/** It is in memory until the connection has taken it. */
function beginAnswer(services: Services, user: User, response: ServerResponse | undefined): Answer {
  const answer = services.answers.begin(user.id);
  if (response === undefined || response.closed) answer[Symbol.dispose]();
  else response.once('close', () => answer[Symbol.dispose]());
  return answer;
}

/** The rest of a long body is not read to its end only to answer the next request on the same connection. */
const hungUp: Plugin<object, ServerContext> = {
  onResponse({ response, serverContext: { req } }) {
    if (req === undefined || req.complete || response.ok) return;
    const isShort = Number(req.headers['content-length'] ?? Infinity) <= BYTES_OF_A_REQUEST;
    if (!isShort) response.headers.set('connection', 'close');
  },
};

/** @param count counts its bytes before they are parsed */
async function readBody(
  request: Request,
  count: (bytes: number) => Promise<void>,
): Promise<GraphQLParams> {
  const text = await textOf(request);
  try {
    await count(Buffer.byteLength(text));
    const body = parseJsonText('request', text);
    if (!isPlainObject(body)) throw invalidInput('The request is not a JSON object.');
    return body;
  } catch (error) {
    throw refusedBy(error);
  }
}

async function textOf(request: Request): Promise<string> {
  try {
    return await request.text();
  } catch (error) {
    // It is too long; else the client went away, or was too slow.
    if (error instanceof GraphQLError) throw error;
    throw refusedBy(invalidInput('The body broke off before its end.', error));
  }
}

/** A document that is not known takes more to be looked at than one that is. */
function weighed(
  admission: Admission,
  documents: Documents,
  users: WeakMap<Request, User>,
): Plugin<RequestContext, ServerContext> {
  return {
    async onParams({ params: { query }, request }) {
      const user = users.get(request);
      if (user === undefined || query === undefined || documents.has(query)) return;
      try {
        await admission.countDocument(user);
      } catch (error) {
        throw refusedBy(error);
      }
    },
  };
}

/** Puts the document's text in the place of its name. */
function persistedOperations(documents: PersistedDocuments): Plugin {
  return {
    onParams({ params, request, setParams }) {
      const documentId = new URL(request.url).searchParams.get('documentId');
      const asked: DocumentRequest = { ...(documentId !== null && { documentId }), ...params };
      const query = documents.textOf(asked);
      if (query !== undefined) setParams({ ...params, query });
    },
  };
}

export interface HttpHandler {
  /** Answers a request, whatever it asks for. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Waits until each request that came has its answer. */
  answered(): Promise<void>;
}

export interface HttpHandlerOptions {
  /** Undefined where the program around it has probes of its own. */
  readonly probes: ProbeOptions | undefined;
  /** Undefined for a process that only works. */
  readonly yoga: Yoga | undefined;
  readonly console: Console | undefined;
  /** Where GraphQL is. */
  readonly path: string;
  /** Throws for a request that is not answered at all, whatever it asks for. */
  readonly checkIsLocal: (request: IncomingMessage) => void;
  /** Aborted once the process is told to stop. */
  readonly leaving: AbortSignal;
}

/** Answers the probes, GraphQL and the console, where the process has them. */
export function createHttpHandler(options: HttpHandlerOptions): HttpHandler {
  const { probes, yoga, console, path, checkIsLocal, leaving } = options;
  const open = new Set<Promise<unknown>>();
  return {
    handle(request, response) {
      setSecurityHeaders(request, response);
      const refused = refusal(() => checkIsLocal(request));
      const probe = probeOf(request);
      if (refused !== undefined) {
        response.writeHead(403, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ errors: [refused] }));
      } else if (probe !== undefined && probes !== undefined)
        void answerProbe(probe, response, probes);
      else if (yoga === undefined) response.writeHead(404).end('This process only works.');
      else if (console?.answer(request, response) !== true) {
        const closed = once(response, 'close');
        open.add(closed);
        // Its next request goes to a process that stays.
        if (leaving.aborted) response.setHeader('connection', 'close');
        void closed.finally(() => open.delete(closed));
        serve(request, response, yoga, path);
      }
    },
    async answered() {
      while (open.size > 0) await Promise.all(open);
    },
  };
}

/** Often, so that not many of them are ended at once. */
const CHECK_EVERY_MS = 250;

/** @param requestTimeoutMs how long a request may take to arrive: who sends slowly does not hold a connection for long */
export function createHttpServer({ handle }: HttpHandler, requestTimeoutMs: number): Server {
  const timeouts = {
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(requestTimeoutMs, CHECK_EVERY_MS),
  };
  return createServer(timeouts, handle);
}

/** What a check throws, as clients are told of it. */
function refusal(check: () => void): { message: string; extensions: object } | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { message: error.message, extensions: { code: error.code, retryable: false } };
  }
}

/** Compresses JSON and pages; not streams, whose events must leave at once. */
const compress = compression({
  threshold: 1024,
  filter: (_request, response) =>
    /json|text\/html/.test(String(response.getHeader('content-type'))),
});

const REQUEST_ID = /^[\w.:-]{1,128}$/;

function serve(request: IncomingMessage, response: ServerResponse, yoga: Yoga, path: string): void {
  if (!URL.canParse(`http://${request.headers.host}`)) {
    response.writeHead(400).end('The Host header is not a host.');
    return;
  }
  // A proxy may name the whole address (RFC 9112, 3.2.2).
  if (request.url !== undefined && !request.url.startsWith('/')) {
    if (!URL.canParse(request.url)) {
      response.writeHead(400).end('The request names no address.');
      return;
    }
    const { pathname, search } = new URL(request.url);
    request.url = pathname + search;
  }
  if (request.url === '/') {
    response.writeHead(302, { location: path }).end();
    return;
  }
  if (request.url?.replace(/\?.*$/s, '') !== path) {
    response.writeHead(404).end();
    return;
  }
  const given = request.headers['x-request-id'];
  const requestId = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
  response.setHeader('x-request-id', requestId);
  compress(request, response, () => {
    asRequest(requestId, () => continueTrace(request.headers, () => void yoga(request, response)));
  });
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
