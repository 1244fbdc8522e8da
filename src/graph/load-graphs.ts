// Loads the graphs a langgraph.json names.
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { BaseStore } from '@langchain/langgraph-checkpoint';
import { GatewayError, invalidInput, messageFor } from '../errors.ts';
import { type GraphSurroundings, LoadedGraph } from './loaded-graph.ts';
import type { GraphDefaults } from './graph-defaults.ts';
import { importExport } from './import-export.ts';
import type { GraphEntry } from './langgraph-json.ts';
import { manifestOf } from './project-packages.ts';
import type { GraphQuestion } from './question-schema.ts';
import { readQuestions } from './questions.ts';
import { letStoresWait } from './waiting-store.ts';

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
        await loadGraph(entry, { defaults: defaults?.get(entry.id), store, warn }, warn),
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
    if (extname(entry.file) === '.py')
      throw new Error('Python is not served, only JavaScript and TypeScript');
    checkLangGraph(entry.file);
    const exported = 'exported' in entry ? entry.exported : await importExport(entry, warn);
    if (surroundings.store !== undefined) await letStoresWait(entry.file);
    const questions = await questionsOf(entry, warn);
    return await LoadedGraph.open(entry, await exported, { ...surroundings, questions });
  } catch (cause) {
    throw new GatewayError(
      'INVALID_INPUT',
      `Graph "${entry.id}" (${entry.file}:${entry.exportName}) does not load: ${messageFor(cause)}`,
      { cause },
    );
  }
}

/** @throws GatewayError INVALID_INPUT naming what langgraph.json names as `interrupts` */
async function questionsOf(
  { interrupts }: GraphEntry,
  warn: (warning: string) => void,
): Promise<GraphQuestion[]> {
  if (interrupts === undefined) return [];
  try {
    return readQuestions(await importExport(interrupts, warn));
  } catch (cause) {
    const where = `${interrupts.file}:${interrupts.exportName}`;
    throw invalidInput(`\`interrupts\` (${where}): ${messageFor(cause)}`, cause);
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
