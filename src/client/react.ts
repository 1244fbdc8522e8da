// `session-gateway/react`: hooks over the same stores. React 18 and 19; on a server they show that they are loading.
import {
  type ReactNode,
  createContext,
  createElement,
  useContext,
  useMemo,
  useSyncExternalStore,
} from 'react';
import type { GatewayClient, ResumeInput } from './gateway-client.ts';
import { type OpenSessionOptions, openSession } from './open-session.ts';
import { type ListFilter, type SessionsView, openSessions } from './open-sessions.ts';
import { type SessionView, emptyView } from './session-view.ts';

const Context = createContext<GatewayClient | undefined>(undefined);

/** Gives the client to all hooks within. */
export function GatewayProvider(props: {
  readonly client: GatewayClient;
  readonly children?: ReactNode;
}) {
  return createElement(Context.Provider, { value: props.client }, props.children);
}

/** @throws Error where there is no GatewayProvider around */
export function useGatewayClient(): GatewayClient {
  const client = useContext(Context);
  if (client === undefined) throw new Error('Put a <GatewayProvider client={…}> around this.');
  return client;
}

export interface UsedSession extends SessionView {
  /** New work: a message, an input, or nothing to go on after a failure. */
  send(work: Omit<ResumeInput, 'sessionId'>): Promise<unknown>;
  /** Answers one question. */
  answer(interruptId: string, value: unknown): Promise<unknown>;
  cancel(): Promise<void>;
  /** A session of its own that begins here. @returns its id */
  fork(checkpointId?: string): Promise<string>;
}

type SessionOptions = Pick<OpenSessionOptions, 'values' | 'messages'>;

/** A session as it is now: loaded, and then live as long as the component is mounted. */
export function useSession(
  sessionId: string,
  { values = false, messages = 50 }: SessionOptions = {},
): UsedSession {
  const client = useGatewayClient();
  const store = useMemo(
    () => openSession({ client, sessionId, values, messages }),
    [client, sessionId, values, messages],
  );
  const initial = useMemo(() => emptyView(sessionId), [sessionId]);
  const view = useSyncExternalStore(store.subscribe, store.get, () => initial);
  return useMemo(
    () => ({
      ...view,
      send: (work) => client.resumeSession({ ...work, sessionId }),
      answer: (interruptId, value) => client.answer(sessionId, interruptId, value),
      cancel: () => client.cancelSession(sessionId),
      fork: async (checkpointId) =>
        (await client.forkSession({ sessionId, ...(checkpointId && { checkpointId }) })).sessionId,
    }),
    [client, sessionId, view],
  );
}

const LOADING: SessionsView = { phase: 'loading', sessions: [], hasMore: false, error: null };

/** The caller's sessions, the newest first, live as long as the component is mounted. */
export function useSessions(filter: ListFilter = {}, first = 50): SessionsView {
  const client = useGatewayClient();
  // Filters are written anew at each rendering.
  const key = JSON.stringify(filter);
  const store = useMemo(
    () => openSessions({ client, filter: JSON.parse(key) as ListFilter, first }),
    [client, key, first],
  );
  return useSyncExternalStore(store.subscribe, store.get, () => LOADING);
}

const WAITING: ListFilter = { status: ['INTERRUPTED'] };

/** The sessions that wait for somebody's answer. */
export function useInbox(first = 50): SessionsView {
  return useSessions(WAITING, first);
}
