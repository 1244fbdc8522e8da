// Edits a session's state by hand. LangGraph computes the checkpoint and its writes; they are collected first, then stored
// with their event in one atomic step (single-writer fencing).
import type { Checkpoint } from '@langchain/langgraph-checkpoint';
import { GatewayError, checkpointNotFound, found, invalidInput } from '../errors.ts';
import { checkOptionalUuid, checkUuid } from '../session/arguments.ts';
import { checkJsonObject } from '../session/json-input.ts';
import { jsonSize } from '../session/json-size.ts';
import { type Edit, editState, refuseWhileBusy } from '../session/lifecycle.ts';
import {
  type Backend,
  type Collector,
  type StoredCheckpoint,
  type StoredWrite,
  type User,
  actorOf,
  callerOf,
} from '../session/ports.ts';
import { checkpointSaved } from '../session/progress.ts';
import type { UserQuota } from '../session/quota.ts';
import { checkExpected } from '../session/resume-rules.ts';
import type { ServiceLimits, SessionService } from '../session/session-service.ts';
import { type Session, configurableOf } from '../session/session.ts';
import { describeCheckpointOf } from './attempt-context.ts';
import { type CompiledGraph, graphOfNamespace } from './compiled-graph.ts';
import type { GraphCatalog } from './graph-catalog.ts';
import { checkKeys } from './loaded-graph.ts';

export interface EditArguments {
  readonly sessionId: string;
  /** A subgraph's; left out: the graph's own. */
  readonly namespace?: string | null | undefined;
  readonly values?: unknown;
  readonly asNode?: string | null | undefined;
  readonly checkpointId?: string | null | undefined;
  readonly expectedCheckpointId?: string | null | undefined;
}

export interface Edited {
  readonly session: Session;
  readonly namespace: string;
  readonly checkpointId: string;
}

/** How often an edit is computed anew because the session moved meanwhile. */
const MOST_LOOKS = 5;

export class StateEdits {
  readonly #backend: Backend;
  readonly #graphs: GraphCatalog;
  readonly #sessions: SessionService;
  readonly #limits: ServiceLimits;
  readonly #quota: UserQuota;

  constructor(
    backend: Backend,
    graphs: GraphCatalog,
    sessions: SessionService,
    limits: ServiceLimits,
    quota: UserQuota,
  ) {
    this.#quota = quota;
    this.#backend = backend;
    this.#graphs = graphs;
    this.#sessions = sessions;
    this.#limits = limits;
  }

  /** @throws GatewayError SESSION_BUSY, STALE_CHECKPOINT, CHECKPOINT_NOT_FOUND, GRAPH_NOT_FOUND, INVALID_INPUT */
  async edit(user: User, given: EditArguments): Promise<Edited> {
    const id = checkUuid('sessionId', given.sessionId);
    const checkpointId = checkOptionalUuid('checkpointId', given.checkpointId);
    const expected = checkOptionalUuid('expectedCheckpointId', given.expectedCheckpointId);
    const values = checkJsonObject('values', given.values, this.#limits.maxInputBytes);
    const namespace = given.namespace ?? '';
    const actor = actorOf(user);
    await this.#quota.admitBytes(user.id, jsonSize(values));
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      const seen = found(await this.#backend.sessions.find(id, actor), id);
      if (expected !== null) checkExpected(seen, expected);
      if (namespace !== '') await this.#checkNamespace(seen, namespace);
      if (checkpointId !== null) {
        const row = await this.#backend.sessions.findCheckpoint(id, actor, checkpointId, namespace);
        if (row === null) throw checkpointNotFound(id, checkpointId);
      }
      // What is stored last is checked again in the same step; this refuses before the graph is asked.
      refuseWhileBusy(seen);
      const configurable = configurableOf(seen, callerOf(user));
      const place = { asNode: given.asNode, checkpointId, namespace };
      const edit = await this.#compute(seen, configurable, values, place);
      let stored = false;
      const state = await this.#sessions.change(id, user, (now) => {
        const commit = editState(now, edit, this.#backend.clock.now());
        stored = commit !== undefined;
        return commit;
      });
      if (stored) {
        const { checkpointId: saved } = edit.saved;
        return { session: state.session, namespace, checkpointId: saved };
      }
    }
    throw new GatewayError('SESSION_BUSY', `Session ${id} keeps changing; try again.`);
  }

  /** @throws GatewayError INVALID_INPUT for a subgraph that has stored nothing */
  async #checkNamespace(session: Session, namespace: string): Promise<void> {
    const owner = { ownerId: session.ownerId };
    const known = await this.#backend.sessions.listNamespaces(session.id, owner);
    if (!known.includes(namespace))
      throw invalidInput(`\`namespace\`: session ${session.id} has none of this name.`);
  }

  async #compute(
    session: Session,
    configurable: Session['configurable'],
    given: Readonly<Record<string, unknown>>,
    {
      asNode,
      checkpointId,
      namespace,
    }: Pick<EditArguments, 'asNode'> & { checkpointId: string | null; namespace: string },
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
    const loaded = this.#graphs.get(session.graphId);
    graph = await loaded.instantiate(configurable, saver);
    const edited = graphOfNamespace(graph, namespace);
    if (edited === undefined)
      throw invalidInput(`\`namespace\`: the graph has no subgraph "${namespace}".`);
    const values = namespace === '' ? loaded.natively(given) : given;
    checkKeys(edited, values);
    if (asNode !== null && asNode !== undefined && !Object.hasOwn(edited.nodes, asNode))
      throw invalidInput(`\`asNode\`: the graph has no node "${asNode}".`);
    await loaded.checkEdit(values, edited);
    const { head } = session;
    const update = (at: string | null) =>
      graph.updateState(
        {
          configurable: {
            ...configurable,
            thread_id: session.id,
            checkpoint_ns: namespace,
            ...(at !== null && { checkpoint_id: at }),
          },
        },
        values,
        asNode ?? undefined,
      );
    const isOwn = namespace === '';
    const elsewhere = isOwn && checkpointId === head ? null : checkpointId;
    await refusedAs('values', async () => {
      try {
        await update(elsewhere);
      } catch (error) {
        if (elsewhere !== null || !isOwn || error instanceof GatewayError) throw error;
        // What finished tasks wrote may be what cannot be applied: then the edit is of the checkpoint without it.
        checkpoints.length = 0;
        writes.length = 0;
        await update(head).catch(() => {
          throw error;
        });
      }
    });
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
