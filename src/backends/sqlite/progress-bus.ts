// Two processes on one SQLite file hear each other by `PRAGMA data_version`, asked only while someone listens.
import { LocalBus } from '../../progress/local-bus.ts';
import {
  LOOK,
  type ProgressBus,
  type ProgressSignal,
  channelOfOwner,
  ownerOfChannel,
} from '../../session/ports.ts';
import type { SqliteDatabase } from './database.ts';

/** How late a watcher in another process hears of a commit, at the most. */
const POLL_MS = 50;

/** More changes of an owner at once are reported as one LOOK. */
const MOST_CHANGED = 1000;

/** The clocks of two processes, and the order of their commits, differ by less. */
const OVERLAP_MS = 2000;

/** The state of an owner's sessions at the last poll; times in ms since 1970. */
interface Owner {
  /** How many sessions were created up to `createdUpTo`. */
  readonly count: number;
  readonly createdUpTo: number;
  readonly updatedAt: number;
  /** Marks of the sessions that changed last, as they were published, by session id. */
  readonly published: Map<string, string>;
}

interface ChangedRow {
  readonly id: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly last_event: number;
  readonly epoch: number;
}

function markOf({ updated_at: updatedAt, last_event: lastEvent, epoch }: ChangedRow): string {
  return `${updatedAt}/${lastEvent}/${epoch}`;
}

/** No version of a file. */
const UNREAD = -1;

export class SqliteProgressBus implements ProgressBus, Disposable {
  readonly #local = new LocalBus();
  readonly #database: SqliteDatabase;
  readonly #seen = new Map<string, string>();
  readonly #owners = new Map<string, Owner>();
  #version: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(database: SqliteDatabase) {
    this.#database = database;
    this.#version = database.dataVersion();
  }

  publish(channel: string, signal: ProgressSignal): void {
    const ownerId = ownerOfChannel(channel);
    if (ownerId !== undefined && signal.type === 'session')
      this.#remember(ownerId, signal.sessionId);
    this.#local.publish(channel, signal);
  }

  subscribed(): Promise<void> {
    return Promise.resolve();
  }

  subscribe(channel: string, listener: (signal: ProgressSignal) => void): () => void {
    const unsubscribe = this.#local.subscribe(channel, listener);
    const ownerId = ownerOfChannel(channel);
    if (ownerId !== undefined && !this.#owners.has(ownerId)) this.#watchOwner(ownerId);
    this.#timer ??= setInterval(() => this.#poll(), POLL_MS).unref();
    return () => {
      unsubscribe();
      if (this.#local.watched().length === 0) this[Symbol.dispose]();
    };
  }

  /** If the file cannot be read, the next poll that can publishes everything. */
  #watchOwner(ownerId: string): void {
    try {
      this.#owners.set(ownerId, this.#ownerNow(ownerId));
    } catch {
      this.#version = UNREAD;
      const published = new Map<string, string>();
      this.#owners.set(ownerId, { count: 0, createdUpTo: 0, updatedAt: 0, published });
    }
  }

  #ownerNow(ownerId: string): Owner {
    const population = this.#population(ownerId);
    const recent = this.#changedSince(ownerId, population.updatedAt - OVERLAP_MS);
    const published = new Map(recent.map((row) => [row.id, markOf(row)]));
    return { ...population, published };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#seen.clear();
    this.#owners.clear();
  }

  /** A file that cannot be read is asked again with the next poll. */
  #poll(): void {
    try {
      this.#publishChanges();
    } catch {
      this.#version = UNREAD;
    }
  }

  #publishChanges(): void {
    const version = this.#database.dataVersion();
    if (version === this.#version) return;
    this.#version = version;
    const channels = this.#local.watched();
    const watched = channels.filter((channel) => ownerOfChannel(channel) === undefined);
    for (const ownerId of this.#owners.keys()) this.#pollOwner(ownerId);
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

  /** Publishes which of an owner's sessions have changed since the last poll, or LOOK if some were deleted. */
  #pollOwner(ownerId: string): void {
    const channel = channelOfOwner(ownerId);
    const owner = this.#owners.get(ownerId);
    if (owner === undefined || !this.#local.isWatched(channel)) {
      this.#owners.delete(ownerId);
      return;
    }
    const { count } = this.#population(ownerId, owner.createdUpTo);
    if (count < owner.count) this.#local.publish(channel, LOOK);
    const changed = this.#changedSince(ownerId, owner.updatedAt - OVERLAP_MS);
    const fresh = changed.filter((row) => owner.published.get(row.id) !== markOf(row));
    if (fresh.length === MOST_CHANGED) this.#local.publish(channel, LOOK);
    else
      for (const { id: sessionId, created_at: createdAt } of fresh) {
        const isNew = createdAt > owner.createdUpTo && !owner.published.has(sessionId);
        this.#local.publish(channel, { type: 'session', sessionId, isNew });
      }
    const published = new Map(changed.map((row) => [row.id, markOf(row)]));
    this.#owners.set(ownerId, { ...this.#population(ownerId), published });
  }

  /** How many sessions were created up to then, and when the newest was created and changed. */
  #population(ownerId: string, createdUpTo?: number): Omit<Owner, 'published'> {
    const [row] = this.#database.readAll(
      `SELECT count(*) AS count, max(created_at) AS created_at, max(updated_at) AS updated_at
        FROM sessions WHERE owner_id = ? AND created_at <= ?`,
      [ownerId, createdUpTo ?? Number.MAX_SAFE_INTEGER],
    ) as { count: number; created_at: number | null; updated_at: number | null }[];
    return {
      count: row?.count ?? 0,
      createdUpTo: row?.created_at ?? 0,
      updatedAt: row?.updated_at ?? 0,
    };
  }

  #changedSince(ownerId: string, since: number): ChangedRow[] {
    return this.#database.readAll(
      `SELECT id, created_at, updated_at, last_event, epoch FROM sessions
        WHERE owner_id = ? AND updated_at >= ? ORDER BY updated_at DESC LIMIT ?`,
      [ownerId, since, MOST_CHANGED],
    ) as ChangedRow[];
  }

  /** A change that this process publishes is not published again by the poll. */
  #remember(ownerId: string, sessionId: string): void {
    const owner = this.#owners.get(ownerId);
    if (owner === undefined) return;
    owner.published.delete(sessionId);
    try {
      const [row] = this.#database.readAll(
        'SELECT id, created_at, updated_at, last_event, epoch FROM sessions WHERE id = ?',
        [sessionId],
      ) as ChangedRow[];
      if (row !== undefined) owner.published.set(sessionId, markOf(row));
    } catch {
      // Then the poll publishes it once more.
      this.#version = UNREAD;
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
