import { GatewayError, describeError, invalidInput, messageFor } from '../errors.ts';
import type { CheckpointSavers, CheckpointRow } from '../session/ports.ts';
import { type Session, configurableOf } from '../session/session.ts';
import type { SessionGraphs } from '../session/session-service.ts';
import { graphChanged } from './changed-graph.ts';
import { type LoadedGraph, checkKeys } from './loaded-graph.ts';
import { type Snapshot, bareSnapshotOf, configOf, readSnapshot } from './snapshot.ts';

/** The node in whose name a graph takes its input. */
const INPUT_NODE = '__start__';

/** The graphs of this gateway, and the states of their sessions. */
export class GraphCatalog implements SessionGraphs {
  readonly #graphs: ReadonlyMap<string, LoadedGraph>;
  readonly #savers: CheckpointSavers;
  /** Why the other graphs of langgraph.json do not load, by their ids. */
  readonly #failed: ReadonlyMap<string, GatewayError>;

  constructor(
    graphs: ReadonlyMap<string, LoadedGraph>,
    savers: CheckpointSavers,
    failed: ReadonlyMap<string, GatewayError> = new Map(),
  ) {
    this.#graphs = graphs;
    this.#savers = savers;
    this.#failed = failed;
  }

  get all(): LoadedGraph[] {
    return [...this.#graphs.values()];
  }

  find(id: string): LoadedGraph | null {
    return this.#graphs.get(id) ?? null;
  }

  choose(id: string | null): LoadedGraph {
    if (id !== null) return this.get(id);
    const [only, ...others] = this.all;
    if (only !== undefined && others.length === 0) return only;
    const known = [...this.#graphs.keys()].join(', ');
    throw invalidInput(`\`graphId\` is needed: there is more than one graph (${known}).`);
  }

  /** @throws GatewayError GRAPH_NOT_FOUND listing the graphs there are. */
  get(id: string): LoadedGraph {
    const graph = this.#graphs.get(id);
    if (graph !== undefined) return graph;
    const failed = this.#failed.get(id);
    if (failed !== undefined) {
      const reason = `Graph "${id}" could not be loaded; the log of the gateway's start tells why.`;
      throw new GatewayError('GRAPH_NOT_FOUND', reason, { cause: failed });
    }
    const known = [...this.#graphs.keys()].join(', ');
    throw new GatewayError('GRAPH_NOT_FOUND', `There is no graph "${id}"; there are: ${known}.`);
  }

  changed(graphId: string, missing: readonly string[]): GatewayError {
    return graphChanged(graphId, missing);
  }

  /** The session's state now. */
  current(session: Session, configurable?: Session['configurable']): Promise<Snapshot> {
    return this.#read(session, {}, undefined, configurable);
  }

  /** The state at one of the session's checkpoints, as far as epochs up to `upToEpoch` have brought it. */
  at(
    session: Session,
    { checkpointId, namespace }: Pick<CheckpointRow, 'checkpointId' | 'namespace'>,
    upToEpoch?: number,
    configurable?: Session['configurable'],
  ): Promise<Snapshot> {
    return this.#read(session, { checkpointId, namespace }, upToEpoch, configurable);
  }

  /** Writes the values as an edit would, and stores nothing. @throws GatewayError INVALID_INPUT */
  async checkUpdate(
    session: Session,
    given: Readonly<Record<string, unknown>>,
    configurable: Session['configurable'],
  ): Promise<void> {
    const collect = { checkpoint: () => undefined, writes: () => undefined };
    const loaded = this.get(session.graphId);
    const values = loaded.natively(given);
    const graph = await loaded.instantiate(configurable, this.#savers.reader({ collect }));
    checkKeys(graph, values);
    await loaded.checkEdit(values, graph);
    const place = { ...configurable, thread_id: session.id };
    try {
      await graph.updateState({ configurable: place }, values, INPUT_NODE);
    } catch (cause) {
      throw invalidInput(`\`values\`: the graph refuses them: ${messageFor(cause)}`, cause);
    }
  }

  async #read(
    session: Session,
    address: { checkpointId?: string; namespace?: string },
    upToEpoch?: number,
    configurable: Session['configurable'] = configurableOf(session),
  ): Promise<Snapshot> {
    const saver = this.#savers.reader(upToEpoch === undefined ? {} : { upToEpoch });
    const loaded = this.find(session.graphId);
    const place = { threadId: session.id, ...address };
    return toldAsGraphError(session, async () => {
      if (loaded === null) return bareSnapshotOf(await saver.getTuple(configOf(place)));
      const graph = await loaded.instantiate(configurable, saver);
      return readSnapshot(graph, saver, place);
    });
  }
}

/** Reads a session's state through its graph, whose own errors are then told as such. */
export async function toldAsGraphError<Value>(
  session: Session,
  read: () => Promise<Value>,
): Promise<Value> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    const reason = `the state of session ${session.id} cannot be read: ${describeError(cause)}`;
    throw new GatewayError('GRAPH_ERROR', `Graph "${session.graphId}": ${reason}`, { cause });
  }
}
