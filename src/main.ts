// The program: what the command line asks for.
import './exit-flags.ts';
import './pooled-random.ts';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { closestMatch } from 'leven';
import { adopt, check, migrate, printSchema, prune } from './commands.ts';
import { describeSettings, environment, setInEnvironment } from './config.ts';
import { dev } from './dev.ts';
import { type GatewayError, describeError, invalidInput, messageFor } from './errors.ts';
import { type Gateway, openGateway } from './gateway.ts';
import { returnIdleMemory } from './idle-memory.ts';
import { init } from './init.ts';
import { openProject, openSettings } from './project.ts';
import { mintToken } from './server/authentication.ts';
import { createLog, describeThrown } from './telemetry/log.ts';
import { learnSecrets, withoutSecrets } from './secrets.ts';
import { ServingProcess, WorkerProcesses } from './worker-processes.ts';
import { failRunOfUncaught } from './worker/run-scope.ts';

const HELP = `Session Gateway: GraphQL for durable LangGraph.js sessions

  session-gateway [--port N]                    serves the graphs of langgraph.json
  session-gateway dev [--port N]                the same, and again whenever a file of theirs changes
  session-gateway init                          writes a langgraph.json and a first graph into this folder
  session-gateway token --user NAME [--ttl S]   prints a token for a user (where JWT_SECRET is set)
  session-gateway schema [--graph ID]           prints the GraphQL schema, with the types of the graphs, or of one
  session-gateway migrate                       brings the tables to this version (ENV=sqlite, production)
  session-gateway adopt --thread UUID --graph ID --owner USER
                                                makes a session of a thread that LangGraph's own saver wrote
  session-gateway prune [--orphans]             tells of threads that have checkpoints but no session; removes them
  session-gateway --help, --version

Settings, from the environment or from "env" in langgraph.json:
${describeSettings()}
`;

const DAY_SECONDS = 86_400;

async function main(): Promise<void> {
  learnSecrets(environment());
  const { positionals, values } = readArguments();
  if (values.help) return print(HELP);
  if (values.version) return print(`${version()}\n`);
  const [name = 'serve', ...rest] = positionals;
  if (rest.length > 0) throw invalidInput(`"${rest[0]}" is not expected; see --help.`);
  if (!isCommand(name)) throw unknown('command', name, Object.keys(COMMANDS));
  if (values.port !== undefined) setInEnvironment('PORT', values.port);
  if (values['with-parent'] || values['as-worker']) endWithParent();
  await COMMANDS[name](values);
}

type Arguments = ReturnType<typeof readArguments>['values'];

const COMMANDS = {
  serve,
  dev: async () => dev(fileURLToPath(import.meta.url)),
  // Used by `dev`: fails where a project cannot be served.
  check: async () => {
    await check(await openProject());
    process.exit(0);
  },
  init: async () => print(await init(process.cwd())),
  token: printToken,
  migrate: async () => print(`${await migrate(await openSettings())}\n`),
  schema: async ({ graph }: Arguments) => {
    const sdl = await printSchema(await openProject(), graph);
    // A graph may have left a timer or a connection open.
    process.stdout.write(sdl, () => process.exit(0));
  },
  prune: async (values: Arguments) => print(`${await prune(await openSettings(), values)}\n`),
  adopt: async ({ thread, graph, owner }: Arguments) => {
    const adopted = await adopt(await openProject(), {
      threadId: thread ?? missing('thread UUID'),
      graphId: graph ?? missing('graph ID'),
      ownerId: owner ?? missing('owner USER'),
    });
    print(`${adopted}\n`);
  },
} as const;

function isCommand(name: string): name is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, name);
}

function print(text: string): void {
  process.stdout.write(text);
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Suggests the name that is most alike. */
function unknown(kind: string, name: string, known: readonly string[]): GatewayError {
  const likely = closestMatch(name, known, { maxDistance: 3 });
  const hint = likely === undefined ? '' : ` Is it "${likely}"?`;
  return invalidInput(`There is no ${kind} "${name}".${hint} See --help.`);
}

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', short: 'v', default: false },
  port: { type: 'string', short: 'p' },
  user: { type: 'string' },
  thread: { type: 'string' },
  graph: { type: 'string' },
  owner: { type: 'string' },
  orphans: { type: 'boolean', default: false },
  ttl: { type: 'string', default: String(DAY_SECONDS) },
  // Used by `dev`: ends the process when its parent is gone.
  'with-parent': { type: 'boolean', default: false },
  // Used by WORKERS: executes runs for its parent.
  'as-worker': { type: 'boolean', default: false },
} as const;

