// How the program starts, refuses to start, and stops: errors for people.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import Database from 'better-sqlite3';
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killAsSoonAs, runProgram, startProgram, temporaryFolder } from '../support/program.ts';
import { User } from '../support/user.ts';

const folder = temporaryFolder();
const SQLITE_PATH = `${folder.path}/sessions.db`;
afterAll(() => folder[Symbol.dispose]());

/** The start fails with a message that has these words, and no stack. */
async function refuses(settings: Record<string, string>, ...words: string[]): Promise<void> {
  const { code, output } = await runProgram({ SQLITE_PATH, ...settings });
  expect(output).toContain('Session Gateway cannot start: ');
  for (const word of words) expect(output).toContain(word);
  expect(output).not.toMatch(/\n\s+at /);
  expect(code).toBe(1);
}

describe('a start is refused with what is wrong', () => {
  it('a wrong setting, by its name and what it may be', async () => {
    await refuses({ ENV: 'test' }, 'ENV', 'development', 'sqlite', 'staging', 'production');
    await refuses({ PORT: 'http' }, 'PORT');
    await refuses({ WORKER_CONCURRENCY: '0' }, 'WORKER_CONCURRENCY');
    await refuses({ SESSION_TTL: '3 weeks' }, 'SESSION_TTL', '90s, 12h, 30d or never');
    await refuses({ JWT_SECRET: 'short' }, 'JWT_SECRET', '32 bytes');
  });

  it('an address that others reach, or an environment that others use, without a key for tokens', async () => {
    await refuses({ HOST: '0.0.0.0' }, 'HOST=0.0.0.0 is not loopback', 'JWT_SECRET');
    await refuses({ ENV: 'staging' }, 'ENV=staging needs JWT_SECRET');
    await refuses({ ENV: 'production' }, 'ENV=production needs JWT_SECRET');
  });

  it('a graph that does not load, by its name, file and reason', async () => {
    const file = `${folder.path}/broken.json`;
    const graph = async (source: string) => {
      writeFileSync(`${folder.path}/graph.mjs`, source);
      writeFileSync(file, JSON.stringify({ graphs: { mine: './graph.mjs:graph' } }));
      return refuses.bind(undefined, { LANGGRAPH_JSON: file });
    };
    await (
      await graph('export const graph = 1;')
    )('"mine"', 'graph.mjs:graph', 'type number');
    await (
      await graph('export const other = 1;')
    )('"mine"', 'exports no "graph"');
    await (
      await graph('throw new RangeError("broken inside");')
    )('"mine"', 'RangeError: broken inside');
    await (
      await graph('export const graph = () => 5;')
    )('"mine"', 'type number instead of a graph');
    await (
      await graph('export class graph {}')
    )('"mine"', 'its export is a class');
    writeFileSync(`${folder.path}/graph.py`, 'graph = 1');
    writeFileSync(file, JSON.stringify({ graphs: { mine: './graph.py:graph' } }));
    await refuses({ LANGGRAPH_JSON: file }, 'Python is not served');
    await refuses({ LANGGRAPH_JSON: `${folder.path}/nowhere.json` }, 'nowhere.json cannot be read');
    writeFileSync(file, '{');
    await refuses({ LANGGRAPH_JSON: file }, 'broken.json is not JSON');
    writeFileSync(file, '{"graphs": {}}');
    await refuses({ LANGGRAPH_JSON: file }, 'names no graph');
    // Twelve starts, one after the other.
  });

  it('an unreadable, foreign or newer SQLite file', async () => {
    const path = `${folder.path}/odd.db`;
    writeFileSync(
      path,
      'this is no database at all, and it is long enough to be looked at as one'.repeat(20),
    );
    await refuses({ SQLITE_PATH: path }, path, 'is not a SQLite database');
    const foreign = new Database(`${folder.path}/foreign.db`);
    foreign.exec('CREATE TABLE customers (id INTEGER)');
    foreign.close();
    await refuses({ SQLITE_PATH: `${folder.path}/foreign.db` }, 'belongs to another program');
    await using program = await startProgram({ SQLITE_PATH: `${folder.path}/newer.db` });
    await program.end();
    const newer = new Database(`${folder.path}/newer.db`);
    newer.exec("INSERT INTO kysely_migration VALUES ('999_future', '2999-01-01')");
    newer.close();
    await refuses({ SQLITE_PATH: `${folder.path}/newer.db` }, 'newer Session Gateway');
  });

  it('a folder that cannot be written', async () => {
    writeFileSync(`${folder.path}/file`, '');
    await refuses({ SQLITE_PATH: `${folder.path}/file/sessions.db` }, 'cannot be written');
    const locked = `${folder.path}/locked`;
    mkdirSync(locked);
    chmodSync(locked, 0o555);
    // The superuser may write where the mode says no.
    if (process.getuid?.() !== 0)
      await refuses({ SQLITE_PATH: `${locked}/sessions.db` }, 'cannot be written');
    await refuses({ SQLITE_PATH: '/proc/sessions.db' }, 'cannot be written');
  });

  it('a port that is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await refuses({ PORT: String(port) }, `PORT ${port}`, 'in use');
    server.close();
  });

  it('an unknown command or option', async () => {
    for (const args of [['fly'], ['--fly'], ['serve', 'now']]) {
      const { code, output } = await runProgram({}, args);
      expect(output).toMatch(/cannot start: .*help/i);
      expect(code).toBe(1);
    }
  });
});

