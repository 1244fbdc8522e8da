// Forks (exact, constant-cost forks): copies one checkpoint, with its pending writes and subgraphs, into a new session. The
// history that led to it is not read.
import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import { GatewayError, checkpointNotFound, found } from '../errors.ts';
import { checkOptionalUuid, checkTtl, checkUuid } from '../session/arguments.ts';
import {
  FirstAnswers,
  type IdempotentRequest,
  checkSameRequest,
  idempotentRequest,
} from '../session/idempotency.ts';
import { checkMetadata } from '../session/metadata.ts';
import { forkedSession } from '../session/lifecycle.ts';
import {
  type Backend,
  type CheckpointRow,
  type ForkSource,
  type IdempotencyRecord,
  type StoredCheckpoint,
  type User,
  actorOf,
} from '../session/ports.ts';
import { checkpointSaved } from '../session/progress.ts';
import type { UserQuota } from '../session/quota.ts';
import type { ServiceLimits } from '../session/session-service.ts';
import { type Session, configurableOf, isSettled, newSession } from '../session/session.ts';
import { type CompiledGraph, graphOfNamespace } from './compiled-graph.ts';
import type { GraphCatalog } from './graph-catalog.ts';
import { type CheckpointInterval, asMade, intervalAt } from './history-interval.ts';
import { neededAncestors, placeIn } from './needed-ancestors.ts';
import { sealDeltaChannels, spreadChannels } from './seal-delta.ts';

export interface ForkArguments {
  readonly sessionId: string;
  readonly checkpointId?: string | null | undefined;
  readonly metadata?: unknown;
  readonly ttlSeconds?: number | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
}

/** How often a fork is made up anew because its parent moved, and how often with what its tasks have finished. */
const MOST_LOOKS = 20;
const LOOKS_AT_WRITES = 10;

export class SessionForks {
  readonly #backend: Backend;
  readonly #graphs: GraphCatalog;
  readonly #limits: ServiceLimits;
  readonly #quota: UserQuota;
  readonly #firstAnswers: FirstAnswers;

  constructor(backend: Backend, graphs: GraphCatalog, limits: ServiceLimits, quota: UserQuota) {
    this.#quota = quota;
    this.#backend = backend;
    this.#graphs = graphs;
    this.#limits = limits;
    this.#firstAnswers = new FirstAnswers(backend.sessions);
  }

  /** @throws GatewayError SESSION_NOT_FOUND, CHECKPOINT_NOT_FOUND, INVALID_INPUT, IDEMPOTENCY_CONFLICT, SESSION_BUSY */
  fork(user: User, given: ForkArguments): Promise<Session> {
    const idempotency = idempotentRequest(user, 'forkSession', given);
    const repeat = async ({ sessionId }: IdempotencyRecord) =>
      found(await this.#backend.sessions.find(sessionId, actorOf(user)), sessionId);
    return this.#firstAnswers.answer(idempotency, repeat, () =>
      this.#fork(user, given, idempotency),
    );
  }

