// Takes old checkpoints out of a settled session's history, but none that anything still goes on from: the newest
// stay, the head stays, and what those need of older ones.
import type { Backend, CheckpointPlace, CheckpointRow } from '../session/ports.ts';
import { type Session, isSettled } from '../session/session.ts';
import { type CompiledGraph, graphOfNamespace, lastingNamespaces } from './compiled-graph.ts';
import { momentAt } from './moment.ts';
import { openDeltaChannels, spreadChannels } from './seal-delta.ts';

/** Checkpoints removed in one step: others who write to the store wait so long. */
const AT_A_TIME = 200;

export interface Trimming {
  readonly backend: Pick<Backend, 'sessions' | 'savers'>;
  readonly graph: CompiledGraph;
  /** How many of the graph's own checkpoints stay. */
  readonly keep: number;
}

/**
 * Trims the session as it was seen.
 * @returns how many checkpoints were removed; undefined where the session moved meanwhile, and the rest waits
 */
export async function trimHistory(
  session: Session,
  trimming: Trimming,
): Promise<number | undefined> {
  const { sessions } = trimming.backend;
  const kept = await sessions.listCheckpoints(
    session.id,
    'system',
    { namespace: '', source: null, run: null },
    { first: trimming.keep, after: null },
  );
  let removed = 0;
  const oldest = kept.items.at(-1);
  if (kept.hasNext && oldest !== undefined) {
    const needed = await neededBefore(session, kept.items, oldest, trimming);
    for await (const places of removable(trimming, session.id, oldest.ordinal, needed)) {
      if (!(await commit(trimming, session, { remove: places }))) return undefined;
      removed += places.length;
    }
    if (!(await sessions.sweepValues(session))) return undefined;
  }
  const done = await commit(trimming, session, { trimmedAt: session.lastOrdinal });
  return done ? removed : undefined;
}

/** False where the session is not as it was seen. */
async function commit(
  { backend }: Trimming,
  seen: Session,
  { remove, trimmedAt }: { remove?: readonly CheckpointPlace[]; trimmedAt?: number },
): Promise<boolean> {
  let stored = false;
  await backend.sessions.change(seen.id, 'system', ({ session }) => {
    stored = isSettled(session) && session.epoch === seen.epoch && session.head === seen.head;
    if (!stored) return undefined;
    return { session: { ...session, trimmedAt: trimmedAt ?? session.trimmedAt }, remove };
  });
  return stored;
}

async function* removable(
  { backend }: Trimming,
  sessionId: string,
  before: number,
  needed: ReadonlySet<string>,
): AsyncGenerator<CheckpointPlace[]> {
  for (const whose of ['subgraphs', 'graph'] as const) {
    let after = 0;
    for (;;) {
      const stretch = { after, before, limit: AT_A_TIME };
      const rows = await backend.sessions.listStretch(sessionId, whose, stretch);
      const places = rows.filter((row) => !needed.has(keyOf(row)));
      if (places.length > 0) yield places;
      if (rows.length < AT_A_TIME) break;
      after = rows.at(-1)?.ordinal ?? before;
    }
  }
}

/** Keys of the checkpoints older than the oldest that stays which must stay as well. */
async function neededBefore(
  session: Session,
  kept: readonly CheckpointRow[],
  oldest: CheckpointRow,
  trimming: Trimming,
): Promise<ReadonlySet<string>> {
  const { backend, graph } = trimming;
  const { sessions } = backend;
  const lasting = lastingNamespaces(graph);
  const needed = new Map<string, CheckpointRow>();
  const add = (rows: readonly CheckpointRow[]) => {
    for (const row of rows) needed.set(keyOf(row), row);
  };
  // What keeps one history for the whole session, as it was at the oldest that stays.
  const then = { after: oldest.ordinal, before: oldest.ordinal, upToEpoch: session.epoch };
  add(await sessions.subgraphsAt(session.id, then, lasting));

  const head =
    session.head === null
      ? null
      : await sessions.findCheckpoint(session.id, 'system', session.head, '');
  if (head !== null && head.ordinal < oldest.ordinal) {
    add([head]);
    const moment = await momentAt(sessions, session, head);
    add(await sessions.subgraphsAt(session.id, moment, lasting));
  }
  const lastingKept = await keptOf(trimming, session, oldest, lasting);
  add(await ancestorsOf([...kept, ...lastingKept, ...needed.values()], trimming));
  return new Set(needed.keys());
}

/** Checkpoints that stay of subgraphs whose values may stand in ones that are older. */
async function keptOf(
  { backend, graph }: Trimming,
  session: Session,
  oldest: CheckpointRow,
  lasting: readonly string[],
): Promise<readonly CheckpointRow[]> {
  const spread = lasting.filter((namespace) => {
    const owner = graphOfNamespace(graph, namespace);
    return owner !== undefined && spreadChannels(owner).length > 0;
  });
  if (spread.length === 0) return [];
  const stretch = { after: oldest.ordinal, before: Infinity, limit: Number.MAX_SAFE_INTEGER };
  const rows = await backend.sessions.listStretch(session.id, 'subgraphs', stretch);
  return rows.filter(({ namespace }) => spread.includes(namespace));
}

/** Ancestors that DeltaChannels of these rows are still spread over. */
async function ancestorsOf(
  rows: readonly CheckpointRow[],
  { backend, graph }: Trimming,
): Promise<CheckpointRow[]> {
  const known = new Set(rows.map(keyOf));
  const ancestors: CheckpointRow[] = [];
  for (const row of rows) {
    const owner = graphOfNamespace(graph, row.namespace);
    const channels = owner === undefined ? [] : spreadChannels(owner);
    if (owner === undefined || channels.length === 0) continue;
    let below: CheckpointRow | null = row;
    let open: readonly string[] = channels;
    while (below?.parentId && open.length > 0) {
      // The walk from that one goes on from there.
      if (known.has(keyOf({ ...below, checkpointId: below.parentId }))) break;
      const [tuple] = await backend.savers.tuples([below], channels);
      if (tuple === undefined) break;
      const stillOpen = new Set(openDeltaChannels(owner, tuple, channels));
      open = open.filter((channel) => stillOpen.has(channel));
      if (open.length === 0) break;
      const { sessionId, namespace, parentId }: CheckpointRow = below;
      below = await backend.sessions.findCheckpoint(sessionId, 'system', parentId ?? '', namespace);
      if (below !== null) ancestors.push(below);
    }
  }
  return ancestors;
}

function keyOf({ namespace, checkpointId }: Pick<CheckpointPlace, 'namespace' | 'checkpointId'>) {
  return JSON.stringify([namespace, checkpointId]);
}
