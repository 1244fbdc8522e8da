import type { Backend } from '../../session/ports.ts';
import { createLocalRateLimiter } from '../embedded/local-rate-limiter.ts';
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
 * @throws GatewayError BACKEND_UNAVAILABLE saying what is wrong with it
 */
export async function openSqliteBackend(path: string): Promise<Backend> {
  const database = await SqliteDatabase.open(path);
  const bus = new SqliteProgressBus(database);
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
    queue: new LocalRunQueue(),
    createRateLimiter: createLocalRateLimiter,
    openWorkerRegistry: () => SqliteWorkerRegistry.open(database),
    checks: {
      backend: () => database.checkWritable(),
    },
    async [Symbol.asyncDispose]() {
      bus[Symbol.dispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
