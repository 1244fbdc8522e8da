// The program: `session-gateway` serves, `session-gateway token --user alice` mints a token.
import { parseArgs } from 'node:util';
import { adopt, migrate, prune } from './commands.ts';
import { describeSettings, environment, readConfig } from './config.ts';
import { describeError, invalidInput, messageFor } from './errors.ts';
import { type Gateway, createGateway } from './gateway.ts';
import { mintToken } from './server/authentication.ts';
import { createLog, describeThrown } from './telemetry/log.ts';
import { learnSecrets, withoutSecrets } from './secrets.ts';
import { failRunOfUncaught } from './worker/run-scope.ts';

const HELP = `Session Gateway: GraphQL for durable LangGraph.js sessions

  session-gateway                               serves the graphs of langgraph.json
  session-gateway token --user NAME [--ttl S]   prints a token for a user (where JWT_SECRET is set)
  session-gateway migrate                       brings the tables to this version (ENV=sqlite, production)
  session-gateway adopt --thread UUID --graph ID --owner USER
                                                makes a session of a thread that LangGraph's own saver wrote
  session-gateway prune [--orphans]             tells of threads that have checkpoints but no session; removes them
  session-gateway --help

Settings, from the environment:
${describeSettings()}
`;

const DAY_SECONDS = 86_400;

async function main(): Promise<void> {
  learnSecrets(environment());
  const { positionals, values } = readArguments();
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [command = 'serve', ...rest] = positionals;
  if (rest.length > 0) throw invalidInput(`"${rest[0]}" is not expected; see --help.`);
  if (command === 'serve') await serve();
  else if (command === 'token') await printToken(values.user, values.ttl);
  else if (command === 'migrate') process.stdout.write(`${await migrate(readConfig())}\n`);
  else if (command === 'prune') process.stdout.write(`${await prune(readConfig(), values)}\n`);
  else if (command === 'adopt') {
    const adopted = await adopt(readConfig(), {
      threadId: values.thread ?? missing('thread UUID'),
      graphId: values.graph ?? missing('graph ID'),
      ownerId: values.owner ?? missing('owner USER'),
    });
    process.stdout.write(`${adopted}\n`);
  } else throw invalidInput(`There is no command "${command}"; see --help.`);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        user: { type: 'string' },
        thread: { type: 'string' },
        graph: { type: 'string' },
        owner: { type: 'string' },
        orphans: { type: 'boolean', default: false },
        ttl: { type: 'string', default: String(DAY_SECONDS) },
      },
    });
  } catch (cause) {
    throw invalidInput(`${cause instanceof Error ? cause.message : ''} See --help.`, cause);
  }
}

function missing(option: string): never {
  throw invalidInput(`--${option} is missing; see --help.`);
}

async function serve(): Promise<void> {
  const config = readConfig();
  const log = createLog(config.LOG_LEVEL);
  // A promise that a graph's code left without a handler must not end everybody's sessions.
  process.on('unhandledRejection', (reason) => {
    log.error(
      { thrown: describeThrown(reason, config.LOG_ERROR_MESSAGES) },
      'a promise was rejected and nobody handled it',
    );
  });
  let gateway: Gateway | undefined;
  const stop = async (exitCode: number) => {
    try {
      await gateway?.close();
      process.exit(exitCode);
    } catch (error) {
      process.stderr.write(`Session Gateway did not stop cleanly: ${describeError(error)}\n`);
      process.exit(1);
    }
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
  gateway = await createGateway({ config });
  const graphs = gateway.graphs.join(', ');
  const doing = gateway.role === 'worker' ? 'working' : 'ready';
  process.stdout.write(
    `Session Gateway ${doing} at ${gateway.url} (backend: ${gateway.backend}, graphs: ${graphs})\n`,
  );
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void stop(0));
  }
}

async function printToken(user: string | undefined, ttl: string): Promise<void> {
  const config = readConfig();
  if (config.JWT_SECRET === undefined)
    throw invalidInput('JWT_SECRET is not set; tokens come from your issuer.');
  if (user === undefined) throw invalidInput('Name the user: --user NAME.');
  const seconds = Number(ttl);
  if (!Number.isInteger(seconds) || seconds < 1)
    throw invalidInput('--ttl must be a number of seconds.');
  process.stdout.write(`${await mintToken(config.JWT_SECRET, user, seconds, config)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(withoutSecrets(`Session Gateway cannot start: ${messageFor(error)}\n`));
  process.exit(1);
});
