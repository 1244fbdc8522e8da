import { useEffect, useEffectEvent } from 'react';
import { graphql } from '../../gql/gql.ts';
import { useWhileVisible } from '../shell/use-while-visible.ts';
import { type Gateway, useGateway } from './gateway.ts';

const SessionChanges = graphql(`
  subscription SessionChanges {
    sessionsChanged {
      kind
      sessionId
    }
  }
`);

/** Many changes of a moment are one. */
const COLLECTED_MS = 500;
/** A list is read again though nothing was told: what is between may have lost it. */
const LOOK_EVERY_MS = 15_000;
const RETRY_MS = 2000;

/**
 * Calls it once the caller's sessions have changed, or, with a session's id, once that one has; and each time that it is
 * not known whether they have: when the connection is lost, and is back.
 */
export function useSessionChanges(act: () => void, sessionId?: string): void {
  const gateway = useGateway();
  const heard = useEffectEvent((changed: string | null) => {
    if (document.visibilityState !== 'visible') return;
    if (changed === null || sessionId === undefined || changed === sessionId) act();
  });
  useEffect(() => {
    let waiting: ReturnType<typeof setTimeout> | undefined;
    let all: ReadonlySet<string> | null = new Set();
    const stop = listen(gateway, (changed) => {
      all = changed === null || all === null ? null : new Set([...all, changed]);
      waiting ??= setTimeout(() => {
        waiting = undefined;
        const told = all ?? [null];
        all = new Set();
        for (const one of sessionId === undefined ? [null] : told) heard(one);
      }, COLLECTED_MS);
    });
    return () => {
      clearTimeout(waiting);
      stop();
    };
  }, [gateway, sessionId]);
  useWhileVisible(LOOK_EVERY_MS, act);
}

type Listener = (sessionId: string | null) => void;

/** One subscription for all that is on the page. */
const open = new WeakMap<Gateway, { readonly listeners: Set<Listener>; stop(): void }>();

function listen(gateway: Gateway, listener: Listener): () => void {
  const shared = open.get(gateway) ?? begin(gateway);
  open.set(gateway, shared);
  shared.listeners.add(listener);
  return () => {
    shared.listeners.delete(listener);
    if (shared.listeners.size > 0) return;
    shared.stop();
    open.delete(gateway);
  };
}

function begin({ socket }: Gateway) {
  const listeners = new Set<Listener>();
  const tell = (sessionId: string | null) => {
    for (const listener of listeners) listener(sessionId);
  };
  const sha256Hash = String(SessionChanges.__meta__?.['hash'] ?? '');
  const extensions = { persistedQuery: { version: 1, sha256Hash } };
  let leave = () => undefined as void;
  let again: ReturnType<typeof setTimeout> | undefined;
  const subscribe = () => {
    const retry = () => {
      tell(null);
      again = setTimeout(subscribe, RETRY_MS);
    };
    leave = socket.subscribe<{ sessionsChanged: { sessionId: string | null } }>(
      { query: '', extensions },
      {
        next: ({ data }) => tell(data?.sessionsChanged.sessionId ?? null),
        error: retry,
        complete: retry,
      },
    );
  };
  // Its own READY tells of each connection that is made anew.
  const unlisten = socket.on('closed', () => tell(null));
  subscribe();
  return {
    listeners,
    stop() {
      clearTimeout(again);
      unlisten();
      leave();
    },
  };
}
