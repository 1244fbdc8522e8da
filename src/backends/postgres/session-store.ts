import { sql, type SqlBool } from 'kysely';
import { metadataTag } from '../metadata-tags.ts';
import { SqlSessionStore } from '../sql/session-store.ts';
import { PostgresCheckpointTables } from './checkpoint-tables.ts';
import type { PostgresDatabase } from './database.ts';
import { isDuplicate, translatePostgresError } from './errors.ts';
import { PostgresCommits } from './short-commits.ts';
import { toPostgresSessionRow } from './session-row.ts';

export function createPostgresSessionStore(database: PostgresDatabase): SqlSessionStore {
  return new SqlSessionStore(
    database.db,
    database.db,
    database.clock,
    new PostgresCheckpointTables(database),
    {
      toSessionRow: toPostgresSessionRow,
      lockForUpdate: true,
      isTaken: (error) => isDuplicate(error, 'idempotency_keys_pk'),
      short: new PostgresCommits(database),
      metadataMatches: (key, value) =>
        sql<SqlBool>`metadata_tags @> ARRAY[${metadataTag(key, value)}]`,
      translate: translatePostgresError,
    },
  );
}
