// Which of its ancestors a checkpoint cannot do without. What a DeltaChannel holds is spread over them, back to where
// it was stored whole; before version 4, LangGraph kept a checkpoint's Sends among its parent's writes.
import type { Backend, CheckpointPlace, CheckpointRow } from '../session/ports.ts';

/** LangGraph's checkpoints of this version hold their Sends themselves. */
const WHOLE_VERSION = 4;

/**
 * The ancestors that these checkpoints need, each at most once; a walk ends at one of `known`. No graph is asked: it
 * may not show all of the subgraphs that its nodes call.
 */
export async function neededAncestors(
  { sessions, savers }: Pick<Backend, 'sessions' | 'savers'>,
  rows: readonly CheckpointRow[],
  known: ReadonlySet<string> = new Set(),
): Promise<CheckpointRow[]> {
  const begins = rows.filter(({ parentId }) => parentId !== null);
  const metadata = await sessions.readMetadata(begins);
  const found = new Map<string, CheckpointRow>();
  for (const [n, begin] of begins.entries()) {
    let open = deltaChannelsIn(metadata[n]);
    let row: CheckpointRow | null = begin;
    while (row?.parentId && (open.length > 0 || isLegacy(row))) {
      const [tuple] = await savers.tuples([row], open);
      if (tuple === undefined) break;
      const { channel_values: values, channel_versions: versions, v } = tuple.checkpoint;
      open = open.filter((name) => versions[name] !== undefined && !Object.hasOwn(values, name));
      if (open.length === 0 && v >= WHOLE_VERSION) break;
      const { sessionId, namespace, parentId }: CheckpointRow = row;
      row = await sessions.findCheckpoint(sessionId, 'system', parentId ?? '', namespace);
      if (row === null || known.has(placeIn(row)) || found.has(placeIn(row))) break;
      found.set(placeIn(row), row);
      if (open.length === 0) break;
    }
  }
  return [...found.values()];
}

/** A checkpoint's place within its session, as a key. */
export function placeIn({
  namespace,
  checkpointId,
}: Pick<CheckpointPlace, 'namespace' | 'checkpointId'>): string {
  return JSON.stringify([namespace, checkpointId]);
}

/** LangGraph counts what was written to each since it was last stored whole. */
function deltaChannelsIn(metadata: unknown): string[] {
  if (typeof metadata !== 'object' || metadata === null) return [];
  if (!('counters_since_delta_snapshot' in metadata)) return [];
  return Object.keys(metadata.counters_since_delta_snapshot ?? {});
}

/** Only what a stock saver wrote, and what was copied of it, can be so old. */
function isLegacy({ epoch }: CheckpointRow): boolean {
  return epoch === 0;
}
