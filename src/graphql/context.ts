import type { GraphCatalog } from '../graph/graph-catalog.ts';
import type { SessionStates } from '../graph/session-states.ts';
import type { Snapshot } from '../graph/snapshot.ts';
import {
  type Actor,
  type Backend,
  type CheckpointRow,
  type User,
  actorOf,
} from '../session/ports.ts';
import type { SessionService } from '../session/session-service.ts';
import type { Session } from '../session/session.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** What the gateway gives to every request. */
export interface Services {
  readonly backend: Backend;
  readonly graphs: GraphCatalog;
  readonly sessions: SessionService;
  readonly states: SessionStates;
  readonly metrics: Metrics;
  /** Aborted when the gateway closes: whoever waits or watches is let go. */
  readonly closing: AbortSignal;
}

/** One request: who asks, and what was already read for it. A plain object: Yoga copies contexts key by key. */
export interface RequestContext {
  readonly user: User;
  readonly actor: Actor;
  readonly services: Services;
  /** The session's state now, read once for all of its fields. */
  readonly stateOf: (session: Session) => Promise<Snapshot>;
  /** The state at a checkpoint, read once for all of its fields. */
  readonly stateAt: (session: Session, row: CheckpointRow) => Promise<Snapshot>;
}

/** @throws GatewayError SHUTTING_DOWN once the gateway closes: it takes no new work */
export function createRequestContext(user: User, services: Services): RequestContext {
  services.closing.throwIfAborted();
  const current = new WeakMap<Session, Promise<Snapshot>>();
  const atCheckpoint = new WeakMap<CheckpointRow, Promise<Snapshot>>();
  return {
    user,
    actor: actorOf(user),
    services,
    stateOf: (session) => remember(current, session, () => services.graphs.current(session)),
    stateAt: (session, row) => remember(atCheckpoint, row, () => services.graphs.at(session, row)),
  };
}

function remember<Key extends object, Value>(
  known: WeakMap<Key, Promise<Value>>,
  key: Key,
  read: () => Promise<Value>,
): Promise<Value> {
  const value = known.get(key) ?? read();
  known.set(key, value);
  return value;
}
