// History without its values, alike in SQLite and Postgres.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { PageRequest } from '../../session/page.ts';
import type { CheckpointFilter, CheckpointRow } from '../../session/ports.ts';
import type { CheckpointSource } from '../../session/progress.ts';
import type { SessionDatabase } from './tables.ts';

interface HistoryRow {
  thread_id: string;
  checkpoint_ns: string;
  checkpoint_id: string;
  parent_checkpoint_id: string | null;
  ordinal: number;
  epoch: number;
  run_id: string | null;
  step: number;
  source: CheckpointSource;
  changed_keys: string;
}

export class SqlCheckpointHistory {
  readonly #db: Kysely<SessionDatabase>;
  readonly #checkpoints: RawBuilder<unknown>;
  readonly #translate: (error: unknown) => unknown;

  /** @param translate makes the database's error one that the user is told of */
  constructor(
    db: Kysely<SessionDatabase>,
    checkpoints: RawBuilder<unknown>,
    translate: (error: unknown) => unknown,
  ) {
    this.#db = db;
    this.#checkpoints = checkpoints;
    this.#translate = translate;
  }

  async list(
    sessionId: string,
    filter: CheckpointFilter,
    page: PageRequest<number>,
  ): Promise<CheckpointRow[]> {
    const where = [sql`thread_id = ${sessionId}`, sql`checkpoint_ns = ${filter.namespace}`];
    if (filter.source !== null) where.push(sql`source = ${filter.source}`);
    if (filter.runId !== null) where.push(sql`run_id = ${filter.runId}`);
    if (page.after !== null) where.push(sql`ordinal < ${page.after}`);
    return this.#rows(
      sql`WHERE ${sql.join(where, sql` AND `)} ORDER BY ordinal DESC LIMIT ${page.first + 1}`,
    );
  }

  async find(
    sessionId: string,
    checkpointId: string,
    namespace: string,
  ): Promise<CheckpointRow | null> {
    const rows = await this.#rows(sql`WHERE thread_id = ${sessionId}
      AND checkpoint_ns = ${namespace} AND checkpoint_id = ${checkpointId}`);
    return rows[0] ?? null;
  }

  async firstChild(row: CheckpointRow): Promise<CheckpointRow | null> {
    const rows =
      await this.#rows(sql`WHERE thread_id = ${row.sessionId} AND checkpoint_ns = ${row.namespace}
      AND parent_checkpoint_id = ${row.checkpointId} AND discarded = 0 ORDER BY ordinal LIMIT 1`);
    return rows[0] ?? null;
  }

  async listNamespaces(sessionId: string): Promise<string[]> {
    const rows = await this.#query(sql<{ checkpoint_ns: string }>`SELECT checkpoint_ns
      FROM ${this.#checkpoints}
      WHERE thread_id = ${sessionId} AND checkpoint_ns <> ''
      GROUP BY checkpoint_ns ORDER BY min(ordinal)`);
    return rows.map((row) => row.checkpoint_ns);
  }

  async #rows(clause: RawBuilder<unknown>): Promise<CheckpointRow[]> {
    const rows = await this.#query(sql<HistoryRow>`SELECT thread_id, checkpoint_ns, checkpoint_id,
      parent_checkpoint_id, ordinal, epoch, run_id, step, source, changed_keys
      FROM ${this.#checkpoints} ${clause}`);
    return rows.map(toCheckpointRow);
  }

  async #query<Row>(statement: RawBuilder<Row>): Promise<Row[]> {
    try {
      return (await statement.execute(this.#db)).rows;
    } catch (error) {
      throw this.#translate(error);
    }
  }
}

function toCheckpointRow(row: HistoryRow): CheckpointRow {
  return {
    sessionId: row.thread_id,
    namespace: row.checkpoint_ns,
    checkpointId: row.checkpoint_id,
    parentId: row.parent_checkpoint_id,
    ordinal: row.ordinal,
    epoch: row.epoch,
    runId: row.run_id,
    step: row.step,
    source: row.source,
    changedKeys: JSON.parse(row.changed_keys) as string[],
  };
}
