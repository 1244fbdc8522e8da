import type { Session } from '../../session/session.ts';
import { metadataTags } from '../metadata-tags.ts';
import { toSessionRow } from '../sql/tables.ts';

/** A session's row, with the tags that a GIN index finds it by. */
export function toPostgresSessionRow(session: Session) {
  return { ...toSessionRow(session), metadata_tags: metadataTags(session.metadata) };
}
