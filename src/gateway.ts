// Puts the parts together, and takes them apart in the opposite order.
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { type Logger, pino } from 'pino';
import { openBackend } from './backends/open-backend.ts';
import { type Config, addToEnvironment } from './config.ts';
import { GatewayError, invalidInput } from './errors.ts';
import { GraphCatalog } from './graph/graph-catalog.ts';
import { readLanggraphJson } from './graph/langgraph-json.ts';
import { loadGraphs } from './graph/load-graphs.ts';
import { SessionStates } from './graph/session-states.ts';
import type { Services } from './graphql/context.ts';
import { createAuthenticate } from './server/authentication.ts';
import { createGraphQLServer, createHttpServer } from './server/http.ts';
import { listenForWebSockets } from './server/websocket.ts';
import type { Backend } from './session/ports.ts';
import { SessionService } from './session/session-service.ts';
import { sweepExpired } from './worker/sweeper.ts';
import { Worker } from './worker/worker.ts';

export interface Gateway extends AsyncDisposable {
  /** Where GraphQL is served; null for a process that only works. */
  readonly url: string | null;
  readonly backend: Backend['name'];
  readonly graphs: readonly string[];
  /** Stops accepting, lets running steps finish, hands the rest over, and closes; within SHUTDOWN_TIMEOUT. */
  close(): Promise<void>;
}

/** JSON around a request's own arguments, which have their own limit. */
const BODY_OVERHEAD_BYTES = 256 * 1024;

/**
 * Opens the backend, loads the graphs, and starts to serve and to work as ROLE says.
 * @throws GatewayError saying which setting, graph or file is wrong
 */
export async function createGateway(config: Config): Promise<Gateway> {
  await using parts = new AsyncDisposableStack();
  const log = pino({ level: config.LOG_LEVEL }, pino.destination({ dest: 2, sync: true }));
  const authenticate = config.ROLE === 'worker' ? undefined : createAuthenticate(config);
  const { graphs: entries, env } = await readLanggraphJson(config.LANGGRAPH_JSON);
  addToEnvironment(env);

  const backend = parts.use(await openBackend(config));
  announceBackend(backend, config, log);
  const graphs = new GraphCatalog(await loadGraphs(entries), backend.savers);
  const closing = new AbortController();

  const worker =
    config.ROLE === 'gateway'
      ? undefined
      : parts.use(
          await Worker.open({
            backend,
            graphs,
            log,
            concurrency: config.WORKER_CONCURRENCY,
            maxAttempts: config.MAX_ATTEMPTS,
          }),
        );
  if (worker !== undefined) {
    const sweeping = sweepExpired(backend, log, closing.signal);
    parts.defer(() => sweeping);
  }
  parts.defer(() => closing.abort(shuttingDown()));

  const limits = {
    maxInputBytes: config.MAX_INPUT_BYTES,
    maxSteps: config.MAX_STEPS,
    sessionTtlMs: config.SESSION_TTL,
  };
  const sessions = new SessionService(backend, graphs, limits);
  const states = new SessionStates(backend, graphs, sessions, limits);
  const services: Services = { backend, graphs, sessions, states, closing: closing.signal };
  const url =
    authenticate === undefined
      ? null
      : await listen(parts, config, {
          services,
          authenticate,
          log,
          maxBodyBytes: config.MAX_INPUT_BYTES + BODY_OVERHEAD_BYTES,
        });

  const open = parts.move();
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= (async () => {
      closing.abort(shuttingDown());
      await worker?.drain(config.SHUTDOWN_TIMEOUT);
      await open.disposeAsync();
    })();
    return closed;
  };
  return {
    url,
    backend: backend.name,
    graphs: entries.map(({ id }) => id),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function listen(
  parts: AsyncDisposableStack,
  { HOST, PORT }: Config,
  options: Parameters<typeof createGraphQLServer>[0],
): Promise<string> {
  const yoga = createGraphQLServer(options);
  const server = createHttpServer(yoga);
  server.listen(PORT, HOST);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw cannotListen(HOST, PORT, cause);
  }
  parts.defer(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  parts.use(listenForWebSockets(server, yoga, options));
  const { port } = server.address() as AddressInfo;
  return `http://${HOST.includes(':') ? `[${HOST}]` : HOST}:${port}/graphql`;
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
