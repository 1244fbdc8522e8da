// History without its values, alike in SQLite and Postgres: each look is by an index, whatever the history's length.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { PageRequest } from '../../session/page.ts';
import type {
  Actor,
  CheckpointFilter,
  CheckpointPlace,
  CheckpointRow,
  HistoryInterval,
  OrdinalRange,
} from '../../session/ports.ts';
import type { CheckpointSource } from '../../session/progress.ts';
import type { SessionDatabase } from './tables.ts';

interface HistoryRow {
  thread_id: string;
  checkpoint_ns: string;
  checkpoint_id: string;
  parent_checkpoint_id: string | null;
  created_at: number | null;
  ordinal: number;
  epoch: number;
  run_id: string | null;
  step: number;
  source: CheckpointSource;
  changed_keys: string;
}

/** Where the tables are, and how their errors are told. */
export interface HistoryTables {
  readonly checkpoints: RawBuilder<unknown>;
  readonly sessions: RawBuilder<unknown>;
  /** The condition on a namespace that it outlives its tasks: it has no task's id. As it is in the tables' index. */
  readonly isPersistent: RawBuilder<unknown>;
  /** LangGraph's metadata as JSON text. */
  readonly metadataText: RawBuilder<string>;
  /** Makes the database's error one that the user is told of. */
  translate(error: unknown): unknown;
}

/** No ordinal and no epoch is higher. */
const HIGHEST = Number.MAX_SAFE_INTEGER;

export class SqlCheckpointHistory {
  readonly #db: Kysely<SessionDatabase>;
  readonly #tables: HistoryTables;

  constructor(db: Kysely<SessionDatabase>, tables: HistoryTables) {
    this.#db = db;
    this.#tables = tables;
  }

