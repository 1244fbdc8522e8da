// What SQLite commits together: each is told how its own part went, whatever became of the others.
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SqliteDatabase } from '../../src/backends/sqlite/database.ts';
import { createSqliteSessionStore } from '../../src/backends/sqlite/session-store.ts';
import { startSession } from '../../src/session/lifecycle.ts';
import { temporaryFolder } from '../support/program.ts';
import { NEW_RUN, aliceSession } from '../../src/testing/sessions.ts';

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

/** Another program, which holds the lock of all writes until `release`. */
function holdLock(): { release(): void } {
  const file = new Database(database.path);
  file.exec('BEGIN IMMEDIATE');
  return {
    release() {
      file.exec('ROLLBACK');
      file.close();
    },
  };
}

it('a lock that another program holds delays writes, and neither reads nor the event loop', async () => {
  const lock = holdLock();
  const stored: string[] = [];
  const name = (text: string) => () => void stored.push(text);
  const writes = [
    database.transaction(() => void acquire('direct')).then(name('direct')),
    database.writer
      .transaction()
      .execute((tx) =>
        tx.insertInto('leases').values({ name: 'kysely', holder: 'h', expires_at: 1 }).execute(),
      )
      .then(name('kysely')),
  ];
  let longest = 0;
  let last = performance.now();
  for (const end = last + 1000; last < end;) {
    await sleep(5);
    expect(database.readAll('SELECT count(*) AS n FROM leases', [])).toHaveLength(1);
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
  expect(stored).toEqual([]);
  // The lock is held for longer than anything else here takes.
  expect(longest).toBeLessThan(500);
  lock.release();
  await Promise.all(writes);
  expect(storedNames()).toEqual(['direct', 'kysely']);
  await database[Symbol.asyncDispose]();
});

it('an error that undoes the transaction by itself, as a full disk does, stays the one that is told', async () => {
  await database.transaction(() => void acquire('taken'));
  const transaction = database.writer
    .transaction()
    .execute((each) =>
      sql`INSERT OR ROLLBACK INTO leases (name, holder, expires_at) VALUES ('taken', 'h', 1)`.execute(
        each,
      ),
    );
  await expect(transaction).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_PRIMARYKEY' });
  await database.transaction(() => void acquire('next'));
  expect(storedNames()).toEqual(['next', 'taken']);
  await database[Symbol.asyncDispose]();
});

it('what is the store’s doing may be tried again; a defect is none of that', async () => {
  const failing = (sql: string) => database.transaction(() => database.statement(sql).run());
  await database.transaction(() => void acquire('taken'));
  for (const defect of [
    'INSERT INTO no_such_table VALUES (1)',
    'SELEKT 1',
    "INSERT INTO leases (name, holder, expires_at) VALUES ('taken', 'h', 1)",
  ])
    await expect(failing(defect)).rejects.toSatisfy(
      (error) => error instanceof Database.SqliteError,
    );
  database.statement('PRAGMA query_only = true').run();
  await expect(database.transaction(() => void acquire('later'))).rejects.toMatchObject({
    code: 'BACKEND_UNAVAILABLE',
  });
  await database[Symbol.asyncDispose]();
});

it('waits for the disk with what a user was promised, and not with a step', async () => {
  const sessions = createSqliteSessionStore(database);
  const store = async () => {
    const session = aliceSession(1);
    await sessions.create(startSession(session, { ...NEW_RUN, id: session.id }, 1, undefined));
    return session.id;
  };
  const isDurable = () => {
    const row = database.statement('PRAGMA synchronous').get() as { synchronous: number };
    return row.synchronous === 2;
  };
  await database.transaction(() => undefined);
  expect(isDurable()).toBe(false);
  const id = await store();
  expect(isDurable()).toBe(true);
  await sessions.change(id, 'system', ({ session }) => ({ session: { ...session, task: 'a' } }));
  expect(isDurable()).toBe(false);
  const alice = { ownerId: 'alice' };
  await sessions.change(id, alice, ({ session }) => ({ session: { ...session, task: 'b' } }));
  expect(isDurable()).toBe(true);
  await database[Symbol.asyncDispose]();
});
