// What `getLogger()` of LangGraph's SDK gives to graphs: the gateway's log, each line with the run and node it is of.
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons';
import type { Level, Logger } from 'pino';

/** Where LangGraph's SDK looks for the logger. */
const LOGGER = Symbol.for('langgraph.api.sdk-logger');

/** Winston's levels, which LangGraph's own server has, as levels of the log. */
const LEVELS: Readonly<Record<string, Level>> = {
  error: 'error',
  warn: 'warn',
  help: 'info',
  data: 'info',
  info: 'info',
  prompt: 'info',
  http: 'debug',
  verbose: 'debug',
  debug: 'debug',
  input: 'trace',
  silly: 'trace',
};

/** What of a node's metadata is logged. */
const OF_RUN = new Set(['graph_id', 'thread_id', 'run_id', 'run_attempt', 'langgraph_node']);

/** What the log tells of an error that a graph has thrown, or logs. */
type DescribeThrown = (thrown: unknown) => object;

/** Installs the logger, unless the program that embeds the gateway has one. Call it before graphs are loaded. */
export function provideGraphLogger(log: Logger, describeThrown: DescribeThrown): void {
  const place = globalThis as { [LOGGER]?: unknown };
  place[LOGGER] ??= graphLogger(log, describeThrown, {});
}

function graphLogger(log: Logger, describeThrown: DescribeThrown, bound: object): object {
  const write = (level: string, ...given: readonly unknown[]) => {
    const errors = given.filter((each) => each instanceof Error);
    const details = given.filter((each) => isObject(each) && !(each instanceof Error));
    const words = given.filter((each) => !isObject(each)).map(String);
    log[LEVELS[level] ?? 'info'](
      {
        ...ofRun(),
        graph: Object.assign({}, bound, ...details) as object,
        ...(errors.length > 0 && { thrown: errors.map(describeThrown) }),
      },
      words.join(' '),
    );
  };
  const byLevel = Object.keys(LEVELS).map((level) => [
    level,
    (...given: unknown[]) => write(level, ...given),
  ]);
  return {
    ...Object.fromEntries(byLevel),
    log: (level: string, ...given: unknown[]) => write(level, ...given),
    child: (more: object) => graphLogger(log, describeThrown, { ...bound, ...more }),
  };
}

function ofRun(): object {
  const config: unknown = AsyncLocalStorageProviderSingleton.getRunnableConfig();
  const metadata = isObject(config) && 'metadata' in config ? config.metadata : {};
  const known = Object.entries(metadata ?? {}).filter(([key]) => OF_RUN.has(key));
  return Object.fromEntries(known);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
