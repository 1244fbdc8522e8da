// One execution of a graph: calls it, and turns what it streams into live events.
import { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons';
import type { LiveDetail } from '../session/progress.ts';
import type { TaskNames } from './attempt-context.ts';
import type { CompiledGraph } from './compiled-graph.ts';
import { MessageText } from './message-text.ts';
import { toJson } from './state-json.ts';

export interface GraphCall {
  readonly threadId: string;
  /** Null: go on from where the thread is. */
  readonly input: unknown;
  readonly checkpointId: string | null;
  readonly configurable: Readonly<Record<string, unknown>>;
  readonly recursionLimit: number | null;
  readonly signal: AbortSignal;
  /** Stops before the next step once it says so; the call then ends with GraphDrained. */
  readonly control: { readonly drainRequested: boolean; readonly drainReason: string | undefined };
}

export interface GraphListener {
  /** Called before each node, which begins only after it; rejects where it must not. */
  beforeNode(): Promise<void>;
  onLive(detail: LiveDetail): void;
  /** A node ended; its messages are whole. */
  onNodeEnd(namespace: string, node: string): void;
}

/** Runs until the graph ends, asks or throws. @throws whatever the graph or its saver throws */
export async function runGraph(
  graph: CompiledGraph,
  call: GraphCall,
  names: TaskNames,
  listener: GraphListener,
): Promise<void> {
  const messages = new MessageText();
  const chunks = await graph.stream(call.input, {
    configurable: {
      ...call.configurable,
      thread_id: call.threadId,
      ...(call.checkpointId !== null && { checkpoint_id: call.checkpointId }),
    },
    ...(call.recursionLimit !== null && { recursionLimit: call.recursionLimit }),
    streamMode: ['tasks', 'messages'],
    subgraphs: true,
    durability: 'sync',
    signal: call.signal,
    control: call.control,
    callbacks: [new BeforeNode(listener)],
    writer: (payload: unknown) => listener.onLive(customProgress(payload)),
  });
  for await (const chunk of chunks) {
    if (!Array.isArray(chunk)) continue;
    const [path, mode, payload]: unknown[] = chunk;
    const namespace = Array.isArray(path) ? path.join('|') : '';
    if (mode === 'tasks' && isTask(payload)) onTask(payload, namespace, names, listener);
    if (mode === 'messages' && Array.isArray(payload)) {
      const delta = messages.read(payload[0], payload[1], namespace);
      if (delta !== undefined) listener.onLive(delta);
    }
  }
}

/** Every node is a chain to LangChain, as are the chains within it. */
class BeforeNode extends BaseCallbackHandler {
  override readonly name = 'session-gateway';
  override readonly raiseError = true;
  override readonly awaitHandlers = true;
  readonly #listener: GraphListener;

  constructor(listener: GraphListener) {
    super();
    this.#listener = listener;
  }

  override handleChainStart(): Promise<void> {
    return this.#listener.beforeNode();
  }
}

interface TaskPayload {
  readonly id: string;
  readonly name: string;
}

/** LangGraph announces a task with its triggers when it starts, and with its result when it ends. */
function onTask(
  task: TaskPayload,
  namespace: string,
  names: TaskNames,
  listener: GraphListener,
): void {
  if (!('triggers' in task)) {
    listener.onNodeEnd(namespace, task.name);
    return;
  }
  names.learn(task.id, task.name);
  if (!task.name.startsWith('__'))
    listener.onLive({ type: 'NodeStarted', namespace, node: task.name });
}

function isTask(payload: unknown): payload is TaskPayload {
  return (
    typeof payload === 'object' &&
    payload !== null &&
    'id' in payload &&
    'name' in payload &&
    typeof payload.id === 'string' &&
    typeof payload.name === 'string'
  );
}

/** The custom stream carries no node's name, so it is read where the node writes: in its own async context. */
function customProgress(payload: unknown): LiveDetail {
  const config: unknown = AsyncLocalStorageProviderSingleton.getRunnableConfig();
  const namespace = checkpointNamespace(config);
  const path = namespace.split('|');
  return {
    type: 'CustomProgress',
    namespace: path.slice(0, -1).join('|'),
    node: path.at(-1)?.split(':', 1)[0] ?? '',
    payload: toJson(payload),
  };
}

function checkpointNamespace(config: unknown): string {
  if (typeof config !== 'object' || config === null || !('configurable' in config)) return '';
  const { configurable } = config;
  if (typeof configurable !== 'object' || configurable === null) return '';
  const namespace = 'checkpoint_ns' in configurable ? configurable.checkpoint_ns : '';
  return typeof namespace === 'string' ? namespace : '';
}
