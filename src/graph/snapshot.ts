// What a checkpoint means: values, what runs next, and which questions are open. `next` alone tells no status: the
// pending writes do. A task with output is finished; of the others, those with an interrupt ask.
import type { RunnableConfig } from '@langchain/core/runnables';
import {
  type BaseCheckpointSaver,
  type CheckpointTuple,
  copyCheckpoint,
} from '@langchain/langgraph-checkpoint';
import { GatewayError } from '../errors.ts';
import { INTERRUPT, NO_OUTPUT } from '../session/langgraph-names.ts';
import type { Interrupt } from '../session/progress.ts';
import { missingNodes } from './changed-graph.ts';
import {
  type CompiledGraph,
  type SnapshotTask,
  type StateSnapshot,
  onlyGraphOfNamespace,
  withCheckpointer,
} from './compiled-graph.ts';
import { toJson } from './state-json.ts';

export interface Snapshot {
  readonly values: unknown;
  /** The nodes that run next, those too that the graph no longer has. */
  readonly next: readonly string[];
  /** Whether there is something to go on with: `next`, or tasks that have finished and have no checkpoint yet. */
  readonly goesOn: boolean;
  readonly interrupts: readonly Interrupt[];
  /** The nodes that run next and that the graph no longer has. */
  readonly missing: readonly string[];
}

export interface SnapshotAddress {
  readonly threadId: string;
  /** Undefined: the newest, with what its finished tasks wrote already in the values. */
  readonly checkpointId?: string | undefined;
  readonly namespace?: string | undefined;
}

const EMPTY: Snapshot = { values: {}, next: [], goesOn: false, interrupts: [], missing: [] };

export async function readSnapshot(
  graph: CompiledGraph,
  saver: BaseCheckpointSaver,
  address: SnapshotAddress,
): Promise<Snapshot> {
  const config = configOf(address);
  const tuple = await saver.getTuple(config);
  return tuple === undefined ? EMPTY : snapshotOf(graph, saver, config, tuple);
}

/** What a checkpoint means that was read already, at the config that it was read by. */
export async function snapshotOf(
  graph: CompiledGraph,
  saver: BaseCheckpointSaver,
  config: RunnableConfig,
  tuple: CheckpointTuple,
): Promise<Snapshot> {
  const { state, applied } = await stateOf(graph, saver, config, tuple);
  const finished = finishedTasks(tuple);
  const { namespace } = placeOf(config);
  const owner = onlyGraphOfNamespace(graph, namespace);
  const missing = owner === undefined ? [] : missingNodes(owner, tuple.checkpoint);
  const tasks = state.tasks.filter(({ id }) => !applied || !finished.has(id));
  return {
    values: state.values,
    next: [...tasks.map(({ name }) => name), ...missing],
    goesOn: state.tasks.length > 0 || missing.length > 0,
    interrupts: openInterrupts(state, finished),
    missing,
  };
}

/**
 * The state, and whether what finished tasks wrote is in it. LangGraph lays that over the newest checkpoint, and cannot
 * where two tasks wrote the same key or a reducer throws: then the state is the checkpoint's own.
 */
async function stateOf(
  graph: CompiledGraph,
  saver: BaseCheckpointSaver,
  config: RunnableConfig,
  tuple: CheckpointTuple,
): Promise<{ readonly state: StateSnapshot; readonly applied: boolean }> {
  // Subgraphs are looked at for who of them asks.
  const options = { subgraphs: asks(tuple) };
  // LangGraph changes a checkpoint that it lays writes over, before it throws.
  const read = (at: RunnableConfig) => {
    const copy = { ...tuple, checkpoint: copyCheckpoint(tuple.checkpoint) };
    return withCheckpointer(graph, withTuple(saver, at, copy)).getState(at, options);
  };
  const { threadId, namespace, checkpointId } = placeOf(config);
  if (checkpointId !== undefined) return { state: await read(config), applied: false };
  try {
    return { state: await read(config), applied: true };
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    const at = configOf({ threadId, namespace, checkpointId: tuple.checkpoint.id });
    return { state: await read(at), applied: false };
  }
}

