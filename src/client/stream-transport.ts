// A transport for `useStream` of LangGraph's React SDK, so that an application that uses it can move to this gateway.
import type { GatewayClient, StartedSession } from './gateway-client.ts';
import { GatewayRequestError } from './request.ts';
import { watchSession } from './watch-session.ts';

export interface StreamTransportOptions {
  readonly client: GatewayClient;
  /** May be left out where the gateway has one graph. */
  readonly graphId?: string;
  /**
   * Called with each session that is started. `useStream` generates a thread id, and the gateway a session id: pass the session id to
   * `useStream` as `threadId` when the page is loaded again.
   */
  readonly onSession?: (sessionId: string, threadId: string) => void;
}

/** What `useStream` asks for; the names are LangGraph's. */
export interface StreamPayload {
  readonly input: unknown;
  readonly context?: unknown;
  readonly command?: { readonly resume?: unknown } | undefined;
  readonly config?: { readonly configurable?: Readonly<Record<string, unknown>> } | undefined;
  readonly signal: AbortSignal;
}

export interface StreamEvent {
  readonly id?: string;
  readonly event: string;
  readonly data: unknown;
}

export interface StreamTransport {
  stream(payload: StreamPayload): Promise<AsyncGenerator<StreamEvent>>;
}

/**
 * Streams `metadata`, `values`, `messages`, `custom`, `updates` and `error`. Once `signal` is aborted nothing more is streamed, and
 * the run goes on. Create one for the lifetime of the page: it knows which sessions belong to the threads.
 * @throws GatewayRequestError out of `stream` where the gateway refuses
 */
export function createStreamTransport(options: StreamTransportOptions): StreamTransport {
  const { client } = options;
  /** The sessions by the thread ids that `useStream` has generated. */
  const sessions = new Map<string, string>();

  async function begin(payload: StreamPayload): Promise<StartedSession> {
    const given = payload.config?.configurable?.['thread_id'];
    const threadId = typeof given === 'string' ? given : crypto.randomUUID();
    const known = await look(client, sessions.get(threadId) ?? threadId);
    if (known !== null) return resume(client, known, payload);
    const started = await client.startSession({
      ...(options.graphId !== undefined && { graphId: options.graphId }),
      ...(payload.input != null && { input: payload.input }),
      ...contextOf(payload),
      // A thread is started once, however often it is asked for.
      idempotencyKey: threadId,
    });
    sessions.set(threadId, started.sessionId);
    options.onSession?.(started.sessionId, threadId);
    return started;
  }

  return {
    async stream(payload) {
      const begun = await begin(payload);
      return eventsOf(client, begun, payload.signal);
    },
  };
}

interface Known {
  readonly id: string;
  readonly cursor: string;
  readonly interrupts: readonly { readonly interruptId: string; readonly value: unknown }[];
  readonly values: unknown;
}

const MOST_FAILURES = 6;
const LOOK = `query StreamedSession($id: ID!) {
  session(id: $id) { id cursor values interrupts { interruptId value } }
}`;
const EVENTS = `runId
  ... on RunStatusChanged { status error { code message } }
  ... on CheckpointSaved { namespace }
  ... on NodeFinished { namespace node writes }
  ... on MessageDelta { namespace node messageId offset chunk }
  ... on CustomProgress { namespace payload }`;

interface Watched {
  readonly __typename: string;
  readonly sequence: number;
  readonly cursor: string;
  readonly runId: string | null;
  readonly status?: string;
  readonly error?: { readonly code: string; readonly message: string } | null;
  readonly namespace?: string;
  readonly node?: string;
  readonly writes?: unknown;
  readonly messageId?: string;
  readonly offset?: number;
  readonly chunk?: Readonly<Record<string, unknown>> | null;
  readonly payload?: unknown;
}

async function look(client: GatewayClient, id: string): Promise<Known | null> {
  const { session } = await client.request<{ session: Known | null }>(LOOK, { id });
  return session;
}

