// One view of a session, made of what was loaded and of the events since: what a page shows.
import type { SessionEvent, SessionStatus } from './session-event.ts';
import type { WatchState } from './watch-session.ts';

export interface ViewMessage {
  /** LangChain's id. */
  readonly id: string;
  readonly role: 'HUMAN' | 'AI' | 'SYSTEM' | 'TOOL' | 'OTHER';
  readonly name: string | null;
  readonly text: string;
  readonly toolCalls: readonly {
    readonly toolCallId: string | null;
    readonly name: string;
    readonly args: unknown;
  }[];
  /** Of a tool's message: which call it answers, and how it ended. */
  readonly toolCallId: string | null;
  readonly toolStatus: 'SUCCESS' | 'ERROR' | null;
  /** Whether more of it is being written. */
  readonly isStreaming: boolean;
}

export interface OpenQuestion {
  readonly interruptId: string;
  readonly value: unknown;
  /** JSON Schema of the answer; null where any will do. */
  readonly responseSchema: unknown;
  readonly node: string;
  readonly namespace: string;
}

export interface SessionView {
  readonly id: string;
  /** `gone`: deleted, expired, or not the caller's. */
  readonly phase: 'loading' | 'ready' | 'gone' | 'failed';
  /** Null until it was loaded. */
  readonly status: SessionStatus | null;
  readonly connection: WatchState;
  /** The newest of LangChain's messages, the oldest first, with those that are being written. */
  readonly messages: readonly ViewMessage[];
  /** Those that wait for an answer. */
  readonly questions: readonly OpenQuestion[];
  /** The state, where it was asked for. */
  readonly values: unknown;
  /** The nodes of the graph itself that are running; a node with several tasks as often as it has tasks. */
  readonly running: readonly string[];
  /** The newest custom progress of each node, by its name. */
  readonly progress: Readonly<Record<string, unknown>>;
  /** Why the last run failed, or why the session could not be loaded. */
  readonly error: ViewError | null;
  /** What a watch goes on from; null until it was loaded. */
  readonly cursor: string | null;
}

export interface ViewError {
  readonly code: string | undefined;
  readonly message: string;
}

/** What `openSession` reads of a session. */
export interface LoadedSession {
  readonly id: string;
  readonly status: SessionStatus;
  readonly cursor: string;
  readonly values?: unknown;
  readonly messages: { readonly nodes: readonly LoadedMessage[] } | null;
  readonly interrupts: readonly OpenQuestion[];
  readonly latestRun: { readonly error: ViewError | null } | null;
}

type LoadedMessage = Omit<ViewMessage, 'id' | 'isStreaming'> & { readonly messageId: string };

export type ViewAction =
  | { readonly type: 'loaded'; readonly session: LoadedSession | null }
  | { readonly type: 'event'; readonly event: SessionEvent }
  | { readonly type: 'connection'; readonly state: WatchState }
  | { readonly type: 'failed'; readonly error: ViewError };

export function emptyView(id: string): SessionView {
  return {
    id,
    phase: 'loading',
    status: null,
    connection: 'connecting',
    messages: [],
    questions: [],
    values: null,
    running: [],
    progress: {},
    error: null,
    cursor: null,
  };
}

/** The view after an event, or after it was loaded again. Parts that did not change are the same objects. */
export function reduceSession(view: SessionView, action: ViewAction): SessionView {
  switch (action.type) {
    case 'loaded':
      return action.session === null ? { ...view, phase: 'gone' } : afterLoad(view, action.session);
    case 'connection':
      if (view.connection === action.state) return view;
      // What is running is sent again once the connection is back.
      return {
        ...view,
        connection: action.state,
        ...(action.state === 'reconnecting' && { running: [] }),
      };
    case 'failed': {
      const phase = action.error.code === 'SESSION_NOT_FOUND' ? 'gone' : 'failed';
      return { ...view, phase, error: action.error };
    }
    case 'event':
      return afterEvent({ ...view, cursor: action.event.cursor }, action.event);
  }
}

/** Whether what was loaded is old after this event. */
export function makesOld(event: SessionEvent): boolean {
  if (event.__typename === 'CheckpointSaved') return event.namespace === '';
  return MAKES_OLD.has(event.__typename);
}

const MAKES_OLD: ReadonlySet<string> = new Set([
  'RunStatusChanged',
  'InterruptsRaised',
  'ProgressGap',
]);

function afterLoad(view: SessionView, session: LoadedSession): SessionView {
  const { status, cursor, values = null, interrupts, latestRun } = session;
  const stored = (session.messages?.nodes ?? []).map(({ messageId, ...message }) => ({
    ...message,
    id: messageId,
    isStreaming: false,
  }));
  const ids = new Set(stored.map(({ id }) => id));
  const writing = isActive(status)
    ? view.messages.filter(({ id, isStreaming }) => isStreaming && !ids.has(id))
    : [];
  return {
    ...view,
    phase: 'ready',
    status,
    // Events that came while it was loaded are newer.
    cursor: view.cursor ?? cursor,
    values,
    messages: [...stored, ...writing],
    questions: interrupts,
    error: latestRun?.error ?? null,
    ...(!isActive(status) && { running: [], progress: {} }),
  };
}

function afterEvent(view: SessionView, event: SessionEvent): SessionView {
  switch (event.__typename) {
    case 'SessionSnapshot':
      return { ...view, status: event.session.status };
    case 'RunStatusChanged': {
      const { sessionStatus: status, error } = event;
      // An attempt runs its nodes, and writes their messages, from the beginning.
      const begins = event.status === 'RUNNING';
      return {
        ...view,
        status,
        error: error ?? (isActive(status) ? null : view.error),
        questions: isActive(status) ? [] : view.questions,
        ...(begins && { messages: view.messages.filter(({ isStreaming }) => !isStreaming) }),
        ...((begins || !isActive(status)) && { running: [], progress: {} }),
      };
    }
    case 'InterruptsRaised': {
      const known = new Set(event.interrupts.map(({ interruptId }) => interruptId));
      const others = view.questions.filter(({ interruptId }) => !known.has(interruptId));
      return { ...view, questions: [...others, ...event.interrupts] };
    }
    case 'NodeStarted':
      if (event.namespace !== '') return view;
      return { ...view, running: [...view.running, event.node] };
    case 'NodeFinished':
      if (event.namespace !== '') return view;
      return { ...view, running: withoutOne(view.running, event.node) };
    case 'CustomProgress':
      return { ...view, progress: { ...view.progress, [event.node]: event.payload } };
    case 'MessageDelta':
      return { ...view, messages: withDelta(view.messages, event) };
    case 'CheckpointSaved':
    case 'ProgressGap':
      return view;
  }
}

function withoutOne(nodes: readonly string[], node: string): readonly string[] {
  const at = nodes.indexOf(node);
  return nodes.filter((_node, index) => index !== at);
}

/** The text so far is the first `offset` UTF-16 units of what was there, then `text`. */
function withDelta(
  messages: readonly ViewMessage[],
  { messageId: id, role, offset, text }: Extract<SessionEvent, { __typename: 'MessageDelta' }>,
): readonly ViewMessage[] {
  const before = messages.find((message) => message.id === id);
  const message: ViewMessage = {
    role,
    name: null,
    toolCalls: [],
    toolCallId: null,
    toolStatus: null,
    ...before,
    id,
    text: (before?.text ?? '').slice(0, offset) + text,
    isStreaming: true,
  };
  return before === undefined
    ? [...messages, message]
    : messages.map((each) => (each === before ? message : each));
}

function isActive(status: SessionStatus | null): boolean {
  return status === 'QUEUED' || status === 'RUNNING';
}
