// Puts the parts together, and takes them apart in the opposite order.
import type { AddressInfo } from 'node:net';
import { once, setMaxListeners } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { openBackend } from './backends/open-backend.ts';
import { type Config, adaptToReadOnlyFiles, environment, sessionTtlOf } from './config.ts';
import { GatewayError, invalidInput } from './errors.ts';
import { type AuthFile, openAuthFile } from './graph/auth-file.ts';
import { CheckpointCache } from './graph/checkpoint-views.ts';
import { StateEdits } from './graph/edit-state.ts';
import { SessionForks } from './graph/fork-session.ts';
import { GraphCatalog } from './graph/graph-catalog.ts';
import { GraphStore } from './graph/graph-store.ts';
import { Items } from './graph/items.ts';
import { UserItems } from './graph/user-items.ts';
import { openStoreSettings } from './graph/store-settings.ts';
import { readGraphDefaults } from './graph/graph-defaults.ts';
import type { LanggraphJson } from './graph/langgraph-json.ts';
import { makeLangChainLean } from './graph/lean-langchain.ts';
import { loadGraphs } from './graph/load-graphs.ts';
import { joinChunks } from './graph/message-deltas.ts';
import { ProgressFeed } from './progress/feed.ts';
import { AnswersInFlight } from './graphql/answers.ts';
import { Documents } from './graphql/documents.ts';
import { PersistedDocuments } from './graphql/persisted-documents.ts';
import { hashOf } from './graphql/printed.ts';
import type { QueryLimits } from './graphql/query-limits.ts';
import { type GatewaySchema, createSchema } from './graphql/schema.ts';
import { openProject } from './project.ts';
import { TurnsPerUser } from './session/turns-per-user.ts';
import { Admission } from './server/admission.ts';
import {
  type Authenticate,
  type Identification,
  createIdentification,
} from './server/authentication.ts';
import { ConcurrencyLimit } from './session/concurrency-limit.ts';
import { consoleFolder, openConsole } from './server/console.ts';
import { requestOf } from './server/credentials.ts';
import { ConnectionKeeper } from './server/connection-keeper.ts';
import {
  type HttpHandler,
  createGraphQLServer,
  createHttpHandler,
  createHttpServer,
} from './server/http.ts';
import { headerPicker } from './server/graph-headers.ts';
import { FetchHandler } from './server/fetch-handler.ts';
import { Health } from './server/health.ts';
import { openWebSockets } from './server/websocket.ts';
import { ALL_PERMITTED } from './session/policy.ts';
import type { Backend, User } from './session/ports.ts';
import { UserQuota } from './session/quota.ts';
import { SessionChangeNotifier, notifyingStore } from './session/session-change-notifier.ts';
import { SessionService } from './session/session-service.ts';
import { provideGraphLogger } from './telemetry/graph-logger.ts';
import { createLog, describeThrown } from './telemetry/log.ts';
import { watchEventLoop } from './telemetry/event-loop.ts';
import { Metrics } from './telemetry/metrics.ts';
import { learnSecrets } from './secrets.ts';
import { observedStore } from './telemetry/observed-store.ts';
import { EventTrimmer } from './worker/event-trimmer.ts';
import { HistoryTrimmer } from './worker/history-trimmer.ts';
import { sweep } from './worker/sweeper.ts';
import { settingsWarnings } from './warnings.ts';
import type { Fleet } from './worker-processes.ts';
import { Worker } from './worker/worker.ts';

export interface Gateway extends AsyncDisposable {
  readonly role: Config['ROLE'];
  /** Where GraphQL is served; for a process that only works, where its probes are. Without `listen`, only the path. */
  readonly url: string;
  /** Where the console is served; null where it is not. */
  readonly consoleUrl: string | null;
  readonly backend: Backend['name'];
  readonly graphs: readonly string[];
  /** Answers a request of Node's HTTP server, for a server of your own: Express, Fastify, or Node's. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /**
   * Takes an `upgrade` of Node's HTTP server.
   * @returns whether it is for this gateway; else it is left as it is
   */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /**
   * Answers a request of the web's own kind, for route handlers such as those of Next.js. Nothing is known of the address
   * that it comes from.
   */
  fetch(request: Request): Promise<Response>;
  /**
   * Says 503 at /ready for SHUTDOWN_DELAY; then stops accepting, lets running steps finish, hands the rest over, and
   * closes, within SHUTDOWN_TIMEOUT.
   */
  close(): Promise<void>;
}

