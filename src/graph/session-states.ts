// Forks and edits (promises 1, 3, 8): what LangGraph computes is collected first, and stored in one step with its event.
import type { BaseCheckpointSaver, Checkpoint } from '@langchain/langgraph-checkpoint';
import { GatewayError, checkpointNotFound, found, invalidInput } from '../errors.ts';
import { checkOptionalUuid, checkTtl, checkUuid } from '../session/arguments.ts';
import { checkJsonObject } from '../session/json-input.ts';
import { type Edit, editState, forkedSession, refuseWhileBusy } from '../session/lifecycle.ts';
import {
  type Backend,
  type CheckpointRow,
  type Collector,
  type ForkSource,
  type StoredCheckpoint,
  type StoredWrite,
  type User,
  actorOf,
} from '../session/ports.ts';
import { checkpointSaved } from '../session/progress.ts';
import {
  type ServiceLimits,
  type SessionService,
  checkExpected,
} from '../session/session-service.ts';
import { checkSameRequest, firstAnswer, idempotentRequest } from '../session/idempotency.ts';
import { type Session, isSettled, newSession } from '../session/session.ts';
import { describeCheckpointOf } from './attempt-context.ts';
import type { CompiledGraph } from './compiled-graph.ts';
import type { GraphCatalog } from './graph-catalog.ts';
import { sealDeltaChannels } from './seal-delta.ts';

export interface ForkArguments {
  readonly sessionId: string;
  readonly checkpointId?: string | null | undefined;
  readonly metadata?: unknown;
  readonly ttlSeconds?: number | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
}

export interface EditArguments {
  readonly sessionId: string;
  readonly values?: unknown;
  readonly asNode?: string | null | undefined;
  readonly checkpointId?: string | null | undefined;
  readonly expectedCheckpointId?: string | null | undefined;
}

/** How often an edit is computed anew because the session moved meanwhile. */
const MOST_LOOKS = 5;

export class SessionStates {
  readonly #backend: Backend;
  readonly #graphs: GraphCatalog;
  readonly #sessions: SessionService;
  readonly #limits: ServiceLimits;

  constructor(
    backend: Backend,
    graphs: GraphCatalog,
    sessions: SessionService,
    limits: ServiceLimits,
  ) {
    this.#backend = backend;
    this.#graphs = graphs;
    this.#sessions = sessions;
    this.#limits = limits;
  }

  /** @throws GatewayError SESSION_NOT_FOUND, CHECKPOINT_NOT_FOUND, INVALID_INPUT, IDEMPOTENCY_CONFLICT */
  async fork(user: User, given: ForkArguments): Promise<Session> {
    const { sessions } = this.#backend;
    const actor = actorOf(user);
    const idempotency = idempotentRequest(user, 'forkSession', given);
    const repeated = await firstAnswer(sessions, idempotency);
    if (repeated !== null)
      return found(await sessions.find(repeated.sessionId, actor), repeated.sessionId);

    const id = checkUuid('sessionId', given.sessionId);
    const asked = checkOptionalUuid('checkpointId', given.checkpointId);
    const metadata =
      given.metadata === null || given.metadata === undefined
        ? null
        : checkJsonObject('metadata', given.metadata, this.#limits.maxInputBytes);
    const parent = found(await sessions.find(id, actor), id);
    const checkpointId = asked ?? parent.head;
    if (checkpointId === null) throw checkpointNotFound(id, null);
    const row = await sessions.findCheckpoint(id, actor, checkpointId, '');
    if (row === null) throw checkpointNotFound(id, checkpointId);

    const source = await this.#forkSource(parent, row);
    const snapshot = await this.#graphs.at(parent, row, source.upToEpoch);
    const asking = snapshot.interrupts.length > 0;
    const interrupted = asking && (isSettled(parent) || parent.head !== checkpointId);
    const now = Date.now();
    const fork: Session = {
      ...newSession({
        ownerId: parent.ownerId,
        graphId: parent.graphId,
        task: parent.task,
        metadata: metadata ?? parent.metadata,
        configurable: parent.configurable,
        recursionLimit: parent.recursionLimit,
        ttlMs: typeof given.ttlSeconds === 'number' ? checkTtl(given.ttlSeconds) : parent.ttlMs,
        now,
      }),
      head: checkpointId,
      asking,
      status: interrupted ? 'INTERRUPTED' : 'IDLE',
      restStatus: interrupted ? 'INTERRUPTED' : 'IDLE',
      forkedFrom: { sessionId: id, checkpointId },
    };
    const commit = forkedSession(
      fork,
      checkpointSaved({ ...row, source: 'FORK' }, snapshot.next),
      now,
      idempotency && { ...idempotency, sessionId: fork.id, runId: null },
    );
    const taken = await sessions.create(commit, source);
    if (taken !== null) checkSameRequest(taken, idempotency);
    const stored = taken?.sessionId ?? fork.id;
    return found(await sessions.find(stored, actor), stored);
  }

  /** @throws GatewayError SESSION_BUSY, STALE_CHECKPOINT, CHECKPOINT_NOT_FOUND, GRAPH_NOT_FOUND, INVALID_INPUT */
  async edit(
    user: User,
    given: EditArguments,
  ): Promise<{ session: Session; checkpointId: string }> {
    const id = checkUuid('sessionId', given.sessionId);
    const checkpointId = checkOptionalUuid('checkpointId', given.checkpointId);
    const expected = checkOptionalUuid('expectedCheckpointId', given.expectedCheckpointId);
    const values = checkJsonObject('values', given.values, this.#limits.maxInputBytes);
    const actor = actorOf(user);
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      const seen = found(await this.#backend.sessions.find(id, actor), id);
      if (expected !== null) checkExpected(seen, expected);
      if (checkpointId !== null) {
        const row = await this.#backend.sessions.findCheckpoint(id, actor, checkpointId, '');
        if (row === null) throw checkpointNotFound(id, checkpointId);
      }
      // What is stored last is checked again in the same step; this refuses before the graph is asked.
      refuseWhileBusy(seen);
      const edit = await this.#computeEdit(seen, values, { asNode: given.asNode, checkpointId });
      let stored = false;
      const state = await this.#sessions.change(id, user, (now) => {
        const commit = editState(now, edit, Date.now());
        stored = commit !== undefined;
        return commit;
      });
      if (stored) return { session: state.session, checkpointId: edit.saved.checkpointId };
    }
    throw new GatewayError('SESSION_BUSY', `Session ${id} keeps changing; try again.`);
  }

