// When a checkpoint was the newest of its graph: from its own ordinal to that of the next, and by which epoch.
import type { CheckpointRow, HistoryInterval, SessionStore } from '../session/ports.ts';
import type { Session } from '../session/session.ts';

/** An epoch older than any: no write of a checkpoint is of it. */
const NO_EPOCH = -1;

/** The span during which a checkpoint was the newest, and which of its pending writes existed by then. */
export interface CheckpointInterval extends HistoryInterval {
  /** The writes of epochs up to this one. */
  readonly writesUpTo: number;
}

/**
 * The span during which the session, as it was read, rested at one of its graph's own checkpoints: up to when it went on
 * from there, or, where a run only passed through, none.
 */
export async function intervalAt(
  sessions: SessionStore,
  session: Session,
  row: CheckpointRow,
): Promise<CheckpointInterval> {
  const rested = (before: number, upToEpoch: number): CheckpointInterval => ({
    after: row.ordinal,
    before,
    upToEpoch,
    writesUpTo: upToEpoch,
  });
  // Read with its head, so what comes after the head up to there was made from it.
  if (row.checkpointId === session.head) return rested(session.lastOrdinal + 1, session.epoch);
  const next = await sessions.nextCheckpoint(row);
  // It was the newest, and the head went back behind it.
  if (next === null) return rested(Infinity, row.epoch);
  // Of what a stock saver wrote, nothing tells where it rested.
  if (next.runId === row.runId && (next.runId !== null || next.epoch === 0)) return asMade(row);
  const run = next.runId === null ? null : await sessions.findRun(next.runId, 'system');
  return rested(next.ordinal, (run?.base?.epoch ?? next.epoch) - 1);
}

/** The instant at which the checkpoint was stored, before anything was done from it. */
export function asMade({ ordinal, epoch }: CheckpointRow): CheckpointInterval {
  return { after: ordinal, before: ordinal, upToEpoch: epoch, writesUpTo: NO_EPOCH };
}
