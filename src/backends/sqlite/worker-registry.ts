// Who lives on this SQLite file (promise 6). Each worker process has a row that a thread of its own counts up, so
// that a node that blocks the event loop is not taken for dead, nor a change of the clock for time.
import { randomUUID } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { WorkerRegistry } from '../../session/ports.ts';
import type { SqliteDatabase } from './database.ts';

/** How often a worker counts. */
const BEAT_MS = 500;
/** A worker of another host, or a frozen one, is dead once its count has stood still this long. */
const STALE_MS = 4000;

interface WorkerRow {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly beat: number;
}

export class SqliteWorkerRegistry implements WorkerRegistry {
  readonly workerId = randomUUID();
  readonly #database: SqliteDatabase;
  readonly #thread: Worker;
  readonly #host = hostName();
  /** The newest count of each other worker, and when it was first seen, on the monotonic clock. */
  readonly #seen = new Map<string, { beat: number; at: number }>();

  private constructor(database: SqliteDatabase) {
    this.#database = database;
    this.#thread = new Worker(new URL('./heartbeat-thread.js', import.meta.url), {
      workerData: {
        path: database.path,
        workerId: this.workerId,
        host: this.#host,
        everyMs: BEAT_MS,
      },
    });
    this.#thread.unref();
  }

  static async open(database: SqliteDatabase): Promise<SqliteWorkerRegistry> {
    const registry = new SqliteWorkerRegistry(database);
    await database.transaction(() =>
      database
        .statement('INSERT OR IGNORE INTO workers (id, host, pid, beat) VALUES (?, ?, ?, 0)')
        .run(registry.workerId, registry.#host, process.pid),
    );
    return registry;
  }

  async living(): Promise<readonly string[]> {
    const rows = this.#database.readAll(
      'SELECT id, host, pid, beat FROM workers',
      [],
    ) as WorkerRow[];
    const dead = rows.filter((row) => this.#isDead(row));
    if (dead.length > 0) await this.#bury(dead);
    return rows.filter((row) => !dead.includes(row)).map(({ id }) => id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread.terminate();
    await this.#database.transaction(() =>
      this.#database.statement('DELETE FROM workers WHERE id = ?').run(this.workerId),
    );
  }

  #isDead(row: WorkerRow): boolean {
    if (row.id === this.workerId) return false;
    if (row.host === this.#host && (row.pid === process.pid || !isRunning(row.pid))) return true;
    const seen = this.#seen.get(row.id);
    if (seen === undefined || seen.beat !== row.beat) {
      this.#seen.set(row.id, { beat: row.beat, at: performance.now() });
      return false;
    }
    return performance.now() - seen.at > STALE_MS;
  }

  /** A frozen worker that wakes up counts again; its old epochs shut its writes out. */
  async #bury(dead: readonly WorkerRow[]): Promise<void> {
    await this.#database.transaction(() => {
      for (const { id, beat } of dead) {
        this.#database.statement('DELETE FROM workers WHERE id = ? AND beat = ?').run(id, beat);
      }
    });
    for (const { id } of dead) this.#seen.delete(id);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** Process ids mean something only within one host and, on Linux, one PID namespace. */
function hostName(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}
