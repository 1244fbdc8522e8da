// What a store holds, all of it, for what must be left: nothing, or as it was.
import Database from 'better-sqlite3';
import { Redis } from 'ioredis';
import { Client } from 'pg';

/** Each table with its rows, or each key with what is in it. */
export type Contents = readonly (readonly [name: string, content: unknown])[];

export function sqliteContents(path: string): Contents {
  const file = new Database(path, { readonly: true });
  const tables = file
    .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
    .all();
  const rows = tables.map(({ name }): [string, unknown] => [
    name,
    file.prepare(`SELECT * FROM "${name}"`).all(),
  ]);
  file.close();
  return rows;
}

/** Every key of ours and of LangGraph's, with what is in it. */
export async function redisContents(url: string, prefix: string): Promise<Contents> {
  const redis = new Redis(url);
  const names = (await redis.keys('*')).filter(
    (key) =>
      // Workers tell there twice a second that they live.
      key !== `${prefix}:workers` &&
      (/^(checkpoint|write_keys)/.test(key) || key.startsWith(prefix)),
  );
  const contents = await Promise.all(
    names
      .toSorted((a, b) => (a < b ? -1 : 1))
      .map(async (key): Promise<[string, unknown]> => [key, await contentOf(redis, key)]),
  );
  redis.disconnect();
  return contents;
}

/** What a key holds, as text; a hash and a set keep no order. */
async function contentOf(redis: Redis, key: string): Promise<string> {
  const kind = await redis.type(key);
  const read: Readonly<Record<string, () => Promise<unknown>>> = {
    string: () => redis.get(key),
    hash: async () =>
      Object.entries(await redis.hgetall(key)).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    set: async () => (await redis.smembers(key)).toSorted(),
    zset: () => redis.zrange(key, '0', '-1', 'WITHSCORES'),
    stream: () => redis.xrange(key, '-', '+'),
    'ReJSON-RL': () => redis.call('JSON.GET', key),
  };
  return JSON.stringify(await (read[kind] ?? (() => redis.dumpBuffer(key)))());
}

export async function postgresContents(url: string): Promise<Contents> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
    WHERE schemaname IN ('public', 'session_gateway') ORDER BY 1`,
  );
  const contents: [string, unknown][] = [];
  for (const { name } of rows)
    contents.push([name, (await client.query(`SELECT * FROM ${name}`)).rows]);
  await client.end();
  return contents;
}
