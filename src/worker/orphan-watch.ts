import { orphanThreads } from '../session/orphan-threads.ts';
import type { SessionStore } from '../session/ports.ts';

const PARTS_AT_A_LOOK = 5;
const REST_MS = 3_600_000;

/** Looks for threads that have checkpoints but no session, a few at each look; once through, it rests. */
export class OrphanWatch {
  readonly #sessions: Pick<SessionStore, 'orphans'>;
  readonly #onOrphans: (threads: number, own: number) => void;
  #found = new Set<string>();
  #own = new Set<string>();
  #parts: ReturnType<typeof orphanThreads>;
  #restsUntil = 0;

  /** @param onOrphans told how many there are, and how many this gateway has written, each time that all threads were looked at */
  constructor(
    sessions: Pick<SessionStore, 'orphans'>,
    onOrphans: (threads: number, own: number) => void,
  ) {
    this.#sessions = sessions;
    this.#onOrphans = onOrphans;
    this.#parts = orphanThreads(sessions);
  }

  async look(): Promise<void> {
    if (performance.now() < this.#restsUntil) return;
    for (let part = 0; part < PARTS_AT_A_LOOK; part += 1) {
      const { done, value } = await this.#parts.next();
      if (done === true) return this.#finish();
      for (const id of value.threadIds) this.#found.add(id);
      for (const id of value.own) this.#own.add(id);
    }
  }

  #finish(): void {
    this.#onOrphans(this.#found.size, this.#own.size);
    this.#found = new Set();
    this.#own = new Set();
    this.#parts = orphanThreads(this.#sessions);
    this.#restsUntil = performance.now() + REST_MS;
  }
}