function placeOf({ configurable = {} }: RunnableConfig) {
  const { thread_id, checkpoint_ns, checkpoint_id } = configurable as Readonly<
    Record<string, string | undefined>
  >;
  return {
    threadId: thread_id ?? '',
    namespace: checkpoint_ns ?? '',
    checkpointId: checkpoint_id,
  };
}

/** Whether a task has asked something there, be it answered by now or not. */
export function asks({ pendingWrites = [] }: CheckpointTuple): boolean {
  return pendingWrites.some(([, channel]) => channel === INTERRUPT);
}

/** The state as far as it shows without its graph, which langgraph.json no longer names. */
export function bareSnapshotOf(tuple: CheckpointTuple | undefined): Snapshot {
  if (tuple === undefined) return EMPTY;
  const values = Object.entries(tuple.checkpoint.channel_values).filter(
    ([key]) => !key.startsWith('__') && !key.includes(':'),
  );
  return { ...EMPTY, values: Object.fromEntries(values) };
}

/** The saver, but for one tuple that was read already: values and finished tasks are then of one look. */
function withTuple(
  saver: BaseCheckpointSaver,
  read: RunnableConfig,
  tuple: CheckpointTuple,
): BaseCheckpointSaver {
  const address = ({
    configurable: { thread_id, checkpoint_ns, checkpoint_id } = {},
  }: RunnableConfig) => JSON.stringify([thread_id, checkpoint_ns ?? '', checkpoint_id]);
  const getTuple = async (config: RunnableConfig) =>
    address(config) === address(read) ? tuple : saver.getTuple(config);
  return new Proxy(saver, {
    get(target, name) {
      if (name === 'getTuple') return getTuple;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

export function configOf({ threadId, checkpointId, namespace }: SnapshotAddress) {
  return {
    configurable: {
      thread_id: threadId,
      checkpoint_ns: namespace ?? '',
      ...(checkpointId !== undefined && { checkpoint_id: checkpointId }),
    },
  };
}

function finishedTasks(tuple: CheckpointTuple): Set<string> {
  return new Set(
    (tuple.pendingWrites ?? [])
      .filter(([, channel]) => !NO_OUTPUT.has(channel))
      .map(([taskId]) => taskId),
  );
}

function openInterrupts(state: StateSnapshot, finished: ReadonlySet<string>): Interrupt[] {
  return state.tasks
    .filter(({ id }) => !finished.has(id))
    .flatMap((task) =>
      (task.interrupts ?? []).map((raised) => {
        const asker = findAsker(task, namespaceOf(state), raised.id);
        return {
          interruptId: raised.id ?? task.id,
          value: toJson(raised.value),
          responseSchema:
            raised.response_schema === undefined ? null : toJson(raised.response_schema),
          node: asker.node,
          namespace: asker.namespace,
        };
      }),
    );
}

/** An interrupt of a subgraph shows in its parents' tasks too; who asks is the deepest that has it. */
function findAsker(
  task: SnapshotTask,
  namespace: string,
  interruptId: string | undefined,
): { node: string; namespace: string } {
  if (isSnapshot(task.state)) {
    const inner = task.state.tasks.find(({ interrupts }) =>
      interrupts?.some(({ id }) => id === interruptId),
    );
    if (inner !== undefined) return findAsker(inner, namespaceOf(task.state), interruptId);
  }
  return { node: task.name, namespace };
}

function namespaceOf(state: StateSnapshot): string {
  const namespace = state.config.configurable?.['checkpoint_ns'];
  return typeof namespace === 'string' ? namespace : '';
}

function isSnapshot(value: unknown): value is StateSnapshot {
  return typeof value === 'object' && value !== null && 'tasks' in value && 'values' in value;
}
