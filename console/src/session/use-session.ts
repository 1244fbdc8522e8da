// Loads a session by one query and goes on by one subscription from its cursor.
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { CombinedError } from 'urql';
import { WatchError, watchSession } from '../../../src/client/index.ts';
import type { SessionPageQuery } from '../../gql/graphql.ts';
import { isMissing, messageOf } from '../gateway/errors.ts';
import { type Gateway, documentOf, useGateway } from '../gateway/gateway.ts';
import {
  CurrentState,
  type LoadedSession,
  NewestCursor,
  OlderSteps,
  SessionFeed,
  SessionPageDocument,
} from './documents.ts';
import { SessionModel } from './session-model.ts';

export interface OpenSession {
  readonly session: LoadedSession;
  readonly model: SessionModel;
  /** The checkpoint of the address, as it came with the session. */
  readonly checkpoint: SessionPageQuery['checkpoint'];
  /** Why it is not watched any more; undefined while it is. */
  readonly unwatched: string | undefined;
  /** Loads all of it anew. */
  readonly reload: () => void;
  /** Adds a page of older steps. @throws CombinedError */
  readonly loadOlder: () => Promise<void>;
}

export type SessionState =
  | { readonly is: 'loading' | 'missing' }
  | { readonly is: 'failed'; readonly message: string; readonly reload: () => void }
  | ({ readonly is: 'open' } & OpenSession);

/** At most so often the state is fetched anew while steps come. */
const STATE_EVERY_MS = 1000;
/** After how long a gateway that was not reached is asked again. */
const RELOAD_MS = 3000;

/** @param checkpointId what the address names when the page is opened */
export function useSession(id: string, checkpointId: string | null): SessionState {
  const gateway = useGateway();
  const [state, setState] = useState<SessionState>({ is: 'loading' });
  const [tries, setTries] = useState(0);
  const [openedAt] = useState(checkpointId);
  useEffect(() => {
    const left = new AbortController();
    const { signal } = left;
    const reload = () => setTries((count) => count + 1);
    const show = (shown: SessionState) => {
      if (!signal.aborted) setState(shown);
    };
    void load(gateway, id, openedAt).then(({ data, error }) => {
      if (signal.aborted) return;
      if (data?.session == null) {
        show(
          error === undefined || isMissing(error)
            ? { is: 'missing' }
            : { is: 'failed', message: messageOf(error), reload },
        );
        if (error?.networkError !== undefined)
          setTimeout(() => !signal.aborted && reload(), RELOAD_MS);
        return;
      }
      const { session, checkpoint } = data;
      const model = new SessionModel(session);
      const open = {
        is: 'open',
        session,
        model,
        checkpoint,
        reload,
        loadOlder: olderLoader(gateway, model),
      } as const;
      show({ ...open, unwatched: undefined });
      keepStateFresh(gateway, model, signal);
      void follow(gateway, model, session.cursor, signal).then(
        // What was missed is in none of the events.
        (ended) => (ended === 'gap' ? reload() : undefined),
        (thrown: unknown) => {
          const code = thrown instanceof WatchError ? thrown.code : undefined;
          if (code === 'UNAUTHENTICATED') gateway.refused();
          else if (code === 'SESSION_NOT_FOUND') show({ is: 'missing' });
          else
            show({ ...open, unwatched: thrown instanceof Error ? thrown.message : String(thrown) });
        },
      );
    });
    return () => left.abort();
  }, [gateway, id, openedAt, tries]);
  return state;
}

/** Renders again when the model has changed. */
export function useRevision(model: SessionModel): number {
  return useSyncExternalStore(model.subscribe, model.read);
}

async function load({ client }: Gateway, id: string, checkpointId: string | null) {
  const ask = (at: string | null) =>
    client
      .query(
        documentOf(SessionPageDocument),
        { id, checkpointId: at ?? '', isAt: at !== null },
        { requestPolicy: 'network-only' },
      )
      .toPromise();
  const answer = await ask(checkpointId);
  // An address may name what is no checkpoint of a session that is there.
  const isOfCheckpoint = (error: CombinedError | undefined) =>
    error?.graphQLErrors.some(({ path }) => path?.[0] === 'checkpoint') === true;
  return checkpointId !== null && isOfCheckpoint(answer.error) ? ask(null) : answer;
}

async function follow(
  { socket }: Gateway,
  model: SessionModel,
  after: string,
  signal: AbortSignal,
): Promise<'gap' | 'ended'> {
  const watch = watchSession({
    client: socket,
    sessionId: model.id,
    after,
    isNewest: true,
    documents: { watch: SessionFeed, newest: NewestCursor },
    onState: (state) => model.setWatch(state),
    signal,
  });
  for await (const event of watch) {
    if (event.__typename === 'ProgressGap') return 'gap';
    model.take(event);
  }
  return 'ended';
}

function olderLoader({ client }: Gateway, model: SessionModel): () => Promise<void> {
  let loading: Promise<void> | undefined;
  const loadPage = async () => {
    const { olderSteps, olderRuns } = model;
    if (!olderSteps.hasNextPage || model.hasForgotten) return;
    const variables = {
      id: model.id,
      steps: olderSteps.endCursor,
      runs: olderRuns.endCursor,
      asksRuns: olderRuns.hasNextPage,
    };
    const { data, error } = await client
      .query(documentOf(OlderSteps), variables, { requestPolicy: 'network-only' })
      .toPromise();
    if (error !== undefined) throw error;
    if (data?.session == null) return;
    const { checkpoints, runs } = data.session;
    model.addOlder(
      checkpoints.nodes,
      checkpoints.pageInfo,
      runs?.nodes ?? [],
      runs?.pageInfo ?? olderRuns,
    );
  };
  return () => {
    loading ??= loadPage().finally(() => {
      loading = undefined;
    });
    return loading;
  };
}

/** The state of the newest checkpoint follows the steps, but not each of them. */
function keepStateFresh({ client }: Gateway, model: SessionModel, signal: AbortSignal): void {
  let isAsking = false;
  const refresh = () => {
    if (isAsking || signal.aborted || !model.valuesAreOld || document.visibilityState === 'hidden')
      return;
    isAsking = true;
    void client
      .query(documentOf(CurrentState), { id: model.id }, { requestPolicy: 'network-only' })
      .toPromise()
      .then(({ data }) => {
        const session = data?.session;
        if (session != null && !signal.aborted)
          model.setState(session.values, session.next, session.checkpoint?.checkpointId ?? null);
        setTimeout(() => {
          isAsking = false;
          refresh();
        }, STATE_EVERY_MS);
      });
  };
  const unsubscribe = model.subscribe(refresh);
  document.addEventListener('visibilitychange', refresh);
  signal.addEventListener('abort', () => {
    unsubscribe();
    document.removeEventListener('visibilitychange', refresh);
  });
}
