// What SQLite commits together: each is told how its own part went, whatever became of the others.
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SqliteDatabase } from '../../src/backends/sqlite/database.ts';
import { temporaryFolder } from '../support/program.ts';

let parts: AsyncDisposableStack;
let database: SqliteDatabase;

beforeEach(async () => {
  parts = new AsyncDisposableStack();
  database = await SqliteDatabase.open(`${parts.use(temporaryFolder()).path}/sessions.db`);
});

afterEach(() => parts.disposeAsync());

const acquire = (name: string) =>
  database
    .statement('INSERT INTO leases (name, holder, expires_at) VALUES (?, ?, ?)')
    .run(name, 'holder', 1);

function storedNames(): string[] {
  using file = Object.assign(new Database(database.path), {
    [Symbol.dispose](this: Database.Database) {
      this.close();
    },
  });
  return file
    .prepare<[], { name: string }>('SELECT name FROM leases ORDER BY name')
    .all()
    .map(({ name }) => name);
}

it('what throws is rolled back alone, and the others stand', async () => {
  const asked = await Promise.allSettled([
    database.transaction(() => void acquire('first')),
    database.transaction(() => {
      acquire('refused');
      throw new Error('superseded');
    }),
    database.transaction(() => acquire('third').changes),
  ]);
  expect(asked).toMatchObject([
    { status: 'fulfilled' },
    { status: 'rejected', reason: { message: 'superseded' } },
    { status: 'fulfilled', value: 1 },
  ]);
  expect(storedNames()).toEqual(['first', 'third']);
  await database[Symbol.asyncDispose]();
});

it('waits for the disk where somebody was promised something, once for all of a turn', async () => {
  const FULL = 2;
  const NORMAL = 1;
  const synchronous = () => database.statement('PRAGMA synchronous').get();
  const fast = () => database.transaction(synchronous);
  const durable = () => database.transaction(synchronous, 'durable');
  expect(await Promise.all([fast(), durable(), fast()])).toEqual(
    Array.from({ length: 3 }, () => ({ synchronous: FULL })),
  );
  expect(await fast()).toEqual({ synchronous: NORMAL });
  expect(await durable()).toEqual({ synchronous: FULL });
});

it('waits for a transaction that has begun, and is no part of it', async () => {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const other = database.writer.transaction().execute(async (tx) => {
    await tx
      .insertInto('leases')
      .values({ name: 'rolled back', holder: 'other', expires_at: 1 })
      .execute();
    begun.resolve();
    await end.promise;
    throw new Error('undone');
  });
  await begun.promise;
  const step = database.transaction(() => void acquire('step'));
  // It has had its turn of the event loop by then.
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(storedNames()).toEqual([]);
  end.resolve();
  await expect(other).rejects.toThrow('undone');
  await step;
  expect(storedNames()).toEqual(['step']);
  await database[Symbol.asyncDispose]();
});

it('what comes too late is refused, and nobody waits for ever', async () => {
  const last = database.transaction(() => acquire('last').changes);
  await database[Symbol.asyncDispose]();
  await Promise.allSettled([last]);
  const late = database.transaction(() => acquire('late').changes);
  await expect(late).rejects.toThrow('not open');
});
