import DataLoader from 'dataloader';
import { type CheckpointCache, CheckpointViews, type TakeTurn } from '../graph/checkpoint-views.ts';
import type { GraphCatalog } from '../graph/graph-catalog.ts';
import type { StateEdits } from '../graph/edit-state.ts';
import type { SessionForks } from '../graph/fork-session.ts';
import type { Snapshot } from '../graph/snapshot.ts';
import type { UserItems } from '../graph/user-items.ts';
import type { ProgressFeed } from '../progress/feed.ts';
import type { Answer, AnswersInFlight } from './answers.ts';
import type { TurnsPerUser } from '../session/turns-per-user.ts';
import { type Actor, type Backend, type User, actorOf } from '../session/ports.ts';
import type { Policy } from '../session/policy.ts';
import type { ConcurrencyLimit } from '../session/concurrency-limit.ts';
import type { TypedGraphs } from './typed.ts';
import type { SessionService } from '../session/session-service.ts';
import type { Session } from '../session/session.ts';

const SESSIONS_AT_ONCE = 500;

type Client = Pick<RequestContext, 'lastEventId' | 'answer'>;

/** What the gateway gives to every request. */
export interface Services {
  readonly backend: Backend;
  readonly graphs: GraphCatalog;
  readonly sessions: SessionService;
  readonly forks: SessionForks;
  readonly edits: StateEdits;
  readonly items: UserItems;
  /** The operator's own rules. */
  readonly policy: Policy;
  readonly feed: ProgressFeed;
  /** The types of the graphs. */
  readonly types: TypedGraphs;
  /** What is kept of checkpoints from one request to the next. */
  readonly cache: CheckpointCache;
  readonly answers: AnswersInFlight;
  readonly turns: TurnsPerUser;
  /** Counts what costs more than most requests. @throws GatewayError RATE_LIMITED */
  readonly charge: (user: User, cost: number) => Promise<void>;
  /** Who watches a session, or waits for it. */
  readonly subscriptions: ConcurrencyLimit;
  /** Aborted when the gateway closes: whoever waits or watches is let go. */
  readonly closing: AbortSignal;
}

/** One request: who asks, and what was already read for it. A plain object: Yoga copies contexts key by key. */
export interface RequestContext {
  readonly user: User;
  readonly actor: Exclude<Actor, 'system'>;
  /** Where an EventSource stood that comes back; it counts for more than `after`, which it sends each time. */
  readonly lastEventId: string | null;
  /** The answer that is made. */
  readonly answer: Answer;
  readonly services: Services;
  /** Does what reads much in its turn among all that the user asks. Within it nothing may wait for a further turn. */
  readonly takeTurn: TakeTurn;
  readonly checkpoints: CheckpointViews;
  /** The caller's session of an id, or null; those that are asked for in one turn are read together. */
  readonly findSession: (id: string) => Promise<Session | null>;
  /** What is read once is kept by this; contexts that share what they read have the same. */
  readonly reads: object;
  /** The session's state now, read once for all of its fields. */
  readonly stateOf: (session: Session) => Promise<Snapshot>;
}

/** @throws GatewayError SHUTTING_DOWN once the gateway closes: it takes no new work */
export function createRequestContext(
  user: User,
  services: Services,
  client: Client,
): RequestContext {
  services.closing.throwIfAborted();
  return contextOf(user, services, client);
}

function contextOf(
  user: User,
  services: Services,
  { lastEventId, answer }: Client,
): RequestContext {
  // Made where they are needed: most events of a feed need neither.
  let views: CheckpointViews | undefined;
  let sessions: DataLoader<string, Session | null> | undefined;
  let current: WeakMap<Session, Promise<Snapshot>> | undefined;
  // Others may share what is read in a turn, so it does not fail for what concerns this answer alone.
  const takeTurn: TakeTurn = (act) => services.turns.take(user.id, act);
  const actor = actorOf(user);
  return {
    user,
    actor,
    lastEventId,
    answer,
    services,
    reads: {},
    takeTurn,
    get checkpoints() {
      views ??= new CheckpointViews(services.backend, services.graphs, services.cache, takeTurn);
      return views;
    },
    findSession(id) {
      sessions ??= new DataLoader(
        (ids) => services.backend.sessions.findEach(ids, actor),
        // A mutation may change what was read before it.
        { cache: false, maxBatchSize: SESSIONS_AT_ONCE },
      );
      return sessions.load(id);
    },
    stateOf(session) {
      current ??= new WeakMap();
      const state =
        current.get(session) ??
        takeTurn(() => {
          answer.checkRoom();
          return services.graphs.current(session);
        });
      current.set(session, state);
      return state;
    },
  };
}

/** The context of an answer of its own, over what another has read and reads. */
export function contextOver(shared: RequestContext, user: User): RequestContext {
  const { services } = shared;
  return Object.assign(Object.create(shared) as RequestContext, {
    user,
    answer: services.answers.event(),
  });
}

/** The context of one event, which is rendered for whoever watches. */
export function contextOfEvent(user: User, services: Services): RequestContext {
  return contextOf(user, services, { lastEventId: null, answer: services.answers.event() });
}
