// Worker liveness on a SQLite file. Each worker process has a row that a thread of its own increments, so that neither a node
// that blocks the event loop nor a change of the clock is mistaken for a death.
import { randomUUID } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { WorkerRegistry } from '../../session/ports.ts';
import { BeatRecord, HeartbeatThread, threadFile } from '../heartbeat.ts';
import type { SqliteDatabase } from './database.ts';

/** How often a worker counts. */
const BEAT_MS = 500;
/** A worker of another host, or a frozen one, is dead once its count has stood still this long. */
const STALE_MS = 4000;
/** Where our own beats have not landed for this long, nobody's may. */
const BREAK_MS = 1500;

/** What the heartbeat thread is told. */
export interface SqliteHeartbeat {
  readonly path: string;
  readonly workerId: string;
  readonly host: string;
  readonly everyMs: number;
  readonly record: BeatRecord['parts'];
}

interface WorkerRow {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly beat: number;
}

export class SqliteWorkerRegistry implements WorkerRegistry {
  readonly workerId = randomUUID();
  readonly #database: SqliteDatabase;
  readonly #thread: HeartbeatThread;
  readonly #beats = BeatRecord.begin(STALE_MS);
  readonly #host = hostName();
  /** The newest count of each other worker, and when it was first seen, on the monotonic clock. */
  readonly #seen = new Map<string, { beat: number; at: number }>();

  private constructor(database: SqliteDatabase) {
    this.#database = database;
    const heartbeat: SqliteHeartbeat = {
      path: database.path,
      workerId: this.workerId,
      host: this.#host,
      everyMs: BEAT_MS,
      record: this.#beats.parts,
    };
    const file = threadFile('sqlite-heartbeat-thread', import.meta.url);
    this.#thread = new HeartbeatThread(file, heartbeat, BEAT_MS);
  }

  static async open(database: SqliteDatabase): Promise<SqliteWorkerRegistry> {
    const registry = new SqliteWorkerRegistry(database);
    await database.transaction(() => {
      registry.#removeDeadWorkers();
      database
        .statement('INSERT OR IGNORE INTO workers (id, host, pid, beat) VALUES (?, ?, ?, 0)')
        .run(registry.workerId, registry.#host, process.pid);
    });
    return registry;
  }

  isDead(workerId: string): boolean {
    const [row] = this.#database.readAll('SELECT id, host, pid, beat FROM workers WHERE id = ?', [
      workerId,
    ]) as WorkerRow[];
    // Its row goes when it leaves, or when a worker that starts clears the graves.
    if (row === undefined) this.#seen.delete(workerId);
    return row === undefined || this.#isStill(row);
  }

  beatingSince(): number {
    return this.#beats.unbrokenSince();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread[Symbol.asyncDispose]();
    await this.#database.transaction(() =>
      this.#database.statement('DELETE FROM workers WHERE id = ?').run(this.workerId),
    );
  }

  /** Rows that processes of this host left behind. */
  #removeDeadWorkers(): void {
    const rows = this.#database
      .statement('SELECT id, host, pid, beat FROM workers WHERE host = ?')
      .all(this.#host) as WorkerRow[];
    for (const row of rows.filter(({ pid }) => pid === process.pid || !isRunning(pid))) {
      this.#database.statement('DELETE FROM workers WHERE id = ?').run(row.id);
    }
  }

  #isStill(row: WorkerRow): boolean {
    if (row.id === this.workerId) return false;
    if (row.host === this.#host && (row.pid === process.pid || !isRunning(row.pid))) return true;
    // The file may be locked or the disk full: then nobody's beats land, and all counts stand still.
    const isBroken = this.#beats.silentMs() > BREAK_MS;
    if (isBroken) this.#seen.clear();
    if (isBroken || performance.now() - this.#beats.unbrokenSince() < 2 * STALE_MS) return false;
    const seen = this.#seen.get(row.id);
    if (seen === undefined || seen.beat !== row.beat) {
      this.#seen.set(row.id, { beat: row.beat, at: performance.now() });
      return false;
    }
    return performance.now() - seen.at > STALE_MS;
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
