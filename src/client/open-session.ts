// A session that is kept up to date as long as somebody looks at it, for frameworks that subscribe to stores.
import type { GatewayClient } from './gateway-client.ts';
import { GatewayRequestError } from './request.ts';
import {
  type LoadedSession,
  type SessionView,
  type ViewAction,
  emptyView,
  makesOld,
  reduceSession,
} from './session-view.ts';
import { WatchError, watchSession } from './watch-session.ts';

export interface OpenSessionOptions {
  readonly client: GatewayClient;
  readonly sessionId: string;
  /** Whether the state is loaded, too. Default: false, as it may be large. */
  readonly values?: boolean;
  /** How many of the newest messages are loaded, 1 to 100. Default: 50. */
  readonly messages?: number;
}

/** What changes, and tells so: the shape that React's `useSyncExternalStore` and others take. */
export interface ViewStore<View> {
  readonly get: () => View;
  /** Opens the view with its first subscriber, and closes it after its last. @returns an unsubscribe function */
  readonly subscribe: (listener: () => void) => () => void;
}

/** Many events of a moment are one reason to load again. */
const COLLECTED_MS = 100;
const RETRY_MS = 2000;
/** Tries are at most so many times RETRY_MS apart. */
const MOST_FAILURES = 5;

export function openSession(options: OpenSessionOptions): ViewStore<SessionView> {
  const { client, sessionId, values = false, messages = 50 } = options;
  let view = emptyView(sessionId);
  const listeners = new Set<() => void>();
  let closed = new AbortController();

  function take(action: ViewAction): void {
    const next = reduceSession(view, action);
    if (next === view) return;
    view = next;
    for (const listener of listeners) listener();
  }

  async function load(signal: AbortSignal): Promise<LoadedSession | null> {
    const variables = { id: sessionId, values, messages };
    const { session } = await client.request<{ session: LoadedSession | null }>(LOAD, variables);
    if (!signal.aborted) take({ type: 'loaded', session });
    return session;
  }

  async function run(opened: AbortController): Promise<void> {
    const { signal } = opened;
    const session = await untilLoaded(() => load(signal), signal);
    if (session == null) return;
    const again = reloader(
      () => load(signal),
      signal,
      (error) => fail(opened, error),
    );
    const watch = watchSession({
      client: client.watchClient,
      sessionId,
      after: view.cursor ?? session.cursor,
      onState: (state) => {
        if (state !== 'ended') take({ type: 'connection', state });
      },
      signal,
    });
    for await (const event of watch) {
      take({ type: 'event', event });
      if (makesOld(event)) again();
    }
  }

  /** Shows why, and stops whatever still loads or watches. */
  function fail(opened: AbortController, error: unknown): void {
    if (opened.signal.aborted) return;
    take({ type: 'failed', error: viewErrorOf(error) });
    opened.abort();
  }

  return {
    get: () => view,
    subscribe(listener) {
      // The same function may subscribe twice.
      const own = () => listener();
      listeners.add(own);
      if (listeners.size === 1) {
        const opened = new AbortController();
        closed = opened;
        take({ type: 'connection', state: 'connecting' });
        run(opened).catch((error: unknown) => fail(opened, error));
      }
      return () => {
        if (listeners.delete(own) && listeners.size === 0) closed.abort();
      };
    },
  };
}

/** @returns undefined where it was given up; null where there is no such session */
async function untilLoaded<Loaded>(
  load: () => Promise<Loaded>,
  signal: AbortSignal,
): Promise<Loaded | undefined> {
  while (!signal.aborted) {
    try {
      return await load();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await wait(RETRY_MS);
    }
  }
  return undefined;
}

/** Loads again soon, one at a time. What fails for a while is tried again, less and less often. */
function reloader(
  load: () => Promise<unknown>,
  signal: AbortSignal,
  fail: (error: unknown) => void,
): () => void {
  let isOld = false;
  let isLoading = false;
  let failures = 0;
  const again = () => {
    isOld = true;
    if (!isLoading && !signal.aborted) void reload();
  };
  const reload = async () => {
    isLoading = true;
    while (isOld && !signal.aborted) {
      await wait(failures === 0 ? COLLECTED_MS : RETRY_MS * failures);
      isOld = false;
      try {
        if (!signal.aborted) await load();
        failures = 0;
      } catch (error) {
        isOld = true;
        failures = Math.min(failures + 1, MOST_FAILURES);
        if (!isPassing(error)) {
          fail(error);
          return;
        }
      }
    }
    isLoading = false;
  };
  return again;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Whether it may be tried again: a lost connection, or what the gateway says may be. Other clients have errors of their own. */
function isPassing(error: unknown): boolean {
  return !(error instanceof GatewayRequestError) || error.retryable;
}

export function viewErrorOf(error: unknown) {
  const message = error instanceof Error ? error.message : String(error);
  const isOurs = error instanceof GatewayRequestError || error instanceof WatchError;
  return { code: isOurs ? error.code : undefined, message };
}

const LOAD = `query OpenSession($id: ID!, $values: Boolean!, $messages: Int!) {
  session(id: $id) {
    id
    status
    cursor
    values @include(if: $values)
    messages(last: $messages) {
      nodes { messageId role name text toolCalls { toolCallId name args } toolCallId toolStatus }
    }
    interrupts { interruptId value responseSchema node namespace }
    latestRun { error { code message } }
  }
}`;
