// What one SQL backend does its own way.
import type { Expression, Insertable, Kysely, SqlBool, Transaction } from 'kysely';
import type {
  Actor,
  CheckpointPlace,
  CheckpointRow,
  Commit,
  ForkSource,
  SessionState,
  StoredCheckpoint,
  StoredWrite,
} from '../../session/ports.ts';
import type { Session } from '../../session/session.ts';
import type { SqlCheckpointHistory } from './checkpoint-history.ts';
import type { SessionDatabase, SessionTable } from './tables.ts';

/** The checkpoint tables of one SQL backend, as the session store needs them inside its transactions. */
export interface CheckpointTables {
  /** Adds checkpoints after the session's ordinal, and writes, in the name of the session's epoch. */
  insert(
    tx: Transaction<SessionDatabase>,
    session: Session,
    checkpoints: readonly StoredCheckpoint[],
    writes: readonly StoredWrite[],
  ): Promise<void>;
  rollBack(tx: Transaction<SessionDatabase>, sessionId: string, fromEpoch: number): Promise<void>;
  /** Gives rows to checkpoints that a stock saver has written. */
  adopt(tx: Transaction<SessionDatabase>, rows: readonly CheckpointRow[]): Promise<void>;
  /** Copies the source's checkpoints under `target`; the number of those that were still there. */
  copy(tx: Transaction<SessionDatabase>, source: ForkSource, target: Session): Promise<number>;
  remove(tx: Transaction<SessionDatabase>, places: readonly CheckpointPlace[]): Promise<void>;
  /** Threads after this one, in order, and whether each is a session's. */
  threads(db: Kysely<SessionDatabase>, after: string, limit: number): Promise<readonly Thread[]>;
  /** How many bytes the session's checkpoints and writes take. */
  measure(tx: Transaction<SessionDatabase>, sessionId: string): Promise<number>;
  /** Removes values that no checkpoint of the session holds. */
  sweepValues(tx: Transaction<SessionDatabase>, sessionId: string): Promise<void>;
  deleteAll(tx: Transaction<SessionDatabase>, sessionId: string): Promise<void>;
  readonly history: SqlCheckpointHistory;
}

/** A LangGraph thread. */
export interface Thread {
  readonly id: string;
  /** Whether it is a session. */
  readonly owned: boolean;
  /** Whether this gateway has written it. */
  readonly own: boolean;
}

/** What differs between the SQL backends. */
export interface SqlDialect {
  /** The table's columns; a backend may add some of its own. */
  toSessionRow(session: Session): Insertable<SessionTable>;
  readonly lockForUpdate: boolean;
  /** Whether the error says that an idempotency key is taken. */
  isTaken(error: unknown): boolean;
  readonly short: ShortCommits;
  /** Called before a transaction begins: `durable` ones were promised to a user and survive a loss of power. */
  setDurability?(durable: boolean): void;
  metadataMatches(key: string, value: string | number | boolean | null): Expression<SqlBool>;
  /** Turns a driver's error into what the user may see. */
  translate(error: unknown): unknown;
}

/** Commits of a session, its runs and events alone, which take less than a transaction of many statements. */
export interface ShortCommits {
  /** False where the idempotency key is taken. */
  create(commit: Commit): Promise<boolean>;
  /** As the store's; undefined where it takes a transaction: nothing was changed, and it is decided anew. */
  change(
    id: string,
    actor: Actor,
    decide: (state: SessionState) => Commit | undefined,
  ): Promise<SessionState | null | undefined>;
}

/** Whether the commit is of the session, its runs and events alone. */
export function isShort({
  rollBackFrom,
  remove,
  checkpoints,
  writes,
  idempotency,
}: Commit): boolean {
  const others = [rollBackFrom, remove, checkpoints, writes, idempotency];
  return others.every((part) => part === undefined);
}
