import type { SessionFilter } from './ports.ts';
import type { Session } from './session.ts';

/** Whether the session belongs into a list with this filter. */
export function matchesFilter(filter: SessionFilter, session: Session): boolean {
  const { status, graphId, metadata, forkedFromSessionId } = filter;
  return (
    (status === null || status.includes(session.status)) &&
    (graphId === null || graphId === session.graphId) &&
    (forkedFromSessionId === null || forkedFromSessionId === session.forkedFrom?.sessionId) &&
    Object.entries(metadata).every(
      ([key, value]) => Object.hasOwn(session.metadata, key) && session.metadata[key] === value,
    )
  );
}
