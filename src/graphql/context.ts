import type { GraphCatalog } from '../graph/graph-catalog.ts';
import type { SessionStates } from '../graph/session-states.ts';
import type { Snapshot } from '../graph/snapshot.ts';
import type { Actor, Backend, CheckpointRow } from '../session/ports.ts';
import { type SessionService, type User, actorOf } from '../session/session-service.ts';
import type { Session } from '../session/session.ts';

/** What the gateway gives to every request. */
export interface Services {
  readonly backend: Backend;
  readonly graphs: GraphCatalog;
  readonly sessions: SessionService;
  readonly states: SessionStates;
  /** Aborted when the gateway closes: whoever waits or watches is let go. */
  readonly closing: AbortSignal;
}

/** One request: who asks, and what was already read for it. */
export class RequestContext {
  readonly user: User;
  readonly services: Services;
  readonly #current = new WeakMap<Session, Promise<Snapshot>>();
  readonly #atCheckpoint = new WeakMap<CheckpointRow, Promise<Snapshot>>();

  constructor(user: User, services: Services) {
    this.user = user;
    this.services = services;
  }

  get actor(): Actor {
    return actorOf(this.user);
  }

  /** The session's state now, read once for all of its fields. */
  stateOf(session: Session): Promise<Snapshot> {
    return remember(this.#current, session, () => this.services.graphs.current(session));
  }

  /** The state at a checkpoint, read once for all of its fields. */
  stateAt(session: Session, row: CheckpointRow): Promise<Snapshot> {
    return remember(this.#atCheckpoint, row, () => this.services.graphs.at(session, row));
  }
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
