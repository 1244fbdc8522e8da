// Notifies the watchers of an owner's sessions which of them have changed. Changes within a short time are published together.
import { overridingStore } from './overriding-store.ts';
import { type Backend, type Commit, type SessionStore, channelOfOwner } from './ports.ts';

/** How long changes are collected before they are published. */
const COLLECTED_MS = 50;

export class SessionChangeNotifier implements Disposable {
  readonly #bus: Backend['bus'];
  /** By owner: the sessions that have changed, and whether they are new. */
  readonly #changed = new Map<string, Map<string, boolean>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(bus: Backend['bus']) {
    this.#bus = bus;
  }

  notify(ownerId: string, sessionId: string, isNew = false): void {
    const sessions = this.#changed.get(ownerId) ?? new Map<string, boolean>();
    this.#changed.set(ownerId, sessions);
    sessions.set(sessionId, isNew || sessions.get(sessionId) === true);
    this.#timer ??= setTimeout(() => this.#flush(), COLLECTED_MS);
  }

  [Symbol.dispose](): void {
    this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [ownerId, sessions] of this.#changed) {
      const channel = channelOfOwner(ownerId);
      for (const [sessionId, isNew] of sessions)
        this.#bus.publish(channel, { type: 'session', sessionId, isNew });
    }
    this.#changed.clear();
  }
}

/** The store, with a notification after each change that it has committed. */
export function notifyingStore(store: SessionStore, changes: SessionChangeNotifier): SessionStore {
  const created = <Taken>(taken: Taken, { session }: Commit): Taken => {
    if (taken === null || taken === true) changes.notify(session.ownerId, session.id, true);
    return taken;
  };
  return overridingStore(store, {
    create: async (commit) => created(await store.create(commit), commit),
    fork: async (commit, source) => created(await store.fork(commit, source), commit),
    adopt: async (commit, rows) => created(await store.adopt(commit, rows), commit),
    async change(id, actor, decide) {
      let isChanged = false;
      const state = await store.change(id, actor, (before) => {
        const commit = decide(before);
        isChanged = commit !== undefined;
        return commit;
      });
      if (state !== null && isChanged) changes.notify(state.session.ownerId, id);
      return state;
    },
    async delete(id, actor) {
      const session = await store.find(id, actor);
      const deleted = await store.delete(id, actor);
      if (deleted && session !== null) changes.notify(session.ownerId, id);
      return deleted;
    },
  });
}