/** How much of SHUTDOWN_TIMEOUT steps may take to finish; the rest is for handing over and closing. */
const DRAIN_SHARE = 0.75;
const LINGER_MS = 500;

export interface GatewayOptions {
  /**
   * Settings in the place of those of the environment, as `readConfig` makes them: times in ms. What is left out is taken from
   * the environment.
   */
  readonly config?: Partial<Config>;
  /** Tells who is calling, in the place of the JWT settings. */
  readonly authenticate?: Authenticate;
  /** A backend that is open already, in the place of the one that ENV names; it is closed with the gateway. */
  readonly backend?: Backend;
  /** Graphs by their ids, in the place of langgraph.json: what a file of it may export. */
  readonly graphs?: Readonly<Record<string, unknown>>;
  /** Where GraphQL is. Default: `/graphql`. */
  readonly path?: `/${string}`;
  /**
   * Whether it listens at HOST and PORT, and serves the console and the probes there. Otherwise hand requests to `handle`, `upgrade`
   * or `fetch`. Default: true.
   */
  readonly listen?: boolean;
}

/**
 * Opens the backend, loads the graphs, and starts to serve and to work as ROLE says.
 * @throws GatewayError saying which setting, graph or file is wrong
 */
export function createGateway(options: GatewayOptions = {}): Promise<Gateway> {
  return openGateway(options);
}

