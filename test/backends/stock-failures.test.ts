// What is wrong with LangGraph's own savers and right here. The stock failure is asserted, so that we notice its cure.
import {
  type BaseCheckpointSaver,
  type Checkpoint,
  emptyCheckpoint,
  uuid6,
} from '@langchain/langgraph-checkpoint';
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPostgresBackend } from '../../src/backends/postgres/index.ts';
import { createDatabase } from '../support/services/postgres.ts';
import {
  type StockSaver,
  type TestBackend,
  openTestBackend,
  postgresTestOptions,
  sharedRedis,
} from './open-test-backend.ts';
import { beginAttempt, storeSession } from '../../src/testing/sessions.ts';

const METADATA = { source: 'loop', step: 0, parents: {} } as const;
const THREAD = '11111111-1111-4111-8111-111111111111';

let test: TestBackend;
let stock: StockSaver;
let ours: BaseCheckpointSaver;

beforeEach(async () => {
  test = await openTestBackend('postgres');
  stock = await test.openStockSaver();
  const session = await storeSession(test.backend);
  ours = withThread(
    test.backend.savers.attempt(await beginAttempt(test.backend, session.id)),
    session.id,
  );
});

afterEach(async () => {
  await stock[Symbol.asyncDispose]();
  await test[Symbol.asyncDispose]();
});

describe('branches', () => {
  /** Two checkpoints from one parent, each with its own value of the same channel. */
  async function branch(saver: BaseCheckpointSaver): Promise<unknown[]> {
    const root = await put(saver, 'root', saver.getNextVersion(undefined));
    const branches = ['left', 'right'].map((value) => [value, saver.getNextVersion(1)] as const);
    const ids = [];
    for (const [value, version] of branches) ids.push(await put(saver, value, version, root));
    const tuples = await Promise.all(ids.map((id) => saver.getTuple(configOf(id))));
    return tuples.map((tuple) => tuple?.checkpoint.channel_values['a']);
  }

  it('stock: the second reads the value of the first', async () => {
    expect(await branch(stock.saver)).toEqual(['left', 'left']);
  });

  it('here: each has its own', async () => {
    expect(await branch(ours)).toEqual(['left', 'right']);
  });
});

describe('setting the tables up in many processes at once', () => {
  const AT_ONCE = 8;

  it('stock: some fail', async () => {
    const failures: unknown[] = [];
    // A race need not be lost each time.
    for (let round = 0; round < 10 && failures.length === 0; round += 1) {
      await using database = await createDatabase();
      const savers = Array.from({ length: AT_ONCE }, () =>
        PostgresSaver.fromConnString(database.url),
      );
      const results = await Promise.allSettled(savers.map((saver) => saver.setup()));
      failures.push(...results.filter(({ status }) => status === 'rejected'));
      await Promise.all(savers.map((saver) => saver.end()));
    }
    expect(failures).not.toEqual([]);
  });

  it('here: one migrates, the others wait', async () => {
    await using database = await createDatabase();
    const redis = await sharedRedis();
    const backends = await Promise.all(
      Array.from({ length: AT_ONCE }, () =>
        openPostgresBackend(postgresTestOptions(database.url, redis.url)),
      ),
    );
    await Promise.all(backends.map((backend) => storeSession(backend)));
    await Promise.all(backends.map((backend) => backend[Symbol.asyncDispose]()));
  });
});

describe('the order of pending writes', () => {
  /** The second task by its id is the first by its path. */
  async function writeTwo(saver: BaseCheckpointSaver): Promise<unknown[]> {
    const id = await put(saver, 'root', 1);
    await saver.putWrites(configOf(id), [['a', 'first']], 'z', '~__pregel_pull, a');
    await saver.putWrites(configOf(id), [['a', 'second']], 'b', '~__pregel_pull, b');
    const tuple = await saver.getTuple(configOf(id));
    return (tuple?.pendingWrites ?? []).map(([, , value]) => value);
  }

  it('stock: that of the tasks’ ids', async () => {
    expect(await writeTwo(stock.saver)).toEqual(['second', 'first']);
  });

  it('here: that of the tasks’ paths, which is the order LangGraph applies them in', async () => {
    expect(await writeTwo(ours)).toEqual(['first', 'second']);
  });
});

describe('a name with a backslash', () => {
  const NAME = String.raw`C:\temp`;

  async function writeTo(saver: BaseCheckpointSaver): Promise<unknown> {
    const id = await put(saver, 'root', 1);
    await saver.putWrites(configOf(id), [[NAME, 1]], 'task');
    return (await saver.getTuple(configOf(id)))?.pendingWrites;
  }

  it('stock: cannot be read, because Postgres takes it for an escape in bytea', async () => {
    await expect(writeTo(stock.saver)).rejects.toThrow(/invalid input syntax for type bytea/);
  });

  it('here: is read as it was', async () => {
    expect(await writeTo(ours)).toEqual([['task', NAME, 1]]);
  });
});

describe('a date', () => {
  const date = new Date('2026-11-24T01:02:03.004Z');
  const round = async (saver: BaseCheckpointSaver) => {
    const tuple = await saver.getTuple(configOf(await put(saver, date, 1)));
    return tuple?.checkpoint.channel_values['a'];
  };

  it('stock: comes back as text', async () => {
    expect(await round(stock.saver)).toBe(date.toISOString());
  });

  it('here: comes back as a date, which the stock saver reads as text that means the same', async () => {
    expect(await round(ours)).toEqual(date);
    const tuples = await Array.fromAsync(stock.saver.list({ configurable: {} }));
    const text = tuples[0]?.checkpoint.channel_values['a'];
    expect(typeof text === 'string' && new Date(text)).toEqual(date);
  });
});

function configOf(checkpointId?: string) {
  return {
    configurable: {
      thread_id: THREAD,
      checkpoint_ns: '',
      ...(checkpointId !== undefined && { checkpoint_id: checkpointId }),
    },
  };
}

async function put(
  saver: BaseCheckpointSaver,
  value: unknown,
  version: number,
  parent?: string,
): Promise<string> {
  const checkpoint: Checkpoint = {
    ...emptyCheckpoint(),
    id: uuid6(1),
    channel_values: { a: value },
    channel_versions: { a: version },
  };
  await saver.put(configOf(parent), checkpoint, METADATA, { a: version });
  return checkpoint.id;
}

/** The saver, for which the thread of these tests is its session. */
function withThread(saver: BaseCheckpointSaver, sessionId: string): BaseCheckpointSaver {
  return new Proxy(saver, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown =>
        Reflect.apply(
          value,
          target,
          args.map((arg) => withSession(arg, sessionId)),
        );
    },
  });
}

function withSession(arg: unknown, sessionId: string): unknown {
  if (typeof arg !== 'object' || arg === null || !('configurable' in arg)) return arg;
  return { ...arg, configurable: { ...(arg.configurable as object), thread_id: sessionId } };
}
