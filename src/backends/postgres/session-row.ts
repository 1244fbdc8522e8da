import type { Session } from '../../session/session.ts';
import { metadataTags } from '../metadata-tags.ts';
import { toSessionRow } from '../sql/tables.ts';

/** A session's row, with the tags that a GIN index finds it by. */
export function toPostgresSessionRow(session: Session) {
  return { ...toSessionRow(session), metadata_tags: metadataTags(session.metadata) };
}

/** What changed of a session's row: the statement keeps what is long and was not touched. */
export function toChangedRow(session: Session, before: Session): object {
  const { task, metadata, configurable, metadata_tags, ...row } = toPostgresSessionRow(session);
  return {
    ...row,
    ...(session.task !== before.task && { task }),
    ...(session.metadata !== before.metadata && { metadata, metadata_tags }),
    ...(session.configurable !== before.configurable && { configurable }),
  };
}
