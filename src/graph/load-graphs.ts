// Loads the graphs a langgraph.json names. TypeScript goes through tsx, which knows `.js` specifiers and tsconfig
// paths; JavaScript through Node itself.
import { existsSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GatewayError, messageFor } from '../errors.ts';
import { LoadedGraph } from './loaded-graph.ts';
import type { GraphDefaults, GraphEntry } from './langgraph-json.ts';

const SCRIPT = new Set(['.js', '.mjs', '.cjs']);

/** @throws GatewayError INVALID_INPUT naming the graph, its file and the reason. */
export async function loadGraphs(
  entries: readonly GraphEntry[],
  defaults: ReadonlyMap<string, GraphDefaults> = new Map(),
): Promise<ReadonlyMap<string, LoadedGraph>> {
  const graphs = new Map<string, LoadedGraph>();
  for (const entry of entries) {
    graphs.set(entry.id, await loadGraph(entry, defaults.get(entry.id)));
  }
  return graphs;
}

async function loadGraph(
  entry: GraphEntry,
  defaults: GraphDefaults | undefined,
): Promise<LoadedGraph> {
  try {
    if (!existsSync(entry.file)) throw new Error('there is no such file');
    const exported = exportOf(await importFile(entry.file), entry.exportName);
    return await LoadedGraph.open(entry, await exported, defaults);
  } catch (cause) {
    throw new GatewayError(
      'INVALID_INPUT',
      `Graph "${entry.id}" (${entry.file}:${entry.exportName}) does not load: ${messageFor(cause)}`,
      { cause },
    );
  }
}

async function importFile(file: string): Promise<Record<string, unknown>> {
  const url = pathToFileURL(file).href;
  if (SCRIPT.has(extname(file))) return (await import(url)) as Record<string, unknown>;
  await registerTypeScript(file);
  return (await import(url)) as Record<string, unknown>;
}

let registered: Promise<void> | undefined;

/** Lets this process import TypeScript, by the tsconfig nearest to the first graph that is written in it. */
function registerTypeScript(file: string): Promise<void> {
  registered ??= (async () => {
    const { register } = await import('tsx/esm/api');
    register({ tsconfig: nearestTsconfig(dirname(file)) ?? false });
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
