// Adopts a thread that one of LangGraph's own savers wrote: gives it a session, and so an owner (ownership). The thread's
// checkpoints stay in place; the gateway's own columns and rows are added.
import type { ChannelVersions, CheckpointTuple } from '@langchain/langgraph-checkpoint';
import { GatewayError, invalidInput } from '../errors.ts';
import { checkUuid } from '../session/arguments.ts';
import { checkpointSourceOf } from '../session/langgraph-names.ts';
import { forkedSession } from '../session/lifecycle.ts';
import type { Backend, CheckpointRow } from '../session/ports.ts';
import { checkUserId } from '../session/user-id.ts';
import { checkpointSaved } from '../session/progress.ts';
import { type Session, newSession } from '../session/session.ts';
import { describeCheckpointOf } from './attempt-context.ts';
import type { GraphCatalog } from './graph-catalog.ts';
import { readSnapshot } from './snapshot.ts';

export interface Adoption {
  readonly threadId: string;
  readonly graphId: string;
  readonly ownerId: string;
  /** Null: the session never expires. */
  readonly ttlMs: number | null;
}

export interface Adopted {
  readonly session: Session;
  readonly checkpoints: number;
}

/** @throws GatewayError INVALID_INPUT where it is a session already, CHECKPOINT_NOT_FOUND where there is no such thread */
export async function adoptThread(
  backend: Backend,
  graphs: GraphCatalog,
  { threadId, graphId, ownerId, ttlMs }: Adoption,
): Promise<Adopted> {
  const id = checkUuid('thread', threadId);
  // Nobody else could adopt it again.
  if (checkUserId(ownerId) !== ownerId.trim())
    throw invalidInput('The owner begins or ends with a space; leave it out.');
  const loaded = graphs.get(graphId);
  if ((await backend.sessions.find(id, 'system')) !== null) throw isSession(id);
  const tuples = (await backend.savers.stockThread(id)).toSorted((a, b) =>
    a.checkpoint.id < b.checkpoint.id ? -1 : 1,
  );
  const saver = backend.savers.reader();
  const graph = await loaded.instantiate({}, saver);
  const describe = describeCheckpointOf(graph);
  const versions = new Map(
    tuples.map((tuple) => [placeOf(tuple), tuple.checkpoint.channel_versions]),
  );
  const rows = tuples.map((tuple, n): CheckpointRow => {
    const { checkpoint, metadata, parentConfig } = tuple;
    const namespace = namespaceOf(tuple);
    const parentId = (parentConfig?.configurable?.['checkpoint_id'] as string | undefined) ?? null;
    const before = parentId === null ? undefined : versions.get(`${namespace} ${parentId}`);
    const changed = changedVersions(checkpoint.channel_versions, before ?? {});
    return {
      sessionId: id,
      namespace,
      checkpointId: checkpoint.id,
      parentId,
      createdAt: Date.parse(checkpoint.ts) || 0,
      ordinal: n + 1,
      epoch: 0,
      runId: null,
      step: metadata?.step ?? 0,
      source: checkpointSourceOf(metadata?.source),
      changedKeys: describe(namespace, checkpoint, changed).changedKeys,
    };
  });
  const head = rows.findLast(({ namespace }) => namespace === '');
  if (head === undefined) {
    throw new GatewayError('CHECKPOINT_NOT_FOUND', `No saver has written a thread ${id} here.`);
  }
  const address = { threadId: id, checkpointId: head.checkpointId };
  const { next, interrupts } = await readSnapshot(graph, saver, address);
  const asking = interrupts.length > 0;
  const status = asking ? 'INTERRUPTED' : 'IDLE';
  const now = backend.clock.now();
  const session: Session = {
    ...newSession({
      ownerId,
      graphId,
      task: null,
      metadata: {},
      configurable: {},
      context: null,
      recursionLimit: null,
      ttlMs,
      now,
    }),
    id,
    head: head.checkpointId,
    lastOrdinal: rows.length,
    asking,
    status,
    restStatus: status,
  };
  const commit = forkedSession(session, checkpointSaved(head, next), now, undefined);
  if (!(await backend.sessions.adopt(commit, rows))) throw isSession(id);
  return { session, checkpoints: rows.length };
}

function isSession(id: string): GatewayError {
  return invalidInput(`Thread ${id} is a session already.`);
}

function namespaceOf({ config }: CheckpointTuple): string {
  const namespace: unknown = config.configurable?.['checkpoint_ns'];
  return typeof namespace === 'string' ? namespace : '';
}

function placeOf(tuple: CheckpointTuple): string {
  return `${namespaceOf(tuple)} ${tuple.checkpoint.id}`;
}

function changedVersions(versions: ChannelVersions, before: ChannelVersions): ChannelVersions {
  return Object.fromEntries(
    Object.entries(versions).filter(([channel, version]) => before[channel] !== version),
  );
}