it('--help prints every setting', async () => {
  const { code, output } = await runProgram({}, ['--help']);
  expect(code).toBe(0);
  for (const name of [
    'ENV',
    'PORT',
    'LANGGRAPH_JSON',
    'SQLITE_PATH',
    'MAX_ATTEMPTS',
    'LOG_LEVEL',
  ]) {
    expect(output).toContain(`\n  ${name} `);
  }
});

it('without ENV it keeps sessions in a SQLite file; memory warns that a restart loses them', async () => {
  await using sqlite = await startProgram({ SQLITE_PATH, LOG_LEVEL: 'info' });
  expect(sqlite.output()).toContain(`"path":"${SQLITE_PATH}"`);
  expect(sqlite.output()).toContain('(backend: sqlite, graphs: steps, ');
  await using memory = await startProgram({ ENV: 'development' });
  expect(memory.output()).toContain('a restart loses them');
});

it('takes over a file that a stock SqliteSaver made', async () => {
  const path = `${folder.path}/stock.db`;
  const saver = SqliteSaver.fromConnString(path);
  await saver.getTuple({ configurable: { thread_id: 'x' } });
  saver.db.close();
  await using program = await startProgram({ SQLITE_PATH: path });
  const user = new User(program.url);
  const id = await user.start({ graphId: 'steps', task: 'go' });
  expect(await user.settled(id)).toMatchObject({ status: 'SUCCEEDED' });
  const stock = SqliteSaver.fromConnString(path);
  const tuple = await stock.getTuple({ configurable: { thread_id: id } });
  expect(tuple?.checkpoint.channel_values).toMatchObject({ trail: { length: 6 } });
  stock.db.close();
});

it('a first start that is killed leaves a file that the next one uses', async () => {
  for (const delay of [0, 10, 40]) {
    const SQLITE_PATH = `${folder.path}/killed-${delay}.db`;
    await killAsSoonAs(() => existsSync(SQLITE_PATH), delay, { SQLITE_PATH });
    await using program = await startProgram({ SQLITE_PATH });
    expect(program.url).toContain('http');
  }
});

it('three first starts at once on one file all serve', async () => {
  const path = `${folder.path}/together.db`;
  const programs = await Promise.all([1, 2, 3].map(() => startProgram({ SQLITE_PATH: path })));
  expect(programs).toHaveLength(3);
  await Promise.all(programs.map((program) => program.end()));
});

describe('probes', () => {
  let url: string;
  let program: Awaited<ReturnType<typeof startProgram>>;

  beforeAll(async () => {
    program = await startProgram({ ENV: 'development' });
    ({ url } = program);
  });
  afterAll(() => program[Symbol.asyncDispose]());

  it('/health and /ready answer 200', async () => {
    for (const path of ['/health', '/ready']) {
      expect((await fetch(new URL(path, url))).status).toBe(200);
    }
  });

  it('SIGTERM ends it with 0, though a socket watches', async () => {
    const user = new User(url);
    const id = await user.start({ graphId: 'ask', task: 'go' });
    await user.settled(id);
    const watching = Array.fromAsync(user.watch(id, { untilSettled: false })).catch(() => []);
    expect(await program.end('SIGTERM')).toBe(0);
    await watching;
  });
});

it('graphs in TypeScript load though nothing can be written', async () => {
  await using program = await startProgram({
    ENV: 'development',
    TMPDIR: '/nowhere/to/be/written',
    NODE_COMPILE_CACHE: undefined,
  });
  expect(await new User(program.url).start({ graphId: 'steps', task: 'x' })).toBeTruthy();
});
