// What an operator does beside serving.
import { openBackend, postgresOptions } from './backends/open-backend.ts';
import {
  type Config,
  adaptToReadOnlyFiles,
  addToEnvironment,
  environment,
  sessionTtlOf,
} from './config.ts';
import { invalidInput } from './errors.ts';
import { type Adoption, adoptThread } from './graph/adopt-thread.ts';
import { GraphCatalog } from './graph/graph-catalog.ts';
import { orphanThreads } from './session/orphan-threads.ts';
import { readGraphDefaults } from './graph/graph-defaults.ts';
import { readLanggraphJson } from './graph/langgraph-json.ts';
import { loadGraphs } from './graph/load-graphs.ts';

/** Brings the tables to this version; says what was done. @throws GatewayError where there are none to migrate */
export async function migrate(config: Config): Promise<string> {
  switch (config.ENV) {
    case 'production': {
      const { PostgresDatabase } = await import('./backends/postgres/database.ts');
      await using database = await PostgresDatabase.connect(postgresOptions(config));
      return told(await database.migrate());
    }
    case 'sqlite': {
      const { SqliteDatabase } = await import('./backends/sqlite/database.ts');
      await using database = await SqliteDatabase.open(config.SQLITE_PATH);
      return told(database.migrated);
    }
    case 'development':
    case 'staging':
      throw invalidInput(`ENV=${config.ENV} has no tables to migrate.`);
  }
}

/** Makes a session of a thread that LangGraph's own saver wrote; says what was done. */
export async function adopt(config: Config, adoption: Omit<Adoption, 'ttlMs'>): Promise<string> {
  if (config.ENV === 'development')
    throw invalidInput('ENV=development keeps nothing that could be adopted.');
  const file = await readLanggraphJson(config.LANGGRAPH_JSON);
  addToEnvironment(file.env);
  adaptToReadOnlyFiles();
  await using backend = await openBackend(config);
  const defaults = readGraphDefaults(environment()['LANGGRAPH_CONFIG'], file.graphs);
  const graphs = new GraphCatalog(await loadGraphs(file.graphs, { defaults }), backend.savers);
  const { session, checkpoints } = await adoptThread(backend, graphs, {
    ...adoption,
    ttlMs: sessionTtlOf(config, file.sessionTtlMs),
  });
  return `Thread ${session.id} is now a session of ${session.ownerId}: ${checkpoints} checkpoints, ${session.status}.`;
}

/**
 * Tells which threads have checkpoints but no session; removes those that this gateway has written where that is wanted.
 * What another program or gateway has written stays.
 */
export async function prune(config: Config, { orphans }: { orphans: boolean }): Promise<string> {
  if (config.ENV === 'development')
    throw invalidInput('ENV=development keeps nothing that could be pruned.');
  await using backend = await openBackend(config);
  const found = new Set<string>();
  const own = new Set<string>();
  for await (const part of orphanThreads(backend.sessions)) {
    for (const id of part.threadIds) found.add(id);
    for (const id of part.own) own.add(id);
  }
  const others = [...found].filter((id) => !own.has(id));
  const listed = (title: string, ids: readonly string[]) =>
    ids.length === 0 ? [] : [title, ...ids.slice(0, MOST_TOLD)];
  if (!orphans) {
    const threads = `There are ${own.size} threads with checkpoints but no session`;
    if (found.size === 0) return `${threads}.`;
    return [
      ...listed(`${threads}; \`prune --orphans\` removes them, \`adopt\` makes sessions of them:`, [
        ...own,
      ]),
      ...listed(
        `${others.length} threads of another program or gateway, which stay; \`adopt\` makes sessions of them:`,
        others,
      ),
    ].join('\n');
  }
  let removed = 0;
  for (const id of own) if (await backend.sessions.deleteOrphan(id)) removed += 1;
  const stay = others.length === 0 ? '' : ` ${others.length} threads of another program stay.`;
  return `Removed ${removed} threads that had no session.${stay}`;
}

const MOST_TOLD = 20;

function told(migrations: readonly string[]): string {
  return migrations.length === 0
    ? 'The tables are of this version.'
    : `Migrated: ${migrations.join(', ')}.`;
}
