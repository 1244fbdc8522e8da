// What `getLogger()` of LangGraph's SDK gives to graphs: the gateway's log, each line with the run and node it is of.
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons';
import type { Level, Logger } from 'pino';

/** Where LangGraph's SDK looks for it. */
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

/** Puts it there, unless the program that the gateway is part of has one. Call it before graphs are loaded. */
export function provideGraphLogger(log: Logger): void {
  const place = globalThis as { [LOGGER]?: unknown };
  place[LOGGER] ??= graphLogger(log, {});
}

function graphLogger(log: Logger, bound: object): object {
  const write = (level: string, message: unknown, meta: readonly unknown[]) => {
    const details = [bound, ...meta.filter((each) => typeof each === 'object' && each !== null)];
    const words = [message, ...meta.filter((each) => typeof each !== 'object')].map(String);
    log[LEVELS[level] ?? 'info'](
      { ...ofRun(), graph: Object.assign({}, ...details) },
      words.join(' '),
    );
  };
  const byLevel = Object.keys(LEVELS).map((level) => [
    level,
    (message: unknown, ...meta: unknown[]) => write(level, message, meta),
  ]);
  return {
    ...Object.fromEntries(byLevel),
    log: (level: string, message: unknown, ...meta: unknown[]) => write(level, message, meta),
    child: (meta: object) => graphLogger(log, { ...bound, ...meta }),
  };
}

function ofRun(): object {
  const config: unknown = AsyncLocalStorageProviderSingleton.getRunnableConfig();
  const metadata =
    typeof config === 'object' && config !== null && 'metadata' in config ? config.metadata : {};
  const known = Object.entries(metadata ?? {}).filter(([key]) => OF_RUN.has(key));
  return Object.fromEntries(known);
}
