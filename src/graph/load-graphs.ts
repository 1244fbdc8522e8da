// Loads the graphs a langgraph.json names. TypeScript goes through tsx, which knows `.js` specifiers and tsconfig
// paths; JavaScript through Node itself.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BaseStore } from '@langchain/langgraph-checkpoint';
import { GatewayError, messageFor } from '../errors.ts';
import { type GraphSurroundings, LoadedGraph } from './loaded-graph.ts';
import type { GraphDefaults } from './graph-defaults.ts';
import type { GraphEntry } from './langgraph-json.ts';
import { manifestOf } from './project-packages.ts';
import { letStoresWait } from './waiting-store.ts';

const SCRIPT = new Set(['.js', '.mjs', '.cjs']);

/** LangGraph's oldest version whose checkpoints can be stored and read: of an older one, no run comes to its end. */
const OLDEST_LANGGRAPH = [0, 4] as const;

export interface LoadOptions {
  readonly defaults?: ReadonlyMap<string, GraphDefaults>;
  /** LangGraph's store, for graphs that have none of their own. */
  readonly store?: BaseStore;
  /** Takes what the operator should know of. */
  readonly warn?: (warning: string) => void;
  /** Takes the error of a graph that does not load, in the place of the whole failing. */
  readonly onFailure?: (id: string, error: GatewayError) => void;
}

/** @throws GatewayError INVALID_INPUT naming the graph, its file and the reason, unless `onFailure` takes it */
export async function loadGraphs(
  entries: readonly GraphEntry[],
  { defaults, store, warn = () => undefined, onFailure }: LoadOptions = {},
): Promise<ReadonlyMap<string, LoadedGraph>> {
  const graphs = new Map<string, LoadedGraph>();
  for (const entry of entries) {
    try {
      graphs.set(
        entry.id,
        await loadGraph(entry, { defaults: defaults?.get(entry.id), store }, warn),
      );
    } catch (error) {
      if (onFailure === undefined || !(error instanceof GatewayError)) throw error;
      onFailure(entry.id, error);
    }
  }
  return graphs;
}

async function loadGraph(
  entry: GraphEntry,
  surroundings: GraphSurroundings,
  warn: (warning: string) => void,
): Promise<LoadedGraph> {
  try {
    if (!existsSync(entry.file)) throw new Error('there is no such file');
    if (extname(entry.file) === '.py')
      throw new Error('Python is not served, only JavaScript and TypeScript');
    checkLangGraph(entry.file);
    const exported = exportOf(await importFile(entry.file, warn), entry.exportName);
    if (surroundings.store !== undefined) await letStoresWait(entry.file);
    return await LoadedGraph.open(entry, await exported, surroundings);
  } catch (cause) {
    throw new GatewayError(
      'INVALID_INPUT',
      `Graph "${entry.id}" (${entry.file}:${entry.exportName}) does not load: ${messageFor(cause)}`,
      { cause },
    );
  }
}

/** @throws Error where the graph's project has a LangGraph that is too old */
function checkLangGraph(file: string): void {
  const version = langGraphVersion(file);
  const [major = 0, minor = 0] = version?.split('.').map(Number) ?? [Infinity];
  const [oldestMajor, oldestMinor] = OLDEST_LANGGRAPH;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new Error(
    `its @langchain/langgraph is ${version}; ${OLDEST_LANGGRAPH.join('.')} and newer are supported`,
  );
}

/** The version of LangGraph that a file imports; undefined where it is not found as a package. */
function langGraphVersion(file: string): string | undefined {
  const manifest = manifestOf('@langchain/langgraph', file);
  if (manifest === undefined) return undefined;
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version?: unknown };
  return typeof version === 'string' ? version : undefined;
}

async function importFile(
  file: string,
  warn: (warning: string) => void,
): Promise<Record<string, unknown>> {
  const url = pathToFileURL(file).href;
  if (SCRIPT.has(extname(file))) return (await import(url)) as Record<string, unknown>;
  await registerTypeScript(file, warn);
  return (await import(url)) as Record<string, unknown>;
}

let registered: Promise<void> | undefined;

/** Lets this process import TypeScript, by the tsconfig nearest to the first graph that is written in it. */
function registerTypeScript(file: string, warn: (warning: string) => void): Promise<void> {
  registered ??= (async () => {
    const { register } = await import('tsx/esm/api');
    const tsconfig = nearestTsconfig(dirname(file));
    try {
      register({ tsconfig: tsconfig ?? false });
    } catch (error) {
      // What it extends may be a package for development alone, which is not installed here.
      warn(`${tsconfig} is left out, with its paths: ${messageFor(error)}`);
      register({ tsconfig: false });
    }
  })();
  return registered;
}

function exportOf(module: Record<string, unknown>, name: string): unknown {
  // A CommonJS module's exports are the `default` of its namespace.
  const inner = module['default'];
  const value =
    module[name] ??
    (typeof inner === 'object' && inner !== null
      ? (inner as Record<string, unknown>)[name]
      : undefined);
  if (value === undefined) throw new Error(`it exports no "${name}"`);
  return value;
}

function nearestTsconfig(folder: string): string | undefined {
  const file = join(folder, 'tsconfig.json');
  if (existsSync(file)) return file;
  const parent = dirname(folder);
  return parent === folder ? undefined : nearestTsconfig(parent);
}
