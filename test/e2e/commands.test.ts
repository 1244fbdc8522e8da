// What an operator does from the command line: migrating, and adopting threads of LangGraph's own savers.
import { randomUUID } from 'node:crypto';
import { type BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { RedisSaver } from '@langchain/langgraph-checkpoint-redis';
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Environment,
  type EnvironmentName,
  openEnvironment,
} from '../support/environments.ts';
import { runProgram, startProgram } from '../support/program.ts';
import { User } from '../support/user.ts';
import { ask } from '../graphs/graphs.ts';

let environment: Environment;

afterEach(() => environment[Symbol.asyncDispose]());

describe('migrate', () => {
  beforeEach(async () => {
    environment = await openEnvironment('production');
  });

  it('brings an empty database to this version, once', async () => {
    const { settings } = environment;
    const first = await runProgram(settings, ['migrate']);
    expect(first).toMatchObject({ code: 0 });
    expect(first.output).toMatch(
      /^Migrated: 001_sessions, 002_checkpoints, 003_history, 004_usage, 005_context, 006_items\./,
    );
    expect(await runProgram(settings, ['migrate'])).toEqual({
      code: 0,
      output: 'The tables are of this version.\n',
    });
    await using program = await startProgram({ ...settings, MIGRATE: 'false' });
    expect(program.url).toMatch(/^http/);
  });

  it('waits for another that migrates for longer than a statement may take', async () => {
    const { settings } = environment;
    const client = new Client({ connectionString: settings['DATABASE_URL'] });
    await client.connect();
    await client.query('SELECT pg_advisory_lock(7364951046177202)');
    const waiting = runProgram({ ...settings, PG_STATEMENT_TIMEOUT: '1s' }, ['migrate']);
    await sleep(3000);
    await client.end();
    expect(await waiting).toMatchObject({ code: 0, output: expect.stringMatching(/^Migrated:/) });
  });

  it('MIGRATE=false refuses a database that is not of this version, and says what to do', async () => {
    const refused = await runProgram({ ...environment.settings, MIGRATE: 'false' });
    expect(refused.code).toBe(1);
    expect(refused.output).toMatch(/run `session-gateway migrate`, or start with MIGRATE=true/);
  });

  it('takes over a database that a stock saver uses, and touches none of its rows', async () => {
    const url = environment.settings['DATABASE_URL'] ?? '';
    const saver = PostgresSaver.fromConnString(url);
    await saver.setup();
    await askWith(saver, randomUUID());
    const before = await stockRows(url);
    expect((await runProgram(environment.settings, ['migrate'])).code).toBe(0);
    expect(await stockRows(url)).toEqual(before);
    // And the stock saver goes on as before.
    await saver.setup();
    const id = randomUUID();
    await askWith(saver, id);
    expect(await saver.getTuple({ configurable: { thread_id: id } })).toBeDefined();
    await saver.end();
  });

  it('a database that a newer version has migrated is refused', async () => {
    const { settings } = environment;
    await runProgram(settings, ['migrate']);
    await query(
      settings['DATABASE_URL'] ?? '',
      `INSERT INTO session_gateway.kysely_migration VALUES ('999_later', '2099-01-01')`,
    );
    const refused = await runProgram(settings);
    expect(refused.code).toBe(1);
    expect(refused.output).toMatch(/migrated by a newer Session Gateway/);
  });

  it('tables of the user’s own are left alone', async () => {
    const { settings } = environment;
    const url = settings['DATABASE_URL'] ?? '';
    await query(url, 'CREATE TABLE sessions (mine int)');
    expect((await runProgram(settings, ['migrate'])).code).toBe(0);
    expect(await query(url, 'SELECT mine FROM sessions')).toEqual([]);
  });
});

describe.each(['sqlite', 'staging', 'production'] as const)('adopt, ENV=%s', (ENV) => {
  beforeEach(async () => {
    environment = await openEnvironment(ENV);
  });

  it('gives a thread to its owner, who answers its questions', async () => {
    const { settings } = environment;
    const id = randomUUID();
    await withStockSaver(environment, ENV, (saver) => askWith(saver, id));
    const asked = ['--thread', id, '--graph', 'ask', '--owner', 'alice'];
    const adopted = await runProgram(settings, ['adopt', ...asked]);
    expect(adopted).toEqual({
      code: 0,
      output: `Thread ${id} is now a session of alice: 2 checkpoints, INTERRUPTED.\n`,
    });
    await using program = await startProgram(settings);
    const alice = new User(program.url);
    const { interrupts } = await alice.look(id);
    expect(interrupts).toHaveLength(2);
    const answers = interrupts.map(({ interruptId }) => ({ interruptId, value: 'yes' }));
    await alice.resume({ sessionId: id, answers });
    expect(await alice.settled(id)).toMatchObject({
      status: 'SUCCEEDED',
      values: { trail: ['left yes', 'right yes', 'end'] },
    });
  });

  it('says what is wrong with what it is asked', async () => {
    const { settings } = environment;
    const adopt = async (...args: string[]) =>
      (await runProgram(settings, ['adopt', ...args])).output;
    const [thread, owner] = [randomUUID(), 'alice'];
    expect(await adopt('--graph', 'ask', '--owner', owner)).toMatch(/--thread UUID is missing/);
    expect(await adopt('--thread', thread, '--graph', 'ask', '--owner', owner)).toMatch(
      /No saver has written a thread/,
    );
    expect(await adopt('--thread', thread, '--graph', 'none', '--owner', owner)).toMatch(
      /There is no graph "none"/,
    );
    expect(await adopt('--thread', 'x', '--graph', 'ask', '--owner', owner)).toMatch(/UUID/);
    for (const nobody of ['', ' ', 'x'.repeat(256)])
      expect(await adopt('--thread', thread, '--graph', 'ask', '--owner', nobody)).toMatch(
        /1 to 255 characters|--owner/,
      );
    expect(await adopt('--thread', thread, '--graph', 'ask', '--owner', ' alice ')).toMatch(
      /begins or ends with a space/,
    );
  });
});

async function withStockSaver(
  { settings }: Environment,
  ENV: EnvironmentName,
  work: (saver: BaseCheckpointSaver) => Promise<void>,
): Promise<void> {
  if (ENV === 'sqlite') {
    // The file's tables are made by whoever comes first.
    const saver = SqliteSaver.fromConnString(settings['SQLITE_PATH'] ?? '');
    await work(saver);
    saver.db.close();
  } else if (ENV === 'staging') {
    const saver = await RedisSaver.fromUrl(settings['REDIS_URL'] ?? '');
    await work(saver);
    await saver.end();
  } else {
    const saver = PostgresSaver.fromConnString(settings['DATABASE_URL'] ?? '');
    await saver.setup();
    await work(saver);
    await saver.end();
  }
}

/** Runs a graph of a program without the gateway until it asks. */
async function askWith(checkpointer: BaseCheckpointSaver, threadId: string): Promise<void> {
  await ask
    .compile({ checkpointer })
    .invoke({ task: 'go' }, { configurable: { thread_id: threadId } });
}

async function stockRows(url: string): Promise<unknown> {
  const tables = {
    checkpoints:
      'thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata, xmin',
    checkpoint_blobs: '*, xmin',
    checkpoint_writes:
      'thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob, xmin',
  };
  const rows = await Promise.all(
    Object.entries(tables).map(([table, columns]) =>
      query(url, `SELECT ${columns} FROM ${table} ORDER BY 1, 2, 3, 4`),
    ),
  );
  return rows;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
}