  async #computeEdit(
    session: Session,
    values: Readonly<Record<string, unknown>>,
    { asNode, checkpointId }: Pick<EditArguments, 'asNode'> & { checkpointId: string | null },
  ): Promise<Edit> {
    const checkpoints: StoredCheckpoint[] = [];
    const writes: StoredWrite[] = [];
    let graph: CompiledGraph | undefined;
    let next: readonly string[] = [];
    const collect: Collector = {
      checkpoint(stored, checkpoint: Checkpoint, newVersions) {
        if (graph === undefined) throw new Error('a checkpoint was put before the graph was made');
        const description = describeCheckpointOf(graph)(stored.namespace, checkpoint, newVersions);
        next = description.next;
        checkpoints.push({ ...stored, changedKeys: description.changedKeys, runId: null });
      },
      writes: (stored) => void writes.push(...stored),
    };
    const saver = this.#backend.savers.reader({ collect });
    graph = await this.#graphs.get(session.graphId).instantiate(session.configurable, saver);
    checkKeys(graph, values, asNode);
    await refusedAs('values', () =>
      graph.updateState(
        {
          configurable: {
            ...session.configurable,
            thread_id: session.id,
            ...(checkpointId !== null &&
              checkpointId !== session.head && { checkpoint_id: checkpointId }),
          },
        },
        values,
        asNode ?? undefined,
      ),
    );
    const saved = checkpoints.at(-1);
    if (saved === undefined) throw invalidInput('`values` changes nothing.');
    return {
      epoch: session.epoch,
      head: session.head,
      checkpoints,
      writes,
      saved: checkpointSaved(saved, next),
    };
  }

  /** What a fork copies: of an older checkpoint only what it had when it was paused, or else was made. */
  async #forkSource(parent: Session, row: CheckpointRow): Promise<ForkSource> {
    const saver = this.#backend.savers.reader();
    const child =
      parent.head === row.checkpointId ? null : await this.#backend.sessions.firstChild(row);
    const upToEpoch = child === null ? null : await this.#pausedEpoch(row, child);
    const { taskIds } = await this.#graphs.at(parent, row);
    const namespaces = await this.#backend.sessions.listNamespaces(parent.id, 'system');
    return {
      sessionId: parent.id,
      checkpointId: row.checkpointId,
      upToEpoch,
      beforeOrdinal: upToEpoch === NOTHING ? row.ordinal : null,
      namespaces: namespaces.filter((namespace) => isLive(namespace, taskIds)),
      sealed: await this.#sealed(parent, row, saver),
    };
  }

  /** The last epoch before the one that went on from the checkpoint; NOTHING where a run only passed through it. */
  async #pausedEpoch(row: CheckpointRow, child: CheckpointRow): Promise<number> {
    if (child.runId === null) return child.epoch - 1;
    if (child.runId === row.runId) return NOTHING;
    const run = await this.#backend.sessions.findRun(child.runId, 'system');
    return (run?.base?.epoch ?? child.epoch) - 1;
  }

  async #sealed(
    parent: Session,
    row: CheckpointRow,
    saver: BaseCheckpointSaver,
  ): Promise<StoredCheckpoint[]> {
    const loaded = this.#graphs.find(parent.graphId);
    const config = {
      configurable: { thread_id: parent.id, checkpoint_ns: '', checkpoint_id: row.checkpointId },
    };
    const tuple = loaded === null ? undefined : await saver.getTuple(config);
    if (loaded === null || tuple === undefined) return [];
    const sealed = await sealDeltaChannels(loaded.graph, saver, tuple);
    if (sealed === undefined) return [];
    const [type, checkpoint] = await saver.serde.dumpsTyped(sealed);
    const [, metadata] = await saver.serde.dumpsTyped(tuple.metadata);
    return [{ ...row, type, checkpoint, metadata }];
  }
}

/** An epoch older than any: of such a checkpoint no writes go along. */
const NOTHING = -1;

/** Namespaces without a task id are a subgraph's own for good; the others live as long as their task. */
function isLive(namespace: string, taskIds: readonly string[]): boolean {
  const [root = ''] = namespace.split('|');
  return !namespace.includes(':') || taskIds.some((id) => root.endsWith(`:${id}`));
}

function checkKeys(
  graph: CompiledGraph,
  values: Readonly<Record<string, unknown>>,
  asNode: string | null | undefined,
): void {
  const known = graph.streamChannelsList;
  const unknown = Object.keys(values).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    throw invalidInput(
      `\`values\`: the state has no key "${unknown.join('", "')}"; it has ${known.join(', ')}.`,
    );
  }
  if (asNode && !(asNode in graph.nodes)) {
    throw invalidInput(`\`asNode\`: the graph has no node "${asNode}".`);
  }
}

async function refusedAs(field: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    const message = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    throw invalidInput(`\`${field}\`: the graph refuses the edit: ${message}`, cause);
  }
}
