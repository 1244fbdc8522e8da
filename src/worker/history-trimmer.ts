// Keeps histories at HISTORY_KEEP checkpoints, in the background: soon after a session has settled, and, for what was
// missed or kept under another setting, in a slow walk over all of them.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { trimHistory } from '../graph/trim-history.ts';
import type { Backend } from '../session/ports.ts';
import { type Session, isSettled } from '../session/session.ts';

const EVERY_MS = 1000;
/** The walk takes a step once in so many turns. */
const WALK_EVERY = 10;

export interface HistoryTrimmerOptions {
  readonly backend: Backend;
  readonly log: Logger;
  /** How many of a graph's own checkpoints stay. */
  readonly keep: number;
}

export class HistoryTrimmer implements AsyncDisposable {
  readonly #options: HistoryTrimmerOptions;
  readonly #settled = new Set<string>();
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  /** Where the walk goes on, and whether it has been over all of them once. */
  #next: string | null = null;
  #walked = false;

  constructor(options: HistoryTrimmerOptions) {
    this.#options = options;
    this.#done = this.#work();
  }

  /** The session has settled just now. */
  consider(sessionId: string): void {
    this.#settled.add(sessionId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #work(): Promise<void> {
    const { signal } = this.#stop;
    for (let turn = 0; !signal.aborted; turn += 1) {
      try {
        await this.#trimSettled();
        if (turn % WALK_EVERY === 0) await this.#walk();
      } catch (error) {
        this.#options.log.warn({ err: error }, 'histories could not be trimmed; it is tried again');
      }
      await sleep(EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #trimSettled(): Promise<void> {
    for (const id of this.#settled) {
      // It may settle again while it is trimmed, and one that cannot be looked at now is looked at again.
      const session = await this.#options.backend.sessions.find(id, 'system');
      this.#settled.delete(id);
      if (session !== null && isSettled(session)) await this.#trim(session);
    }
  }

  async #walk(): Promise<void> {
    const { sessions } = this.#options.backend;
    const part = await sessions.longHistories(this.#options.keep, this.#next);
    const again = this.#walked;
    this.#next = part.next;
    this.#walked ||= part.next === null;
    for (const session of part.sessions)
      if (!again || session.trimmedAt < session.lastOrdinal) await this.#trim(session);
  }

  async #trim(session: Session): Promise<void> {
    const { backend, keep, log } = this.#options;
    const { id: sessionId } = session;
    if (session.lastOrdinal <= keep || this.#stop.signal.aborted) return;
    try {
      const removed = await trimHistory(session, { backend, keep });
      if (removed) log.debug({ sessionId, removed }, 'history trimmed');
    } catch (error) {
      log.warn({ err: error, sessionId }, 'a history could not be trimmed');
    }
  }
}
