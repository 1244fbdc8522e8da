// The backends under test, each on real storage of its own.
import { randomUUID } from 'node:crypto';
import { type BaseCheckpointSaver, MemorySaver } from '@langchain/langgraph-checkpoint';
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { RedisSaver } from '@langchain/langgraph-checkpoint-redis';
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite';
import { afterAll } from 'vitest';
import { openMemoryBackend } from '../../src/backends/memory/index.ts';
import {
  type PostgresBackendOptions,
  openPostgresBackend,
} from '../../src/backends/postgres/index.ts';
import { openRedisBackend } from '../../src/backends/redis/index.ts';
import { openSqliteBackend } from '../../src/backends/sqlite/index.ts';
import type { Backend } from '../../src/session/ports.ts';
import type { BackendUnderTest } from '../../src/testing/index.ts';
import { postgresContents, redisContents, sqliteContents } from '../support/contents.ts';
import { temporaryFolder } from '../support/program.ts';
import { createDatabase } from '../support/services/postgres.ts';
import { type RedisServer, startRedis } from '../support/services/redis.ts';

export const BACKENDS = ['memory', 'sqlite', 'redis', 'postgres'] as const;
export type BackendName = (typeof BACKENDS)[number];

export interface TestBackend extends BackendUnderTest {
  /** Where it keeps what it stores: a file's path, or a server's address; empty for memory. */
  readonly place: string;
  /** LangGraph's own saver in the same place. */
  openStockSaver(): Promise<StockSaver>;
}

export interface StockSaver extends AsyncDisposable {
  readonly saver: BaseCheckpointSaver;
}

export async function openTestBackend(name: BackendName): Promise<TestBackend> {
  const parts = new AsyncDisposableStack();
  switch (name) {
    case 'memory': {
      const saver = new MemorySaver();
      const backend = parts.use(openMemoryBackend(saver));
      return {
        ...testBackend(backend, parts, '', () => memoryContents(backend)),
        openStockSaver: async () => ({ saver, [Symbol.asyncDispose]: () => Promise.resolve() }),
      };
    }
    case 'sqlite': {
      const folder = parts.use(temporaryFolder());
      const path = `${folder.path}/sessions.db`;
      const backend = parts.use(await openSqliteBackend(path));
      return {
        ...testBackend(backend, parts, path, async () => sqliteContents(path)),
        async openStockSaver() {
          const saver = SqliteSaver.fromConnString(path);
          return { saver, [Symbol.asyncDispose]: async () => void saver.db.close() };
        },
      };
    }
    case 'redis': {
      const { url } = await sharedRedis();
      const prefix = `test-${randomUUID()}`;
      const backend = parts.use(await openRedisBackend({ url, prefix }));
      return {
        ...testBackend(backend, parts, url, () => redisContents(url, prefix)),
        async openStockSaver() {
          const saver = await RedisSaver.fromUrl(url);
          return { saver, [Symbol.asyncDispose]: () => saver.end() };
        },
      };
    }
    case 'postgres': {
      const { url } = parts.use(await createDatabase());
      const redis = await sharedRedis();
      const backend = parts.use(await openPostgresBackend(postgresTestOptions(url, redis.url)));
      return {
        ...testBackend(backend, parts, url, () => postgresContents(url)),
        async openStockSaver() {
          const saver = PostgresSaver.fromConnString(url);
          await saver.setup();
          return { saver, [Symbol.asyncDispose]: () => saver.end() };
        },
      };
    }
  }
}

export function postgresTestOptions(url: string, redisUrl: string): PostgresBackendOptions {
  return {
    url,
    redisUrl,
    redisPrefix: `test-${randomUUID()}`,
    schema: 'public',
    gatewaySchema: 'session_gateway',
    poolSize: 10,
    statementTimeoutMs: 10_000,
    prepare: true,
    migrate: true,
  };
}

let redis: Promise<RedisServer> | undefined;

/** One Redis for a test file. */
export function sharedRedis(): Promise<RedisServer> {
  redis ??= startRedis();
  return redis;
}

afterAll(async () => {
  await (await redis)?.[Symbol.asyncDispose]();
  redis = undefined;
});

function testBackend(
  backend: Backend,
  parts: AsyncDisposableStack,
  place: string,
  contents: () => Promise<unknown>,
): Omit<TestBackend, 'openStockSaver'> {
  return { backend, place, contents, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

/** What is stored of one session, its own and LangGraph's, byte for byte. */
export async function contentsOf(test: TestBackend, sessionId: string): Promise<unknown> {
  const contents = (await test.contents()) as { tuples: unknown } | [string, unknown][];
  const isOwn = (row: unknown) => JSON.stringify(row).includes(sessionId);
  if (!Array.isArray(contents)) {
    const tuples = contents.tuples as readonly { config: unknown }[];
    return tuples.filter(({ config }) => isOwn(config));
  }
  return contents.flatMap(([name, stored]) => {
    // A key and its value, or a table and its rows; a fork's row names its parent too.
    if (!Array.isArray(stored)) return name.includes(sessionId) ? [[name, stored]] : [];
    const rows = stored as readonly Readonly<Record<string, unknown>>[];
    const own = rows.filter(({ thread_id, session_id, id }) =>
      [thread_id, session_id, id].includes(sessionId),
    );
    return [[name, own]];
  });
}

async function memoryContents(backend: Backend): Promise<unknown> {
  const tuples = await Array.fromAsync(backend.savers.reader().list({ configurable: {} }));
  const filter = { status: null, graphId: null, metadata: {}, forkedFromSessionId: null };
  const page = { first: 100, after: null };
  const sessions = await backend.sessions.list('alice', filter, 'CREATED_AT', page);
  return { tuples, sessions: sessions.items.map(({ id }) => id) };
}
