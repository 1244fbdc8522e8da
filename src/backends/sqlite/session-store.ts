import { type Expression, type SqlBool, sql } from 'kysely';
import { SqlSessionStore } from '../sql/session-store.ts';
import { toSessionRow } from '../sql/tables.ts';
import { SqliteCheckpointTables } from './checkpoint-tables.ts';
import { type SqliteDatabase, translateSqliteError } from './database.ts';
import { SqliteCommits } from './short-commits.ts';

export function createSqliteSessionStore(database: SqliteDatabase): SqlSessionStore {
  return new SqlSessionStore(
    database.writer,
    database.reader,
    database.clock,
    new SqliteCheckpointTables(database),
    {
      toSessionRow,
      lockForUpdate: false,
      isTaken: () => false,
      short: new SqliteCommits(database),
      setDurability: (durable) => database.setDurability(durable),
      metadataMatches,
      translate: translateSqliteError,
    },
  );
}

/** json_each gives true and false as 1 and 0, so the JSON type is compared too. */
function metadataMatches(
  key: string,
  value: string | number | boolean | null,
): Expression<SqlBool> {
  const types = jsonTypes(value);
  const sameValue =
    value === null || typeof value === 'boolean' ? sql`` : sql`AND pair.value = ${value}`;
  return sql<SqlBool>`EXISTS (SELECT 1 FROM json_each(metadata) AS pair
    WHERE pair.key = ${key} AND pair.type IN (${sql.join(types)}) ${sameValue})`;
}

function jsonTypes(value: string | number | boolean | null): string[] {
  if (value === null) return ['null'];
  if (typeof value === 'boolean') return [String(value)];
  return typeof value === 'string' ? ['text'] : ['integer', 'real'];
}