/** @param fleet the other processes of the program, where WORKERS has started some. @throws GatewayError as `createGateway` */
export async function openGateway(options: GatewayOptions, fleet?: Fleet): Promise<Gateway> {
  const { authenticate, backend: given, path = '/graphql', listen: listens = true } = options;
  await using parts = new AsyncDisposableStack();
  const { config, file } = await openProject(options);
  if (config.WORKERS > 0 && fleet === undefined)
    throw invalidInput(
      'WORKERS is for the program: a mounted gateway executes runs in its process.',
    );
  const log = createLog(config);
  const serves = config.ROLE !== 'worker';
  const consoleAt = serves && listens && config.CONSOLE ? consoleFolder() : undefined;
  const { graphs: entries } = file;
  adaptToReadOnlyFiles();
  learnSecrets(environment());
  provideGraphLogger(log, (thrown) => describeThrown(thrown, config.LOG_ERROR_MESSAGES));
  const auth =
    serves && file.auth !== undefined
      ? await openAuthFile(file.auth, (warning) => log.warn(warning))
      : undefined;
  const identification = serves
    ? createIdentification(
        config,
        authenticate ?? (auth && byAuthFile(auth)),
        headerPicker(headerRules(config, file)),
      )
    : undefined;
  const defaults = readGraphDefaults(environment()['LANGGRAPH_CONFIG'], entries);

  if (config.OTEL_EXPORTER_OTLP_ENDPOINT ?? config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) {
    const { startExporting } = await import('./telemetry/otlp.ts');
    parts.use(startExporting(config.ROLE));
  }
  let worker: Worker | undefined;
  const opened = parts.use(given ?? (await openBackend(config, fleet)));
  announceBackend(opened, config, log);
  const missing = file.required.filter((name) => environment()[name] === undefined);
  if (missing.length > 0)
    log.warn(`langgraph.json names variables that are not set: ${missing.join(', ')}.`);
  for (const warning of [...file.warnings, ...settingsWarnings(config)]) log.warn(warning);
  const metrics = new Metrics(async () => (await opened.queue.depth()) + (worker?.waiting ?? 0));
  const changes = parts.use(new SessionChangeNotifier(opened.bus));
  const observed = observedStore(opened.sessions, metrics, log);
  const backend = { ...opened, sessions: notifyingStore(observed, changes) };
  const items = new Items(
    backend.items,
    await openStoreSettings(file.store, config.LANGGRAPH_JSON, (warning) => log.warn(warning)),
  );
  const failed = new Map<string, GatewayError>();
  makeLangChainLean();
  const loaded = await loadGraphs(entries, {
    defaults,
    store: new GraphStore(items),
    warn: (warning) => log.warn(warning),
    ...(!config.STRICT_GRAPHS && {
      onFailure: (id, error) => {
        failed.set(id, error);
        log.error({ graph: id }, error.message);
      },
    }),
  });
  const graphs = new GraphCatalog(loaded, backend.savers, failed);
  const typed = serves
    ? createSchema(config.GRAPH_TYPES ? graphs.all : [], {
        warn: (warning) => log.warn(warning),
        federation: config.FEDERATION,
        typePrefix: config.TYPE_PREFIX ?? '',
      })
    : undefined;
  const schemaHash = typed && hashOf(typed.schema);
  if (schemaHash !== undefined) {
    metrics.schema.set({ hash: schemaHash }, 1);
    log.info({ schema: schemaHash }, 'the hash of the GraphQL schema');
  }
  const persisted = await readDocuments(config, consoleAt, typed);
  /** Aborted once the process is told to stop, and once it takes no more requests. */
  const leaving = new AbortController();
  const closing = new AbortController();
  // Every event stream and every wait listens.
  setMaxListeners(0, closing.signal);

  const quota = new UserQuota(backend.sessions, {
    activeSessions: config.ACTIVE_SESSIONS_PER_USER,
    queuedRuns: config.QUEUED_RUNS_PER_USER,
    storedBytes: config.STORED_BYTES_PER_USER,
  });
  const trimmer =
    config.ROLE === 'gateway' || config.HISTORY_KEEP === null
      ? undefined
      : parts.use(new HistoryTrimmer({ backend, log, keep: config.HISTORY_KEEP }));
  const eventTrimmer =
    config.ROLE === 'gateway' || config.EVENTS_KEEP === null
      ? undefined
      : parts.use(new EventTrimmer({ backend, log, keep: config.EVENTS_KEEP }));
  worker =
    config.ROLE === 'gateway'
      ? undefined
      : parts.use(
          await Worker.open({
            backend,
            graphs,
            log,
            metrics,
            concurrency: config.WORKER_CONCURRENCY,
            perUser: config.RUNS_PER_USER,
            maxAttempts: config.MAX_ATTEMPTS,
            stalledAfterMs: config.RUN_STALLED_AFTER,
            describeThrown: (thrown) => describeThrown(thrown, config.LOG_ERROR_MESSAGES),
            limits: {
              timeoutMs: config.RUN_TIMEOUT,
              maxCheckpointBytes: config.MAX_CHECKPOINT_BYTES,
              quota,
            },
            onSettled: (sessionId) => {
              trimmer?.consider(sessionId);
              eventTrimmer?.consider(sessionId);
            },
            onLogged({ id, ownerId }) {
              eventTrimmer?.logged(id);
              changes.notify(ownerId, id);
            },
          }),
        );
  if (worker !== undefined) {
    const sweeper = {
      backend,
      changes,
      log,
      metrics,
      expireInterrupted: config.EXPIRE_INTERRUPTED,
    };
    const sweeping = sweep(sweeper, closing.signal);
    parts.defer(() => sweeping);
  }
  parts.defer(() => closing.abort(shuttingDown()));

  const limits = {
    maxInputBytes: config.MAX_INPUT_BYTES,
    maxSteps: config.MAX_STEPS,
    sessionTtlMs: sessionTtlOf(config, file.sessionTtlMs),
    maxTtlMs: config.MAX_SESSION_TTL,
  };
  const sessions = new SessionService(backend, graphs, limits, quota);
  const admission = identification && new Admission(config, backend, identification);
  const services = typed && {
    types: typed.types,
    backend,
    graphs,
    sessions,
    forks: new SessionForks(backend, graphs, limits, quota),
    items: new UserItems(items, {
      maxInputBytes: config.MAX_INPUT_BYTES,
      itemsPerUser: config.STORE_ITEMS_PER_USER,
    }),
    policy: auth?.policy ?? ALL_PERMITTED,
    edits: new StateEdits(backend, graphs, sessions, limits, quota),
    feed: new ProgressFeed(backend, {
      joinChunks,
      bufferBytes: config.SUBSCRIBER_BUFFER_BYTES,
      patienceMs: config.SUBSCRIBER_TIMEOUT,
      watchers: metrics.subscribers,
    }),
    cache: new CheckpointCache(config.CHECKPOINT_CACHE_BYTES),
    charge: async (user: User, cost: number) => admission?.countCost(user, cost),
    answers: new AnswersInFlight({
      maxBytes: config.MAX_ANSWER_BYTES,
      maxPerUser: config.ANSWERS_PER_USER,
      maxBytesPerUser: config.ANSWER_BYTES_PER_USER,
    }),
    turns: new TurnsPerUser(config.READS_PER_USER),
    subscriptions: new ConcurrencyLimit('SUBSCRIPTIONS_PER_USER', config.SUBSCRIPTIONS_PER_USER),
    closing: closing.signal,
  };
  const keeper = parts.use(
    new ConnectionKeeper(config.SUBSCRIBER_TIMEOUT, () => metrics.stalledConnections.inc()),
  );
  const graphql = admission &&
    services && {
      path,
      keeper,
      services,
      schema: typed.schema,
      schemaFor: typed.schemaFor,
      admission,
      connections: new ConcurrencyLimit('SOCKETS_PER_USER', config.SOCKETS_PER_USER),
      log,
      maxBodyBytes: config.MAX_BODY_BYTES,
      queries: queryLimits(config),
      documents: new Documents(),
      persisted,
      graphiql: config.GRAPHIQL,
      subscriptionsPerSocket: config.SUBSCRIPTIONS_PER_SOCKET,
      patienceMs: config.SUBSCRIBER_TIMEOUT,
      bufferBytes: config.SUBSCRIBER_BUFFER_BYTES,
    };
  const console =
    consoleAt === undefined
      ? undefined
      : await openConsole(consoleAt, {
          signIn: signInTo(authenticate, identification),
          graphiql: config.GRAPHIQL,
        });
  if (serves && config.CONSOLE && console === undefined)
    log.info('the console is not there: it is built by `npm run build:console`');
  parts.use(watchEventLoop(metrics, log));
  const health = parts.use(
    await Health.open({ checks: { ...backend.checks, ...fleet?.checks }, log, metrics }),
  );
  const yoga = graphql && createGraphQLServer(graphql);
  const handler = createHttpHandler({
    probes: listens
      ? {
          health,
          metrics,
          others: fleet?.measure?.bind(fleet),
          schemaHash,
          leaving: leaving.signal,
        }
      : undefined,
    yoga,
    console,
    path,
    checkIsLocal: (request) => admission?.checkIsLocal(request),
    leaving: leaving.signal,
  });
  const sockets = graphql && yoga && openWebSockets(yoga, graphql);
  const upgrade: Gateway['upgrade'] = (...asked) => sockets?.upgrade(...asked) ?? false;
  const address = listens
    ? await listen(parts, watchedServer(handler, config, keeper), config, handler, upgrade)
    : '';
  const fetches = parts.use(new FetchHandler(watchedServer(handler, config, keeper)));
  if (!listens) parts.defer(() => handler.answered());
  if (sockets !== undefined) parts.use(sockets);

  fleet?.ready?.(() => metrics.values());
  const open = parts.move();
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= (async () => {
      leaving.abort();
      // Balancers see /ready and send nothing more, before anything is refused.
      if (config.SHUTDOWN_DELAY > 0) await sleep(config.SHUTDOWN_DELAY);
      await within(config.SHUTDOWN_TIMEOUT, log, async () => {
        closing.abort(shuttingDown());
        await worker?.drain(config.SHUTDOWN_TIMEOUT * DRAIN_SHARE);
        await open.disposeAsync();
      });
    })();
    return closed;
  };
  return {
    role: config.ROLE,
    url: graphql ? `${address}${path}` : address,
    consoleUrl: console === undefined ? null : `${address}/`,
    backend: backend.name,
    graphs: [...loaded.keys()],
    handle(request, response) {
      // Express and Connect take the path away under which something is mounted.
      if ('originalUrl' in request && typeof request.originalUrl === 'string')
        request.url = request.originalUrl;
      keeper.watch(request.socket);
      handler.handle(request, response);
    },
    upgrade,
    fetch: (request) => fetches.fetch(request),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function headerRules({ GRAPH_HEADERS: includes }: Config, { graphHeaders }: LanggraphJson) {
  return includes === undefined ? graphHeaders : { includes, excludes: [] };
}

/** The program's own way to tell who is calling, where langgraph.json's `auth` has one. */
function byAuthFile({ authenticate }: AuthFile): Authenticate | undefined {
  return authenticate && ((credentials) => authenticate(requestOf(credentials)));
}

function signInTo(given: Authenticate | undefined, identification: Identification | undefined) {
  if (given !== undefined) return 'none';
  return identification?.believesAnybody === true ? 'user' : 'token';
}

/** The operations that are known by their ids: those of the operator, and the console's. */
async function readDocuments(
  { PERSISTED_DOCUMENTS: path }: Config,
  consoleAt: string | undefined,
  typed: GatewaySchema | undefined,
): Promise<PersistedDocuments> {
  const documents = new PersistedDocuments(path !== undefined);
  if (path !== undefined && typed !== undefined) {
    const { schema, schemaFor = () => schema } = typed;
    await documents.read(`PERSISTED_DOCUMENTS=${path}`, path, schemaFor);
  }
  if (consoleAt !== undefined) await documents.readChecked(`${consoleAt}documents.json`);
  return documents;
}

function queryLimits(config: Config): QueryLimits {
  return {
    maxTokens: config.MAX_QUERY_TOKENS,
    maxDepth: config.MAX_QUERY_DEPTH,
    maxFields: config.MAX_QUERY_FIELDS,
    maxAliases: config.MAX_QUERY_ALIASES,
    maxCost: config.MAX_QUERY_COST,
    introspection: config.INTROSPECTION,
  };
}

function watchedServer(
  handler: HttpHandler,
  { REQUEST_TIMEOUT }: Config,
  keeper: ConnectionKeeper,
): Server {
  const server = createHttpServer(handler, REQUEST_TIMEOUT);
  return server.on('connection', (socket) => keeper.watch(socket));
}

/** @returns the address of the server */
async function listen(
  parts: AsyncDisposableStack,
  server: Server,
  { HOST, PORT }: Config,
  handler: HttpHandler,
  upgrade: Gateway['upgrade'],
): Promise<string> {
  server.on('upgrade', (request, socket, head) => {
    if (!upgrade(request, socket, head)) refuseUpgrade(socket);
  });
  server.listen(PORT, HOST);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw cannotListen(HOST, PORT, cause);
  }
  parts.defer(async () => {
    await handler.answered();
    // What is on its way here is told to go elsewhere, and balancers see that this process drains.
    await sleep(LINGER_MS);
    await handler.answered();
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  const { port } = server.address() as AddressInfo;
  return `http://${HOST.includes(':') ? `[${HOST}]` : HOST}:${port}`;
}

function refuseUpgrade(socket: Duplex): void {
  socket.on('error', () => undefined);
  socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}

/** Waits for the work, but no longer than this. */
async function within(ms: number, log: Logger, work: () => Promise<void>): Promise<void> {
  const patience = new AbortController();
  const late = sleep(ms, 'late', { signal: patience.signal }).catch(() => undefined);
  const ended = await Promise.race([work(), late]).finally(() => patience.abort());
  if (ended === 'late') log.warn('not everything was closed within SHUTDOWN_TIMEOUT');
}

function shuttingDown(): GatewayError {
  return new GatewayError(
    'SHUTTING_DOWN',
    'The gateway stops; send the request again, with your cursor.',
  );
}

function announceBackend(backend: Backend, config: Config, log: Logger): void {
  const path = backend.name === 'sqlite' ? config.SQLITE_PATH : undefined;
  log.info({ backend: backend.name, path }, `sessions are kept in ${backend.name}`);
  if (backend.risk !== null) log.warn({ backend: backend.name }, backend.risk);
}

function cannotListen(host: string, port: number, cause: unknown): GatewayError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') {
    return invalidInput(
      `PORT ${port} on ${host} is in use; set another PORT, or 0 for a free one.`,
      cause,
    );
  }
  return invalidInput(`HOST ${host}, PORT ${port}: cannot listen there.`, cause);
}
