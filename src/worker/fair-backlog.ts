import type { QueuedRun } from '../session/ports.ts';

const MOST_OF_A_USER = 10_000;

interface UserRuns {
  /** What waits, in order. */
  readonly waiting: QueuedRun[];
  atWork: number;
  /** The user's place in turn: when a run of theirs was last begun, as a count of all that were. */
  lastTurn: number;
}

/**
 * The runs that a worker knows of and has not begun. It deals them to whoever has the fewest at work, in turn, so that
 * nobody waits for another's backlog; and one user has no more than their share at once. They stay queued in the store,
 * so that another worker may take them.
 */
export class FairBacklog {
  readonly #perUser: number;
  readonly #users = new Map<string, UserRuns>();
  /** The user of each run that waits, and of each that is at work. */
  readonly #waiting = new Map<string, string>();
  readonly #atWork = new Map<string, string>();
  #turns = 0;

  /** @param perUser how many runs of one user may be at work at once */
  constructor(perUser: number) {
    this.#perUser = perUser;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  get waitingIds(): Iterable<string> {
    return this.#waiting.keys();
  }

  isWaiting(runId: string): boolean {
    return this.#waiting.has(runId);
  }

  isAtWork(runId: string): boolean {
    return this.#atWork.has(runId);
  }

  /** How many of the user's wait here. */
  waitingOf(ownerId: string): number {
    return this.#users.get(ownerId)?.waiting.length ?? 0;
  }

  /**
   * Adds a run.
   * @returns false where it is known, or its user has very many here: the store has it all the same
   */
  add(run: QueuedRun): boolean {
    if (this.#waiting.has(run.id) || this.#atWork.has(run.id)) return false;
    const user = this.#users.get(run.ownerId) ?? this.#newcomer();
    if (user.waiting.length >= MOST_OF_A_USER) return false;
    this.#users.set(run.ownerId, user);
    this.#waiting.set(run.id, run.ownerId);
    // What was begun goes before what was not, as in the queues.
    const fresh = user.waiting.findIndex(({ attempt }) => attempt === 0);
    user.waiting.splice(run.attempt === 0 || fresh === -1 ? user.waiting.length : fresh, 0, run);
    return true;
  }

  /** Comes after those who wait already: whoever asks for one run after the other must not go before them each time. */
  #newcomer(): UserRuns {
    let lastTurn = this.#turns;
    for (const user of this.#users.values())
      if (user.waiting.length > 0) lastTurn = Math.min(lastTurn, user.lastTurn);
    return { waiting: [], atWork: 0, lastTurn };
  }

  /** @returns the run to begin, which counts as at work until its end; undefined where none may be begun now */
  next(): QueuedRun | undefined {
    let chosen: UserRuns | undefined;
    for (const user of this.#users.values()) {
      if (user.waiting.length === 0 || user.atWork >= this.#perUser) continue;
      if (chosen === undefined || goesBefore(user, chosen)) chosen = user;
    }
    const run = chosen?.waiting.shift();
    if (chosen === undefined || run === undefined) return undefined;
    chosen.atWork += 1;
    chosen.lastTurn = this.#turns += 1;
    this.#waiting.delete(run.id);
    this.#atWork.set(run.id, run.ownerId);
    return run;
  }

  end(runId: string): void {
    const ownerId = this.#atWork.get(runId);
    const user = ownerId === undefined ? undefined : this.#users.get(ownerId);
    if (ownerId === undefined || user === undefined) return;
    this.#atWork.delete(runId);
    user.atWork -= 1;
    if (user.atWork === 0 && user.waiting.length === 0) this.#users.delete(ownerId);
  }
}

function goesBefore(a: UserRuns, b: UserRuns): boolean {
  return a.atWork === b.atWork ? a.lastTurn < b.lastTurn : a.atWork < b.atWork;
}
