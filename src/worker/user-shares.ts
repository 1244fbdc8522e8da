import type { QueuedRun } from '../session/ports.ts';

/**
 * Keeps one user's runs from taking all of a worker: beyond their share they are parked, in order, until one of the
 * user's ends. They stay queued in the store, so that another worker may take them.
 */
export class UserShares {
  readonly #perUser: number;
  /** The users of the runs that are at work, by run. */
  readonly #atWork = new Map<string, string>();
  readonly #parked = new Map<string, QueuedRun[]>();
  readonly #parkedIds = new Set<string>();

  constructor(perUser: number) {
    this.#perUser = perUser;
  }

  get parked(): number {
    return this.#parkedIds.size;
  }

  get parkedIds(): Iterable<string> {
    return this.#parkedIds;
  }

  isParked(runId: string): boolean {
    return this.#parkedIds.has(runId);
  }

  /** Whether the run may be executed now; if not it is parked. May be asked again for the same run. */
  begin(run: QueuedRun, ownerId: string): boolean {
    if (this.#atWork.has(run.id)) return true;
    if ([...this.#atWork.values()].filter((id) => id === ownerId).length < this.#perUser) {
      this.#atWork.set(run.id, ownerId);
      return true;
    }
    if (!this.#parkedIds.has(run.id)) {
      this.#parkedIds.add(run.id);
      const parked = this.#parked.get(ownerId) ?? [];
      this.#parked.set(ownerId, parked);
      // What was begun goes before what was not, as in the queues.
      const fresh = parked.findIndex(({ attempt }) => attempt === 0);
      parked.splice(run.attempt === 0 || fresh === -1 ? parked.length : fresh, 0, run);
    }
    return false;
  }

  /** @returns the user's next run, which may be begun now; undefined also where the run was not at work */
  end(runId: string): QueuedRun | undefined {
    const ownerId = this.#atWork.get(runId);
    if (ownerId === undefined) return undefined;
    this.#atWork.delete(runId);
    const parked = this.#parked.get(ownerId);
    const next = parked?.shift();
    if (parked?.length === 0) this.#parked.delete(ownerId);
    if (next !== undefined) {
      this.#parkedIds.delete(next.id);
      // Its place is kept for it: should it never begin, its end calls the next one.
      this.#atWork.set(next.id, ownerId);
    }
    return next;
  }
}
