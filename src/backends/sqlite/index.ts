import type { Backend, Siblings } from '../../session/ports.ts';
import { createLocalRateLimiter } from '../embedded/local-rate-limiter.ts';
import { SiblingBus } from '../embedded/sibling-bus.ts';
import { LocalRunQueue } from '../embedded/local-run-queue.ts';
import { createSavers } from '../fenced-saver.ts';
import { SqlItemStore } from '../sql/item-store.ts';
import { SqliteDatabase, translateSqliteError } from './database.ts';
import { SqliteProgressBus } from './progress-bus.ts';
import { SqliteSaverStorage } from './saver-storage.ts';
import { createSqliteSessionStore } from './session-store.ts';
import { SqliteWorkerRegistry } from './worker-registry.ts';

/**
 * Opens the SQLite file, creating and migrating it as needed.
 * @param siblings the other processes of the program, on the same file
 * @throws GatewayError BACKEND_UNAVAILABLE saying what is wrong with it
 */
export async function openSqliteBackend(path: string, siblings?: Siblings): Promise<Backend> {
  const database = await SqliteDatabase.open(path);
  const polled = new SqliteProgressBus(database);
  const bus = siblings === undefined ? polled : new SiblingBus(polled, siblings);
  return {
    name: 'sqlite',
    risk: null,
    sessions: createSqliteSessionStore(database),
    savers: createSavers(new SqliteSaverStorage(database, bus)),
    items: new SqlItemStore(database.writer, database.reader, database.clock, {
      locksRows: false,
      setDurability: (durable) => database.setDurability(durable),
      translate: translateSqliteError,
    }),
    clock: database.clock,
    bus,
    queue: new LocalRunQueue(siblings),
    createRateLimiter: createLocalRateLimiter,
    openWorkerRegistry: () => SqliteWorkerRegistry.open(database),
    checks: {
      backend: () => database.checkWritable(),
    },
    async [Symbol.asyncDispose]() {
      polled[Symbol.dispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
