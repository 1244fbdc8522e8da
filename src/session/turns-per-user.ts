// Reading states and lists takes connections to the store and the event loop's time. Each user has a few such reads at once,
// and the next ones wait, so that others find connections free.
import PQueue from 'p-queue';

/** A graph's own code may be asked within a turn, and never answer: after so long the next one begins beside it. */
const LONGEST_TURN_MS = 10_000;

/** What users wait for, each behind their own. */
export class TurnsPerUser {
  readonly #most: number;
  readonly #longestMs: number;
  readonly #users = new Map<string, PQueue>();

  /** @param most how many turns each user has at once in this process */
  constructor(most: number, longestMs = LONGEST_TURN_MS) {
    this.#most = most;
    this.#longestMs = longestMs;
  }

  /** How many users have turns, or wait for one. */
  get users(): number {
    return this.#users.size;
  }

  /** Waits for the user's turn. What is done in it should not wait for a further one. @throws what `act` throws */
  async take<Value>(userId: string, act: () => Value | PromiseLike<Value>): Promise<Value> {
    const turns = this.#users.get(userId) ?? new PQueue({ concurrency: this.#most });
    this.#users.set(userId, turns);
    const { promise: acted, resolve } = Promise.withResolvers<Value>();
    const turn = () => {
      resolve((async () => act())());
      return acted;
    };
    // It rejects, too, where the turn is over before what is done in it.
    await turns.add(turn, { timeout: this.#longestMs }).catch(() => undefined);
    if (turns.size + turns.pending === 0 && this.#users.get(userId) === turns)
      this.#users.delete(userId);
    return await acted;
  }
}
