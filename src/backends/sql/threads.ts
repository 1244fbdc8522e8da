import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Thread } from './dialect.ts';
import type { SessionDatabase } from './tables.ts';

/**
 * The threads of these tables after one, in order: from one to the next by each table's key, past all of its rows.
 * @param isOwn a condition on `threads.id`: whether this gateway has written it
 */
export async function listThreads(
  db: Kysely<SessionDatabase>,
  tables: readonly RawBuilder<unknown>[],
  sessions: RawBuilder<unknown>,
  isOwn: RawBuilder<unknown>,
  after: string,
  limit: number,
): Promise<readonly Thread[]> {
  const nextAfter = (id: RawBuilder<unknown>) =>
    sql`(SELECT min(first) FROM (${sql.join(
      tables.map(
        (table) => sql`SELECT min(thread_id) AS first FROM ${table} WHERE thread_id > ${id}`,
      ),
      sql` UNION ALL `,
    )}) AS firsts)`;
  const { rows } = await sql<{
    id: string;
    owned: number;
    own: number;
  }>`WITH RECURSIVE threads (id, number) AS (
      SELECT ${nextAfter(sql`${after}`)}, 1
      UNION ALL
      SELECT ${nextAfter(sql`threads.id`)}, number + 1 FROM threads
      WHERE threads.id IS NOT NULL AND number < ${limit}
    )
    SELECT id, CASE WHEN EXISTS (SELECT 1 FROM ${sessions} AS s WHERE s.id = threads.id) THEN 1 ELSE 0 END AS owned,
      CASE WHEN ${isOwn} THEN 1 ELSE 0 END AS own
    FROM threads WHERE id IS NOT NULL`.execute(db);
  return rows.map(({ id, owned, own }) => ({ id, owned: owned === 1, own: own === 1 }));
}
