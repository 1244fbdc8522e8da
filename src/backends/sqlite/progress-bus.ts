// Two processes on one SQLite file hear each other by `PRAGMA data_version`, asked only while someone listens.
import { LocalBus } from '../../progress/local-bus.ts';
import { LOOK, type ProgressBus, type ProgressSignal } from '../../session/ports.ts';
import type { SqliteDatabase } from './database.ts';

/** How late a watcher in another process hears of a commit, at the most. */
const POLL_MS = 50;

export class SqliteProgressBus implements ProgressBus, Disposable {
  readonly #local = new LocalBus();
  readonly #database: SqliteDatabase;
  readonly #seen = new Map<string, string>();
  #version: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(database: SqliteDatabase) {
    this.#database = database;
    this.#version = database.dataVersion();
  }

  publish(sessionId: string, signal: ProgressSignal): void {
    this.#local.publish(sessionId, signal);
  }

  subscribe(sessionId: string, listener: (signal: ProgressSignal) => void): () => void {
    const unsubscribe = this.#local.subscribe(sessionId, listener);
    this.#timer ??= setInterval(() => this.#poll(), POLL_MS).unref();
    return () => {
      unsubscribe();
      if (this.#local.watched().length === 0) this[Symbol.dispose]();
    };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#seen.clear();
  }

  #poll(): void {
    const version = this.#database.dataVersion();
    if (version === this.#version) return;
    this.#version = version;
    const watched = this.#local.watched();
    const marks = this.#marks(watched);
    for (const sessionId of watched) {
      const mark = marks.get(sessionId) ?? 'deleted';
      if (this.#seen.get(sessionId) === mark) continue;
      this.#seen.set(sessionId, mark);
      this.publish(sessionId, LOOK);
    }
    for (const sessionId of this.#seen.keys()) {
      if (!marks.has(sessionId)) this.#seen.delete(sessionId);
    }
  }

  /** What tells that a session has changed: its newest event and its epoch. */
  #marks(sessionIds: readonly string[]): Map<string, string> {
    const rows = this.#database.readAll(
      'SELECT id, last_event, epoch FROM sessions WHERE id IN (SELECT value FROM json_each(?))',
      [JSON.stringify(sessionIds)],
    ) as { id: string; last_event: number; epoch: number }[];
    return new Map(rows.map(({ id, last_event, epoch }) => [id, `${last_event}/${epoch}`]));
  }
}
