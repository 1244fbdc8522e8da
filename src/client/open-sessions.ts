// A list of sessions that is kept up to date as long as somebody looks at it.
import type { GatewayClient } from './gateway-client.ts';
import { type ViewStore, viewErrorOf } from './open-session.ts';
import type { SessionStatus } from './session-event.ts';
import type { OpenQuestion, ViewError } from './session-view.ts';

export interface ListedSession {
  readonly id: string;
  readonly graphId: string;
  readonly task: string | null;
  readonly status: SessionStatus;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
  /** The questions that wait for an answer. */
  readonly interrupts: readonly OpenQuestion[];
}

/** As `SessionFilter` of schema.graphql. */
export interface ListFilter {
  readonly status?: readonly SessionStatus[];
  readonly graphId?: string;
  readonly metadata?: Readonly<Record<string, string | number | boolean | null>>;
}

export interface SessionsView {
  readonly phase: 'loading' | 'ready' | 'failed';
  /** The newest first. */
  readonly sessions: readonly ListedSession[];
  /** Whether there are older ones, which are not shown. */
  readonly hasMore: boolean;
  readonly error: ViewError | null;
}

export interface OpenSessionsOptions {
  readonly client: GatewayClient;
  readonly filter?: ListFilter;
  /** How many, 1 to 100. Default: 50. */
  readonly first?: number;
}

const RETRY_MS = 2000;
/** Many that leave the list at once are one reason to read it. */
const REFILL_MS = 250;
const LOADING: SessionsView = { phase: 'loading', sessions: [], hasMore: false, error: null };

export function openSessions(options: OpenSessionsOptions): ViewStore<SessionsView> {
  const { client, filter = {}, first = 50 } = options;
  let view = LOADING;
  const listeners = new Set<() => void>();
  let stop = () => undefined as void;

  function show(next: SessionsView): void {
    view = next;
    for (const listener of listeners) listener();
  }

  function begin(): () => void {
    let isOver = false;
    let readAgain: ReturnType<typeof setTimeout> | undefined;
    let subscribeAgain: ReturnType<typeof setTimeout> | undefined;
    let leave = () => undefined as void;
    /** Counts what was read, so that an older answer does not take the place of a newer one. */
    let reading = 0;
    /** What changed while the list is read. */
    let meanwhile: SessionsChange[] = [];

    const readSoon = (ms: number) => {
      clearTimeout(readAgain);
      if (!isOver) readAgain = setTimeout(() => void read(), ms);
    };
    const read = async () => {
      clearTimeout(readAgain);
      reading += 1;
      const mine = reading;
      meanwhile = [];
      try {
        const { sessions } = await client.request<{ sessions: Page }>(LIST, { filter, first });
        if (isOver || mine !== reading) return;
        const { nodes, pageInfo } = sessions;
        const page = { phase: 'ready', hasMore: pageInfo.hasNextPage, error: null } as const;
        show(meanwhile.reduce(changed(first), { ...page, sessions: nodes }));
      } catch (error) {
        if (isOver || mine !== reading) return;
        show({ ...view, phase: 'failed', error: viewErrorOf(error) });
        readSoon(RETRY_MS);
      }
    };
    const again = () => {
      clearTimeout(subscribeAgain);
      if (!isOver) subscribeAgain = setTimeout(subscribe, RETRY_MS);
    };
    const take = (change: SessionsChange) => {
      if (change.kind === 'READY') {
        void read();
        return;
      }
      meanwhile.push(change);
      const next = changed(first)(view, change);
      show(next);
      // Older ones take the places of those that left.
      if (next.hasMore && next.sessions.length < first) readSoon(REFILL_MS);
    };
    const subscribe = () => {
      leave = client.watchClient.subscribe(
        { query: WATCH, variables: { filter } },
        {
          next({ data, errors }) {
            if (isOver) return;
            const change = (data as { sessionsChanged?: SessionsChange } | null | undefined)
              ?.sessionsChanged;
            if (change !== undefined) take(change);
            else if (errors !== undefined)
              show({ ...view, phase: 'failed', error: firstOf(errors) });
          },
          error: again,
          complete: again,
        },
      );
    };
    subscribe();
    return () => {
      isOver = true;
      clearTimeout(readAgain);
      clearTimeout(subscribeAgain);
      leave();
    };
  }

  return {
    get: () => view,
    subscribe(listener) {
      // The same function may subscribe twice.
      const own = () => listener();
      listeners.add(own);
      if (listeners.size === 1) stop = begin();
      return () => {
        if (listeners.delete(own) && listeners.size === 0) stop();
      };
    },
  };
}

interface SessionsChange {
  readonly kind: 'READY' | 'CREATED' | 'UPDATED' | 'DELETED';
  readonly sessionId: string | null;
  readonly matches: boolean;
  readonly session: ListedSession | null;
}

interface Page {
  readonly nodes: readonly ListedSession[];
  readonly pageInfo: { readonly hasNextPage: boolean };
}

/** The list with a session as it is now, in its place, or without it. */
function changed(first: number) {
  return (view: SessionsView, { sessionId, session, matches }: SessionsChange): SessionsView => {
    const others = view.sessions.filter(({ id }) => id !== sessionId);
    if (session === null || !matches) return { ...view, sessions: others };
    const wasListed = others.length < view.sessions.length;
    const oldest = others.at(-1);
    const isOlder = oldest === undefined || session.createdAt < oldest.createdAt;
    // It is of a later page.
    if (!wasListed && view.hasMore && isOlder) return view;
    const sessions = [...others, session].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
    const hasMore = view.hasMore || sessions.length > first;
    return { ...view, sessions: sessions.slice(0, first), hasMore };
  };
}

function firstOf([error]: readonly unknown[]): ViewError {
  const { message = 'The list was refused.', extensions } = error as {
    message?: string;
    extensions?: { code?: string };
  };
  return { message, code: extensions?.code };
}

const LISTED = `
  id graphId task status metadata createdAt updatedAt
  interrupts { interruptId value responseSchema node namespace }
`;
const LIST = `query OpenSessions($filter: SessionFilter, $first: Int!) {
  sessions(filter: $filter, first: $first) { nodes { ${LISTED} } pageInfo { hasNextPage } }
}`;
const WATCH = `subscription OpenSessionsChanged($filter: SessionFilter) {
  sessionsChanged(filter: $filter) { kind sessionId matches session { ${LISTED} } }
}`;