  async list(
    sessionId: string,
    actor: Actor,
    filter: CheckpointFilter,
    page: PageRequest<number>,
  ): Promise<CheckpointRow[]> {
    const where = [
      sql`thread_id = ${sessionId}`,
      sql`checkpoint_ns = ${filter.namespace}`,
      this.#owned(actor),
    ];
    if (filter.source !== null) where.push(sql`source = ${filter.source}`);
    // Said again as a constant: the index of the rare sources serves only what is known to be one.
    if (filter.source !== null && filter.source !== 'LOOP') where.push(sql`source <> 'LOOP'`);
    if (filter.run !== null) {
      const { runId, after, upTo } = filter.run;
      where.push(sql`run_id = ${runId}`, sql`ordinal > ${after}`);
      if (upTo !== null) where.push(sql`ordinal <= ${upTo}`);
    }
    if (page.after !== null) where.push(sql`ordinal < ${page.after}`);
    return this.#rows(
      sql`WHERE ${sql.join(where, sql` AND `)} ORDER BY ordinal DESC LIMIT ${page.first + 1}`,
    );
  }

  async find(
    sessionId: string,
    actor: Actor,
    checkpointId: string,
    namespace: string,
  ): Promise<CheckpointRow | null> {
    const rows = await this.#rows(sql`WHERE thread_id = ${sessionId}
      AND checkpoint_ns = ${namespace} AND checkpoint_id = ${checkpointId} AND ${this.#owned(actor)}`);
    return rows[0] ?? null;
  }

  /** Those before it in its namespace, newest first. */
  before(
    { sessionId, namespace, ordinal }: CheckpointRow,
    limit: number,
  ): Promise<CheckpointRow[]> {
    return this.#rows(sql`WHERE thread_id = ${sessionId} AND checkpoint_ns = ${namespace}
      AND ordinal < ${ordinal} ORDER BY ordinal DESC LIMIT ${limit}`);
  }

  async next(row: CheckpointRow): Promise<CheckpointRow | null> {
    const rows = await this.#rows(sql`WHERE thread_id = ${row.sessionId}
      AND checkpoint_ns = ${row.namespace} AND ordinal > ${row.ordinal} ORDER BY ordinal LIMIT 1`);
    return rows[0] ?? null;
  }

  range(
    sessionId: string,
    whose: 'graph' | 'subgraphs',
    { after, before, limit }: OrdinalRange,
  ): Promise<CheckpointRow[]> {
    const namespace = whose === 'graph' ? sql`checkpoint_ns = ''` : sql`checkpoint_ns <> ''`;
    return this.#rows(sql`WHERE thread_id = ${sessionId} AND ${namespace}
      AND ordinal > ${after} AND ordinal < ${Math.min(before, HIGHEST)}
      ORDER BY ordinal DESC LIMIT ${limit}`);
  }

  subgraphsAt(
    sessionId: string,
    { after, before, upToEpoch }: HistoryInterval,
  ): Promise<CheckpointRow[]> {
    const { checkpoints, isPersistent } = this.#tables;
    const seen = sql`thread_id = ${sessionId} AND ordinal < ${Math.min(before, HIGHEST)}
      AND discarded = 0 AND epoch <= ${upToEpoch}`;
    // Lasting namespaces are few, and found one after the other in their index, past what stands in each.
    const following = (
      past: RawBuilder<unknown>,
    ) => sql`(SELECT min(checkpoint_ns) FROM ${checkpoints}
      WHERE thread_id = ${sessionId} AND ${isPersistent} AND checkpoint_ns > ${past})`;
    return this.#rows(sql`WHERE thread_id = ${sessionId} AND checkpoint_ns <> '' AND ordinal IN (
      WITH RECURSIVE persistent (name) AS (
        SELECT ${following(sql`''`)}
        UNION ALL SELECT ${following(sql`persistent.name`)} FROM persistent WHERE persistent.name IS NOT NULL
      )
      SELECT max(ordinal) FROM ${checkpoints}
      WHERE ${seen} AND checkpoint_ns <> '' AND ordinal > ${after} GROUP BY checkpoint_ns
      UNION SELECT (SELECT ordinal FROM ${checkpoints}
        WHERE ${seen} AND ${isPersistent} AND checkpoint_ns = persistent.name ORDER BY ordinal DESC LIMIT 1)
      FROM persistent WHERE persistent.name IS NOT NULL
    ) ORDER BY ordinal`);
  }

  async listNamespaces(sessionId: string, actor: Actor): Promise<string[]> {
    const rows = await this.#query(sql<{ checkpoint_ns: string }>`SELECT checkpoint_ns
      FROM ${this.#tables.checkpoints}
      WHERE thread_id = ${sessionId} AND checkpoint_ns <> '' AND ${this.#owned(actor)}
      GROUP BY checkpoint_ns ORDER BY min(ordinal)`);
    return rows.map((row) => row.checkpoint_ns);
  }

  async readMetadata(places: readonly CheckpointPlace[]): Promise<(string | undefined)[]> {
    if (places.length === 0) return [];
    const rows = await this.#query(sql<
      Pick<HistoryRow, 'thread_id' | 'checkpoint_ns' | 'checkpoint_id'> & { metadata: string }
    >`SELECT thread_id, checkpoint_ns, checkpoint_id, ${this.#tables.metadataText} AS metadata
      FROM ${this.#tables.checkpoints} WHERE ${isOneOf(places)}`);
    const found = new Map(
      rows.map((row) => [keyOf(row.thread_id, row.checkpoint_ns, row.checkpoint_id), row.metadata]),
    );
    return places.map(({ sessionId, namespace, checkpointId }) =>
      found.get(keyOf(sessionId, namespace, checkpointId)),
    );
  }

  #owned(actor: Actor): RawBuilder<unknown> {
    if (actor === 'system') return sql`TRUE`;
    return sql`EXISTS (SELECT 1 FROM ${this.#tables.sessions} AS s
      WHERE s.id = thread_id AND s.owner_id = ${actor.ownerId})`;
  }

  async #rows(clause: RawBuilder<unknown>): Promise<CheckpointRow[]> {
    const rows = await this.#query(sql<HistoryRow>`SELECT thread_id, checkpoint_ns, checkpoint_id,
      parent_checkpoint_id, created_at, ordinal, epoch, run_id, step, source, changed_keys
      FROM ${this.#tables.checkpoints} ${clause}`);
    return rows.map(toCheckpointRow);
  }

  async #query<Row>(statement: RawBuilder<Row>): Promise<Row[]> {
    try {
      return (await statement.execute(this.#db)).rows;
    } catch (error) {
      throw this.#tables.translate(error);
    }
  }
}

/** The condition that a row of a checkpoint table is at one of these places. */
export function isOneOf(places: readonly CheckpointPlace[]): RawBuilder<unknown> {
  const rows = places.map(
    ({ sessionId, namespace, checkpointId }) => sql`(${sessionId}, ${namespace}, ${checkpointId})`,
  );
  return sql`(thread_id, checkpoint_ns, checkpoint_id) IN (VALUES ${sql.join(rows)})`;
}

function keyOf(...place: readonly string[]): string {
  return JSON.stringify(place);
}

function toCheckpointRow(row: HistoryRow): CheckpointRow {
  return {
    sessionId: row.thread_id,
    namespace: row.checkpoint_ns,
    checkpointId: row.checkpoint_id,
    parentId: row.parent_checkpoint_id,
    createdAt: row.created_at ?? 0,
    ordinal: row.ordinal,
    epoch: row.epoch,
    runId: row.run_id,
    step: row.step,
    source: row.source,
    changedKeys: JSON.parse(row.changed_keys) as string[],
  };
}
