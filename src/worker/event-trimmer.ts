// Keeps logs of events at EVENTS_KEEP entries, in the background: of sessions that work or have settled here, and once,
// for what was missed or kept under another setting, of all that are settled.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Backend } from '../session/ports.ts';

const EVERY_MS = 1000;
/** Events removed in one step: others who write to the store wait so long. */
const AT_A_TIME = 1000;
/** A session at work is looked at after as many events. */
const CHECK_EVERY = 100;
/** For more sessions than these no events are counted. */
const MOST_COUNTED = 10_000;

export interface EventTrimmerOptions {
  readonly backend: Pick<Backend, 'sessions'>;
  readonly log: Logger;
  /** How many events of a session stay. */
  readonly keep: number;
}

export class EventTrimmer implements AsyncDisposable {
  readonly #options: EventTrimmerOptions;
  readonly #logged = new Map<string, number>();
  readonly #due = new Set<string>();
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(options: EventTrimmerOptions) {
    this.#options = options;
    this.#done = this.#work();
  }

  /** An event of the session was logged just now. */
  logged(sessionId: string): void {
    const logged = (this.#logged.get(sessionId) ?? 0) + 1;
    if (logged >= CHECK_EVERY) this.consider(sessionId);
    else {
      this.#logged.set(sessionId, logged);
      // Sessions that go on elsewhere are not heard of again.
      const [oldest] = this.#logged.keys();
      if (this.#logged.size > MOST_COUNTED && oldest !== undefined) this.consider(oldest);
    }
  }

  /** The session may have more than is kept. */
  consider(sessionId: string): void {
    this.#logged.delete(sessionId);
    this.#due.add(sessionId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #work(): Promise<void> {
    const { signal } = this.#stop;
    let next: string | null = null;
    let walked = false;
    while (!signal.aborted) {
      try {
        for (const id of this.#due) {
          // It may be considered again while it is trimmed.
          this.#due.delete(id);
          await this.#trim(id).catch((error: unknown) => {
            this.#due.add(id);
            throw error;
          });
        }
        if (!walked) {
          const part = await this.#options.backend.sessions.longHistories(0, next);
          for (const { id, lastEvent } of part.sessions)
            if (lastEvent > this.#options.keep) await this.#trim(id);
          ({ next } = part);
          walked = next === null;
        }
      } catch (error) {
        this.#options.log.warn({ err: error }, 'events could not be trimmed; it is tried again');
      }
      await sleep(EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #trim(sessionId: string): Promise<void> {
    const { backend, keep } = this.#options;
    while (!this.#stop.signal.aborted) {
      const more = await backend.sessions.trimLog(sessionId, keep, AT_A_TIME);
      if (!more) return;
    }
  }
}
