// When a checkpoint was the newest of its graph: from its own ordinal to that of the next, and by which epoch.
import type { CheckpointRow, Moment, SessionStore } from '../session/ports.ts';
import type { Session } from '../session/session.ts';

/** An epoch older than any: no write of a checkpoint is of it. */
const NO_EPOCH = -1;

/**
 * The moment at which the session rested at one of its graph's own checkpoints: as it was when it was paused there,
 * or, where a run only passed through, as the checkpoint was made.
 */
export async function momentAt(
  sessions: SessionStore,
  session: Session,
  row: CheckpointRow,
): Promise<Moment> {
  if (row.checkpointId === session.head) {
    return { after: row.ordinal, before: Infinity, upToEpoch: session.epoch };
  }
  const next = await sessions.nextCheckpoint(row);
  // It was the newest, and the head went back behind it.
  if (next === null) return { after: row.ordinal, before: Infinity, upToEpoch: row.epoch };
  if (next.runId !== null && next.runId === row.runId) {
    return { after: row.ordinal, before: row.ordinal, upToEpoch: NO_EPOCH };
  }
  const run = next.runId === null ? null : await sessions.findRun(next.runId, 'system');
  const upToEpoch = (run?.base?.epoch ?? next.epoch) - 1;
  return { after: row.ordinal, before: next.ordinal, upToEpoch };
}
