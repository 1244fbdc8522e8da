// What an operator does beside serving.
import { Console } from 'node:console';
import { openBackend, postgresOptions } from './backends/open-backend.ts';
import { type Config, adaptToReadOnlyFiles, environment, sessionTtlOf } from './config.ts';
import { GatewayError, invalidInput } from './errors.ts';
import { type Adoption, adoptThread } from './graph/adopt-thread.ts';
import { openAuthFile } from './graph/auth-file.ts';
import { GraphCatalog } from './graph/graph-catalog.ts';
import { openStoreSettings } from './graph/store-settings.ts';
import type { Project } from './project.ts';
import { orphanThreads } from './session/orphan-threads.ts';
import { readGraphDefaults } from './graph/graph-defaults.ts';
import { loadGraphs } from './graph/load-graphs.ts';
import { createSchema } from './graphql/schema.ts';
import { SessionChangeNotifier, notifyingStore } from './session/session-change-notifier.ts';

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

/**
 * The schema that is served, in GraphQL's own language; with `graphId`, with the types of that graph alone.
 * @throws GatewayError GRAPH_NOT_FOUND, or INVALID_INPUT where a graph does not load
 */
export async function printSchema(
  { config, file }: Project,
  graphId: string | undefined,
): Promise<string> {
  adaptToReadOnlyFiles();
  const defaults = readGraphDefaults(environment()['LANGGRAPH_CONFIG'], file.graphs);
  const warn = (warning: string) => void process.stderr.write(`${warning}\n`);
  // What graphs print while they load is not of the schema.
  globalThis.console = new Console(process.stderr);
  const loaded = await loadGraphs(
    file.graphs.filter(({ id }) => graphId === undefined || id === graphId),
    {
      defaults,
      warn,
      ...(!config.STRICT_GRAPHS && { onFailure: (_id, error) => warn(error.message) }),
    },
  );
  if (graphId !== undefined && loaded.size === 0) {
    const known = file.graphs.map(({ id }) => id).join(', ');
    throw new GatewayError(
      'GRAPH_NOT_FOUND',
      `There is no graph "${graphId}"; there are: ${known}.`,
    );
  }
  const { sdl } = createSchema(config.GRAPH_TYPES ? [...loaded.values()] : [], {
    warn,
    federation: config.FEDERATION,
    typePrefix: config.TYPE_PREFIX ?? '',
  });
  return sdl();
}

/**
 * Loads all that serving needs of a project: its graphs, their types, and the files of `auth` and the store.
 * @throws GatewayError INVALID_INPUT naming what does not load
 */
export async function check({ config, file }: Project): Promise<void> {
  adaptToReadOnlyFiles();
  const ignore = () => undefined;
  const defaults = readGraphDefaults(environment()['LANGGRAPH_CONFIG'], file.graphs);
  const loaded = await loadGraphs(file.graphs, { defaults });
  if (config.GRAPH_TYPES)
    createSchema([...loaded.values()], {
      federation: config.FEDERATION,
      typePrefix: config.TYPE_PREFIX ?? '',
    });
  if (file.auth !== undefined) await openAuthFile(file.auth, ignore);
  await openStoreSettings(file.store, config.LANGGRAPH_JSON, ignore);
}

/** Makes a session of a thread that LangGraph's own saver wrote; says what was done. */
export async function adopt(
  { config, file }: Project,
  adoption: Omit<Adoption, 'ttlMs'>,
): Promise<string> {
  if (config.ENV === 'development')
    throw invalidInput('ENV=development keeps nothing that could be adopted.');
  adaptToReadOnlyFiles();
  await using opened = await openBackend(config);
  using changes = new SessionChangeNotifier(opened.bus);
  const backend = { ...opened, sessions: notifyingStore(opened.sessions, changes) };
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
