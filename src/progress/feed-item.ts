// What a watcher of a session is sent.
import { type LiveEvent, type LogEntry, encodeCursor } from '../session/progress.ts';
import type { Session } from '../session/session.ts';

/** Where an item stands: `sequence` and `cursor` of the last durable event the watcher has. */
export interface Place {
  readonly sessionId: string;
  readonly sequence: number;
  readonly cursor: string;
}

/** `at` is ms since 1970. */
export type FeedItem = SnapshotItem | GapItem | DurableItem | LiveItem;

export interface SnapshotItem extends Place {
  readonly kind: 'snapshot';
  readonly runId: null;
  readonly at: number;
  readonly session: Session;
}

/** The log does not reach back to what was asked for; a snapshot follows. */
export interface GapItem extends Place {
  readonly kind: 'gap';
  readonly runId: null;
  readonly at: number;
  readonly requestedAfter: string;
}

export interface DurableItem extends Place, LogEntry {
  readonly kind: 'durable';
}

export interface LiveItem extends Place, LiveEvent {
  readonly kind: 'live';
}

/** The feed's end for a reason. */
export interface Failure {
  readonly kind: 'failure';
  readonly error: unknown;
}

/** Nothing is queued or running after the newest event that was passed on. */
export interface Settled extends Place {
  readonly kind: 'settled';
}

export function placeOf(sessionId: string, sequence: number): Place {
  return { sessionId, sequence, cursor: encodeCursor(sessionId, sequence) };
}

export function snapshotOf(session: Session): SnapshotItem {
  const place = placeOf(session.id, session.lastEvent);
  return { kind: 'snapshot', ...place, runId: null, at: Date.now(), session };
}

/** Its place is the one that was asked for. */
export function gapAfter(sessionId: string, sequence: number): GapItem {
  const place = placeOf(sessionId, sequence);
  return { kind: 'gap', ...place, runId: null, at: Date.now(), requestedAfter: place.cursor };
}
