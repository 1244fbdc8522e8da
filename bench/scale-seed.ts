// Many stored sessions, made in the database from one that ran: each with its row, its run, its newest event and checkpoint.
// A page of them is the user's own, whatever their number; the others are of a thousand users.
import Database from 'better-sqlite3';
import { Client } from 'pg';

const OWN = 25;
/** Of these tables only the newest row is copied, by this column. */
const NEWEST_BY: Readonly<Record<string, string>> = {
  session_events: 'sequence',
  checkpoints: 'ordinal',
};

/** Adds as many sessions as are missing of `count`, like the one of this id. */
export async function seedSessions(
  env: Readonly<Record<string, string>>,
  template: string,
  count: number,
): Promise<void> {
  if (env['ENV'] === 'sqlite') seedSqlite(env['SQLITE_PATH'] ?? '', template, count);
  else await seedPostgres(env['DATABASE_URL'] ?? '', template, count);
}

async function seedPostgres(url: string, template: string, count: number): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ stored: string }>(
    'SELECT count(*) AS stored FROM session_gateway.sessions',
  );
  const missing = Math.max(0, count - Number(rows[0]?.stored));
  await client.query('CREATE TEMP TABLE made (id text, n int)');
  await client.query(
    'INSERT INTO made SELECT gen_random_uuid(), n FROM generate_series(1, $1::int) AS n',
    [missing],
  );
  const copies = [
    [
      'session_gateway.sessions',
      'id',
      `jsonb_build_object('id', m.id, 'owner_id', CASE WHEN m.n <= ${OWN} THEN t.owner_id ELSE 'user ' || m.n % 1000 END, 'created_at', t.created_at + m.n,
        'updated_at', t.updated_at + m.n)`,
    ],
    [
      'session_gateway.runs',
      'session_id',
      `jsonb_build_object('id', gen_random_uuid(), 'session_id', m.id)`,
    ],
    ['session_gateway.session_events', 'session_id', `jsonb_build_object('session_id', m.id)`],
    ['public.checkpoints', 'thread_id', `jsonb_build_object('thread_id', m.id)`],
  ] as const;
  for (const [table, key, changes] of copies) {
    const order = NEWEST_BY[table.replace(/^.*\./, '')];
    const newest =
      order === undefined
        ? ''
        : `AND t.${order} = (SELECT max(${order}) FROM ${table} WHERE ${key} = $1)`;
    await client.query(
      `INSERT INTO ${table} SELECT (jsonb_populate_record(t, ${changes})).* FROM ${table} AS t, made AS m
      WHERE t.${key} = $1 ${newest}`,
      [template],
    );
  }
  // As autovacuum does in its time.
  await client.query('VACUUM ANALYZE');
  await client.end();
}

function seedSqlite(path: string, template: string, count: number): void {
  const file = new Database(path);
  const stored = file.prepare<[], { stored: number }>('SELECT count(*) AS stored FROM sessions');
  const missing = Math.max(0, count - (stored.get()?.stored ?? 0));
  file.exec(`CREATE TEMP TABLE made AS WITH RECURSIVE s (n) AS (
      SELECT 1 WHERE ${missing} > 0 UNION ALL SELECT n + 1 FROM s WHERE n < ${missing})
    SELECT n, ${RANDOM_UUID} AS id FROM s`);
  const copies: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
    [
      'sessions',
      'id',
      {
        id: 'm.id',
        owner_id: `CASE WHEN m.n <= ${OWN} THEN t.owner_id ELSE 'user ' || (m.n % 1000) END`,
        created_at: 't.created_at + m.n',
        updated_at: 't.updated_at + m.n',
      },
    ],
    ['runs', 'session_id', { id: RANDOM_UUID, session_id: 'm.id' }],
    ['session_events', 'session_id', { session_id: 'm.id' }],
    ['checkpoints', 'thread_id', { thread_id: 'm.id' }],
  ];
  for (const [table, key, changes] of copies) {
    const columns = file.prepare<[], { name: string }>(`PRAGMA table_info(${table})`).all();
    const values = columns.map(({ name }) => changes[name] ?? `t.${name}`);
    const order = NEWEST_BY[table];
    const newest =
      order === undefined
        ? ''
        : `AND t.${order} = (SELECT max(${order}) FROM ${table} WHERE ${key} = :template)`;
    file
      .prepare(
        `INSERT INTO ${table} (${columns.map(({ name }) => name).join()})
        SELECT ${values.join()} FROM ${table} AS t, made AS m WHERE t.${key} = :template ${newest}`,
      )
      .run({ template });
  }
  file.exec('ANALYZE');
  file.close();
}

/** In the form that the gateway's ids have. */
const RANDOM_UUID = `lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
  || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))`;