  async #fork(
    user: User,
    given: ForkArguments,
    idempotency: IdempotentRequest | undefined,
  ): Promise<Session> {
    const { sessions } = this.#backend;
    const actor = actorOf(user);
    const id = checkUuid('sessionId', given.sessionId);
    const asked = checkOptionalUuid('checkpointId', given.checkpointId);
    const metadata =
      given.metadata === null || given.metadata === undefined
        ? null
        : checkMetadata(given.metadata);
    const { maxTtlMs } = this.#limits;
    const { ttlSeconds } = given;
    const ttlMs = typeof ttlSeconds === 'number' ? checkTtl(ttlSeconds, maxTtlMs) : undefined;
    await this.#quota.admitBytes(user.id);
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      const parent = found(await sessions.find(id, actor), id);
      const checkpointId = asked ?? parent.head;
      if (checkpointId === null) throw checkpointNotFound(id, null);
      const row = await sessions.findCheckpoint(id, actor, checkpointId, '');
      if (row === null) throw checkpointNotFound(id, checkpointId);
      // A run that never stands still long enough to be copied is copied as it made the checkpoint.
      const moves = look >= LOOKS_AT_WRITES;
      const interval = moves ? asMade(row) : await intervalAt(sessions, parent, row);
      const [{ next, interrupts }, source] = await Promise.all([
        this.#graphs.at(parent, row, interval.writesUpTo),
        this.#source(parent, row, interval),
      ]);
      const given = {
        metadata: metadata ?? parent.metadata,
        ttlMs: ttlMs ?? shorter(parent.ttlMs, maxTtlMs),
        now: this.#backend.clock.now(),
      };
      const fork = forkOf(parent, row, interrupts.length > 0, given);
      const commit = forkedSession(
        fork,
        checkpointSaved({ ...row, source: 'FORK' }, next),
        fork.createdAt,
        idempotency && { ...idempotency, sessionId: fork.id, runId: null },
      );
      const taken = await sessions.fork(commit, source);
      if (taken === null) {
        this.#quota.stored(user.id, parent.storedBytes);
        return { ...commit.session, lastOrdinal: source.checkpoints.length };
      }
      if (taken === 'moved') continue;
      checkSameRequest(taken, idempotency);
      return found(await sessions.find(taken.sessionId, actor), taken.sessionId);
    }
    throw new GatewayError('SESSION_BUSY', `Session ${id} keeps changing; try again.`);
  }

  async #source(
    parent: Session,
    row: CheckpointRow,
    interval: CheckpointInterval,
  ): Promise<ForkSource> {
    const { sessions, savers } = this.#backend;
    const saver = savers.reader();
    const loaded = this.#graphs.find(parent.graphId);
    const graph = loaded && (await loaded.instantiate(configurableOf(parent), saver));
    const subgraphs = liveOf(await sessions.subgraphsAt(parent.id, interval));
    const own = [...subgraphs, row];
    const sealed = graph === null ? [] : await this.#seal(graph, saver, own);
    const whole = new Set(sealed.map(placeIn));
    const ancestors = await neededAncestors(
      this.#backend,
      own.filter((each) => !whole.has(placeIn(each))),
    );
    const copied = [
      ...own.map((each) => ({ ...each, writesUpTo: interval.writesUpTo })),
      // What was written on an ancestor is part of what follows it.
      ...ancestors.map((each) => ({ ...each, writesUpTo: interval.upToEpoch })),
    ];
    const runs = row.checkpointId === parent.head && !isSettled(parent);
    return {
      sessionId: parent.id,
      seen: {
        epoch: parent.epoch,
        // What a task has finished and what its subgraph remembers of it go along together, or neither.
        lastOrdinal: runs && interval.writesUpTo >= 0 ? parent.lastOrdinal : null,
      },
      checkpoints: copied.toSorted((a, b) => a.ordinal - b.ordinal),
      sealed,
    };
  }

  /** The checkpoints with their DeltaChannels whole, as far as the graph knows whose they are. */
  async #seal(
    graph: CompiledGraph,
    saver: BaseCheckpointSaver,
    rows: readonly CheckpointRow[],
  ): Promise<StoredCheckpoint[]> {
    const open = rows.flatMap((row) => {
      const owner = graphOfNamespace(graph, row.namespace);
      return owner !== undefined && spreadChannels(owner).length > 0 ? [{ row, owner }] : [];
    });
    const tuples = await this.#backend.savers.tuples(
      open.map(({ row }) => row),
      null,
    );
    const sealed = open.map(async ({ row, owner }, n): Promise<StoredCheckpoint[]> => {
      const tuple = tuples[n];
      const whole = tuple && (await sealDeltaChannels(owner, saver, tuple));
      if (tuple === undefined || whole === undefined) return [];
      const [type, checkpoint] = await saver.serde.dumpsTyped(whole);
      const [, metadata] = await saver.serde.dumpsTyped(tuple.metadata);
      return [{ ...row, type, checkpoint, metadata }];
    });
    return (await Promise.all(sealed)).flat();
  }
}

function forkOf(
  parent: Session,
  { checkpointId }: CheckpointRow,
  asking: boolean,
  given: Pick<Session, 'metadata' | 'ttlMs'> & { readonly now: number },
): Session {
  const { ownerId, graphId, task, configurable, context, recursionLimit } = parent;
  const inherited = { ownerId, graphId, task, configurable, context, recursionLimit };
  const interrupted = asking && (isSettled(parent) || parent.head !== checkpointId);
  const status = interrupted ? 'INTERRUPTED' : 'IDLE';
  return {
    ...newSession({ ...inherited, ...given }),
    head: checkpointId,
    asking,
    status,
    restStatus: status,
    forkedFrom: { sessionId: parent.id, checkpointId },
  };
}

/**
 * Those that something still goes on from: a subgraph within another is done once the other has gone a step further.
 * @param rows the newest checkpoint of each namespace
 */
function liveOf(rows: readonly CheckpointRow[]): CheckpointRow[] {
  const newest = new Map(rows.map((row) => [row.namespace, row]));
  return rows.filter((row) => {
    for (let above = parentOf(row.namespace); above !== ''; above = parentOf(above)) {
      if ((newest.get(above)?.ordinal ?? 0) > row.ordinal && row.namespace.includes(':'))
        return false;
    }
    return true;
  });
}

function parentOf(namespace: string): string {
  return namespace.split('|').slice(0, -1).join('|');
}

/** The shorter of two times; null: for ever. */
function shorter(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
