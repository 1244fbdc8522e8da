// One execution of a graph: calls it, and turns what it streams into live events.
import { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons';
import type { LiveDetail } from '../session/progress.ts';
import type { TaskNames } from './attempt-context.ts';
import { allOr } from './breakpoints.ts';
import type { CompiledGraph } from './compiled-graph.ts';
import type { MessageDeltas } from './message-deltas.ts';
import { toJson } from './state-json.ts';

export interface GraphCall {
  readonly threadId: string;
  /** Null: go on from where the thread is. */
  readonly input: unknown;
  readonly checkpointId: string | null;
  readonly configurable: Readonly<Record<string, unknown>>;
  /** LangGraph's runtime context; undefined where the graph has its own, or reads `configurable` as one. */
  readonly context: Readonly<Record<string, unknown>> | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly tags: readonly string[];
  readonly interruptBefore: readonly string[] | undefined;
  readonly interruptAfter: readonly string[] | undefined;
  readonly recursionLimit: number | null;
  readonly signal: AbortSignal;
  /** Stops before the next step once it says so; the call then ends with GraphDrained. */
  readonly control: { readonly drainRequested: boolean; readonly drainReason: string | undefined };
}

export interface GraphListener {
  /** Called before each node, which begins only after it; rejects where it must not. */
  beforeNode(): Promise<void>;
  onLive(detail: LiveDetail): void;
  /** A task of this node has ended. */
  onNodeEnded(node: { readonly namespace: string; readonly node: string }): void;
  /** These messages are whole by now: the task that wrote them ended. */
  onWritten(messageIds: readonly string[]): void;
}

/** Runs until the graph ends, asks or throws. @throws whatever the graph or its saver throws */
export async function runGraph(
  graph: CompiledGraph,
  call: GraphCall,
  names: TaskNames,
  messages: MessageDeltas,
  listener: GraphListener,
): Promise<void> {
  const tell = (detail: LiveDetail) => {
    messages.flush();
    listener.onLive(detail);
  };
  const chunks = await graph.stream(call.input, {
    configurable: {
      ...call.configurable,
      thread_id: call.threadId,
      ...(call.checkpointId !== null && { checkpoint_id: call.checkpointId }),
    },
    ...(call.context !== undefined && { context: call.context }),
    ...(call.interruptBefore !== undefined && { interruptBefore: allOr(call.interruptBefore) }),
    ...(call.interruptAfter !== undefined && { interruptAfter: allOr(call.interruptAfter) }),
    ...(call.recursionLimit !== null && { recursionLimit: call.recursionLimit }),
    metadata: call.metadata,
    ...(call.tags.length > 0 && { tags: [...call.tags] }),
    streamMode: ['tasks', 'messages'],
    subgraphs: true,
    durability: 'sync',
    signal: call.signal,
    control: call.control,
    callbacks: [new BeforeNode(listener)],
    writer: (payload: unknown) => tell(customProgress(payload)),
  });
  for await (const chunk of chunks) {
    if (!Array.isArray(chunk)) continue;
    const [path, mode, payload]: unknown[] = chunk;
    const namespace = Array.isArray(path) ? path.join('|') : '';
    if (mode === 'tasks' && isTask(payload)) {
      // LangGraph announces a task with its triggers when it starts, and with its result when it ends.
      if ('triggers' in payload) {
        names.learn(payload.id, payload.name);
        const isRun = call.checkpointId !== null || !names.isFinished(payload.id);
        if (isRun && !payload.name.startsWith('__'))
          tell({ type: 'NodeStarted', namespace, node: payload.name });
      } else {
        listener.onNodeEnded({ namespace, node: payload.name });
        const written = messages.end(payload.id);
        if (written.length > 0) listener.onWritten(written);
      }
    }
    if (mode === 'messages' && Array.isArray(payload))
      messages.write(payload[0], payload[1], namespaceOf(payload[1]) ?? namespace);
  }
}

/** The namespace that a message's node runs in. LangGraph before 1.7 puts the node itself at the end of the path. */
function namespaceOf(metadata: unknown): string | undefined {
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  if (!('langgraph_checkpoint_ns' in metadata)) return undefined;
  const { langgraph_checkpoint_ns: path } = metadata;
  return typeof path === 'string' ? path.split('|').slice(0, -1).join('|') : undefined;
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
