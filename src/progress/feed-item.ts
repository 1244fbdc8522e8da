// What a watcher of a session is sent.
import { type LiveEvent, type LogEntry, encodeCursor } from '../session/progress.ts';
import type { Session } from '../session/session.ts';

/** Where an item stands: `sequence` and `cursor` of the last durable event the watcher has. */
export interface Place {
  readonly sessionId: string;
  readonly sequence: number;
  readonly cursor: string;
}

export type FeedItem =
  | (Place & { readonly kind: 'snapshot'; readonly session: Session; readonly at: number })
  | (Place & { readonly kind: 'gap'; readonly requestedAfter: string; readonly at: number })
  | DurableItem
  | LiveItem
  /** The feed's end for a reason. */
  | { readonly kind: 'failure'; readonly error: unknown };

export type DurableItem = Place & {
  readonly kind: 'durable';
  readonly entry: LogEntry;
};

/** Nothing is queued or running after the newest event that was passed on. */
export type Settled = Place & { readonly kind: 'settled' };
export type LiveItem = Place & { readonly kind: 'live'; readonly event: LiveEvent };

export function placeOf(sessionId: string, sequence: number): Place {
  return { sessionId, sequence, cursor: encodeCursor(sessionId, sequence) };
}

export function snapshotOf(session: Session): FeedItem {
  return { kind: 'snapshot', ...placeOf(session.id, session.lastEvent), session, at: Date.now() };
}

/** Its place is the one that was asked for. */
export function gapAfter(sessionId: string, sequence: number): FeedItem {
  const place = placeOf(sessionId, sequence);
  return { kind: 'gap', ...place, requestedAfter: place.cursor, at: Date.now() };
}