async function resume(
  client: GatewayClient,
  { id: sessionId, cursor, interrupts }: Known,
  payload: StreamPayload,
): Promise<StartedSession> {
  const { input, command } = payload;
  const answers = command?.resume === undefined ? undefined : answersOf(command.resume, interrupts);
  const { runId } = await client.resumeSession({
    sessionId,
    ...(answers === undefined ? input != null && { input } : { answers }),
    ...contextOf(payload),
  });
  return { sessionId, cursor, runId };
}

/** LangGraph takes one answer for the only question, or an answer for each by its id. @throws GatewayRequestError */
function answersOf(given: unknown, interrupts: Known['interrupts']) {
  const ids = new Set(interrupts.map(({ interruptId }) => interruptId));
  const byId = Object.entries(given ?? {});
  if (typeof given === 'object' && byId.length > 0 && byId.every(([id]) => ids.has(id)))
    return byId.map(([interruptId, value]: [string, unknown]) => ({ interruptId, value }));
  const [only] = interrupts;
  if (only === undefined)
    throw new GatewayRequestError(200, [
      {
        message: 'Nothing is asked that could be answered.',
        extensions: { code: 'INTERRUPT_MISMATCH' },
      },
    ]);
  return [{ interruptId: only.interruptId, value: given }];
}

function contextOf({ context }: StreamPayload) {
  return context != null && { context };
}

async function* eventsOf(
  client: GatewayClient,
  { sessionId, cursor, runId }: StartedSession,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent> {
  yield { event: 'metadata', data: { run_id: runId, thread_id: sessionId } };
  const watch = watchSession<Watched>({
    client: client.watchClient,
    sessionId,
    after: cursor,
    untilSettled: true,
    fields: EVENTS,
    signal,
  });
  const begun = new Set<string>();
  for await (const event of watch) {
    yield* streamed(event, begun);
    if (!isNewState(event)) continue;
    const now = await patiently(() => look(client, sessionId));
    if (now === null || signal.aborted) return;
    if (now.values !== null) yield { event: 'values', data: now.values };
    if (event.__typename === 'InterruptsRaised') {
      const interrupts = now.interrupts.map(({ interruptId: id, value }) => ({ id, value }));
      yield { event: 'values', data: { __interrupt__: interrupts } };
    }
  }
}

/** A broken connection must not end a stream whose run goes on. */
async function patiently<Value>(ask: () => Promise<Value>): Promise<Value> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await ask();
    } catch (error) {
      const isFinal = error instanceof GatewayRequestError && !error.retryable;
      if (isFinal || failures === MOST_FAILURES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** failures));
    }
  }
}

function isNewState({ __typename: type, namespace }: Watched): boolean {
  return type === 'InterruptsRaised' || (type === 'CheckpointSaved' && namespace === '');
}

/** @param begun the messages of which something was streamed */
function* streamed(event: Watched, begun: Set<string>): Generator<StreamEvent> {
  const { namespace = '', node = '', cursor: id } = event;
  const inSubgraph = namespace === '' ? '' : `|${namespace}`;
  switch (event.__typename) {
    case 'RunStatusChanged':
      if (event.status === 'FAILED')
        yield { id, event: 'error', data: { error: event.error?.code, ...event.error } };
      break;
    case 'NodeFinished':
      yield { id, event: `updates${inSubgraph}`, data: { [node]: event.writes } };
      break;
    case 'CustomProgress':
      yield { id, event: `custom${inSubgraph}`, data: event.payload };
      break;
    case 'MessageDelta': {
      const { messageId = '', offset = 0, chunk } = event;
      if (!chunk) break;
      const metadata = { langgraph_node: node, langgraph_checkpoint_ns: namespace };
      // What is sent again from its beginning takes the place of what was there: `useStream` would append it.
      if (offset === 0 && begun.has(messageId))
        yield { id, event: 'messages', data: [{ type: 'remove', id: messageId }, metadata] };
      begun.add(messageId);
      yield { id, event: 'messages', data: [{ ...chunk, id: messageId }, metadata] };
      break;
    }
    default:
  }
}