function readArguments() {
  try {
    return parseArgs({ allowPositionals: true, options: OPTIONS });
  } catch (cause) {
    const option = /Unknown option '(-[^']*)'/.exec(
      cause instanceof Error ? cause.message : '',
    )?.[1];
    if (option !== undefined)
      throw unknown(
        'option',
        option,
        Object.keys(OPTIONS).map((name) => `--${name}`),
      );
    throw invalidInput(`${cause instanceof Error ? cause.message : ''} See --help.`, cause);
  }
}

function missing(option: string): never {
  throw invalidInput(`--${option} is missing; see --help.`);
}

/** Exits once the parent is gone, at the start too. */
function endWithParent(): void {
  const end = () => process.exit(1);
  if (process.connected) process.once('disconnect', end);
  else end();
}

async function serve(values: Arguments): Promise<void> {
  const { config } = await openProject();
  const log = createLog(config);
  // A promise that a graph's code left without a handler must not end everybody's sessions.
  process.on('unhandledRejection', (reason) => {
    log.error(
      { thrown: describeThrown(reason, config.LOG_ERROR_MESSAGES) },
      'a promise was rejected and nobody handled it',
    );
  });
  let gateway: Gateway | undefined;
  let workers: WorkerProcesses | undefined;
  const stop = async (exitCode: number) => {
    const ended = await Promise.allSettled([gateway?.close(), workers?.[Symbol.asyncDispose]()]);
    const failures = ended.filter((each) => each.status === 'rejected');
    for (const { reason } of failures)
      process.stderr.write(`Session Gateway did not stop cleanly: ${describeError(reason)}\n`);
    process.exit(failures.length > 0 ? 1 : exitCode);
  };
  let failed = false;
  process.on('uncaughtException', (error) => {
    const ofRun = failRunOfUncaught(error);
    if (ofRun !== false) {
      // A timer that outlives its run may throw for ever.
      if (ofRun === 'again') return;
      log.error(
        { thrown: describeThrown(error, config.LOG_ERROR_MESSAGES) },
        'uncaught exception in graph code; its run fails',
      );
      return;
    }
    log.fatal({ err: error }, 'uncaught exception; draining and exiting');
    if (!failed) void stop(1);
    failed = true;
  });
  const stopAtSignals = () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(0));
  };
  if (values['as-worker']) {
    gateway = await openGateway({ config, listen: false }, new ServingProcess());
  } else if (config.WORKERS > 0) {
    workers = new WorkerProcesses(fileURLToPath(import.meta.url), config, log);
    gateway = await openGateway({ config: { ...config, ROLE: 'gateway', WORKERS: 0 } }, workers);
    stopAtSignals();
    await workers.start();
    announce(gateway);
  } else {
    gateway = await openGateway({ config });
    announce(gateway);
  }
  returnIdleMemory();
  if (values['with-parent']) process.send?.('ready');
  if (workers === undefined) stopAtSignals();
}

function announce({ role, url, consoleUrl, backend, graphs }: Gateway): void {
  const doing = role === 'worker' ? 'working' : 'ready';
  print(
    `Session Gateway ${doing} at ${url} (backend: ${backend}, graphs: ${graphs.join(', ')})\n` +
      (consoleUrl === null ? '' : `Console at ${consoleUrl}\n`),
  );
}

async function printToken({ user, ttl }: Arguments): Promise<void> {
  const config = await openSettings();
  if (config.JWT_SECRET === undefined)
    throw invalidInput('JWT_SECRET is not set; tokens come from your issuer.');
  if (user === undefined) throw invalidInput('Name the user: --user NAME.');
  const seconds = Number(ttl);
  if (!Number.isInteger(seconds) || seconds < 1)
    throw invalidInput('--ttl must be a number of seconds.');
  print(`${await mintToken(config.JWT_SECRET, user, seconds, config)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(withoutSecrets(`Session Gateway cannot start: ${messageFor(error)}\n`));
  process.exit(1);
});
