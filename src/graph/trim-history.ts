// Takes old checkpoints out of a settled session's history, but none that anything still goes on from: the newest
// stay, the head stays, and what those need of older ones.
import type { Backend, CheckpointPlace, CheckpointRow } from '../session/ports.ts';
import { type Session, isSettled } from '../session/session.ts';
import { intervalAt } from './history-interval.ts';
import { neededAncestors, placeIn } from './needed-ancestors.ts';

/** Checkpoints removed in one step: others who write to the store wait so long. */
const AT_A_TIME = 200;

export interface Trimming {
  readonly backend: Pick<Backend, 'sessions' | 'savers'>;
  /** How many of the graph's own checkpoints stay. */
  readonly keep: number;
}

/**
 * Trims the session as it was seen. Each of its steps begins a new epoch, so that nothing that was made up before it, a
 * fork, an edit, a resume or another trim, takes what it removed to be there still.
 * @returns how many checkpoints were removed; undefined where the session moved meanwhile, and the rest waits
 */
export async function trimHistory(seen: Session, trimming: Trimming): Promise<number | undefined> {
  const { sessions } = trimming.backend;
  const kept = await sessions.listCheckpoints(
    seen.id,
    'system',
    { namespace: '', source: null, run: null },
    { first: trimming.keep, after: null },
  );
  let removed = 0;
  let session: Session | undefined = seen;
  const oldest = kept.items.at(-1);
  if (kept.hasNext && oldest !== undefined) {
    const needed = await neededBefore(seen, kept.items, oldest, trimming);
    for await (const places of removable(trimming, seen.id, oldest.ordinal, needed)) {
      session = await change(trimming, session, { epoch: session.epoch + 1 }, places);
      if (session === undefined) return undefined;
      removed += places.length;
    }
    if (!(await sessions.sweepValues(session))) return undefined;
  }
  const done = await change(trimming, session, { trimmedAt: seen.lastOrdinal });
  return done && removed;
}

/** The session with its changes; undefined where it is not as it was seen. */
async function change(
  { backend }: Trimming,
  seen: Session,
  changes: Partial<Session>,
  remove?: readonly CheckpointPlace[],
): Promise<Session | undefined> {
  let stored = false;
  const state = await backend.sessions.change(seen.id, 'system', ({ session }) => {
    stored = isSettled(session) && session.epoch === seen.epoch && session.head === seen.head;
    return stored ? { session: { ...session, ...changes }, remove } : undefined;
  });
  return stored ? state?.session : undefined;
}

/** Newest first: what is still there has all of its ancestors. */
async function* removable(
  { backend }: Trimming,
  sessionId: string,
  before: number,
  needed: ReadonlySet<string>,
): AsyncGenerator<CheckpointPlace[]> {
  for (const whose of ['subgraphs', 'graph'] as const) {
    let end = before;
    for (;;) {
      const range = { after: 0, before: end, limit: AT_A_TIME };
      const rows = await backend.sessions.listRange(sessionId, whose, range);
      const places = rows.filter((row) => !needed.has(placeIn(row)));
      if (places.length > 0) yield places;
      if (rows.length < AT_A_TIME) break;
      end = rows.at(-1)?.ordinal ?? 0;
    }
  }
}

/** Places of the checkpoints older than the oldest that stays which must stay as well. */
async function neededBefore(
  session: Session,
  kept: readonly CheckpointRow[],
  oldest: CheckpointRow,
  { backend }: Trimming,
): Promise<ReadonlySet<string>> {
  const { sessions } = backend;
  // What keeps one history for the whole session, as it was at the oldest that stays.
  const then = { after: oldest.ordinal, before: oldest.ordinal, upToEpoch: session.epoch };
  const needed = [...(await sessions.subgraphsAt(session.id, then))];
  const head =
    session.head === null
      ? null
      : await sessions.findCheckpoint(session.id, 'system', session.head, '');
  if (head !== null && head.ordinal < oldest.ordinal) {
    const interval = await intervalAt(sessions, session, head);
    needed.push(head, ...(await sessions.subgraphsAt(session.id, interval)));
  }
  const since = { after: oldest.ordinal, before: Infinity, limit: Number.MAX_SAFE_INTEGER };
  const ofSubgraphs = await sessions.listRange(session.id, 'subgraphs', since);
  const stay = [...kept, ...ofSubgraphs, ...needed];
  const places = new Set(stay.map(placeIn));
  // The others' parents stay, and need what they need.
  const edge = stay.filter(
    ({ namespace, parentId }) => !places.has(placeIn({ namespace, checkpointId: parentId ?? '' })),
  );
  const ancestors = await neededAncestors(backend, edge, places);
  return new Set([...needed, ...ancestors].map(placeIn));
}
