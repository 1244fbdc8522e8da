// What the measured programs run on: servers of their own, a folder, and a token where one is asked for.
import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { readConfig } from '../src/config.ts';
import { mintToken } from '../src/server/authentication.ts';
import { temporaryFolder } from '../test/support/program.ts';
import { startPostgres } from '../test/support/services/postgres.ts';
import { startOwnRedis } from '../test/support/services/redis.ts';

export const ENVIRONMENTS = ['development', 'sqlite', 'staging', 'production'] as const;
export type EnvironmentName = (typeof ENVIRONMENTS)[number];

export interface Services extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  /** Of a user by this name; undefined where the program believes the name. */
  tokenOf(user: string): Promise<string | undefined>;
}

/** How many bytes the storage of an environment takes; 0 where it is in the process. */
export async function storedBytes(env: Readonly<Record<string, string>>): Promise<number> {
  const { ENV, SQLITE_PATH = '', REDIS_URL = '', DATABASE_URL = '' } = env;
  if (ENV === 'sqlite') {
    const file = new Database(SQLITE_PATH);
    file.pragma('wal_checkpoint(TRUNCATE)');
    file.close();
    return statSync(SQLITE_PATH).size;
  }
  if (ENV === 'staging') {
    const redis = new Redis(REDIS_URL);
    const memory = await redis.info('memory');
    redis.disconnect();
    return Number(/^used_memory:(\d+)/m.exec(memory)?.[1]);
  }
  if (ENV !== 'production') return 0;
  const client = new Client({ connectionString: DATABASE_URL });
  await client.connect();
  // What updates left behind is not what is stored.
  await client.query('VACUUM FULL');
  const { rows } = await client.query<{ bytes: string }>(
    `SELECT sum(pg_total_relation_size(c.oid)) AS bytes FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname IN ('public', 'session_gateway')`,
  );
  await client.end();
  return Number(rows[0]?.bytes ?? 0);
}

const JWT_SECRET = 'for-the-benchmark-alone-and-no-other-use';

export async function openServices(ENV: EnvironmentName): Promise<Services> {
  const parts = new AsyncDisposableStack();
  const isServed = ENV === 'staging' || ENV === 'production';
  const env = {
    ENV,
    PORT: '0',
    LOG_LEVEL: 'error',
    LANGGRAPH_JSON: `${import.meta.dirname}/langgraph.json`,
    SQLITE_PATH: `${parts.use(temporaryFolder()).path}/sessions.db`,
    JWT_SECRET: isServed ? JWT_SECRET : '',
    REDIS_URL: isServed ? parts.use(await startOwnRedis({ persistent: false })).url : '',
    DATABASE_URL: ENV === 'production' ? parts.use(await startPostgres()).url : '',
    // What is measured is not how much one user may ask for.
    REQUESTS_PER_USER: 'unlimited',
    REQUESTS_PER_ADDRESS: 'unlimited',
    ACTIVE_SESSIONS_PER_USER: 'unlimited',
    QUEUED_RUNS_PER_USER: 'unlimited',
    STORED_BYTES_PER_USER: 'unlimited',
  };
  const config = readConfig(env);
  return {
    env,
    tokenOf: async (user) =>
      isServed ? await mintToken(JWT_SECRET, user, 86_400, config) : undefined,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
