// One process's view of a session's progress, shared by its watchers (exactly-once resume): subscribe first, then read the
// log, then go live. A live event is passed on if its number follows the last one; whatever is missing is read from the log,
// once for all watchers.
import { setTimeout as sleep } from 'node:timers/promises';
import { found, isAway } from '../errors.ts';
import { type Actor, type Backend, LOOK, type ProgressSignal } from '../session/ports.ts';
import type { LiveEvent, LogEntry } from '../session/progress.ts';
import { type Session, isSettled, isSettledStatus } from '../session/session.ts';
import {
  type DurableItem,
  type Failure,
  type FeedItem,
  type LiveItem,
  type Place,
  type Settled,
  gapAfter,
  placeOf,
  snapshotOf,
} from './feed-item.ts';
import { RunningNodes, isNodeEvent } from '../session/running-nodes.ts';
import { type JoinChunks, OpenMessages } from './open-messages.ts';

/** Entries read at once: few at first, so that the first of many comes as soon as the only one. */
const FIRST_PAGE = 20;
const LOG_PAGE = 500;
/** The newest durable items, for those who are only a little behind. */
const WINDOW = 32;
/** More live events than these are not kept while the log is read. */
const MOST_WAITING = 1000;
/** How long after a log that could not be read it is tried again. */
const RETRY_MS = 500;

export type Listener = (item: FeedItem | Settled | Failure) => void;

export class SessionChannel {
  readonly sessionId: string;
  readonly #actor: Actor;
  readonly #backend: Pick<Backend, 'sessions' | 'bus'>;
  readonly #listeners = new Set<Listener>();
  readonly #closed = new AbortController();
  readonly #unsubscribe: () => void;
  readonly #messages: OpenMessages;
  readonly #nodes = new RunningNodes();
  readonly #reading = new Map<string, Promise<readonly LogEntry[]>>();
  readonly #window: DurableItem[] = [];
  /** Why nothing more is passed on. */
  failure: Failure | undefined;
  #inbox: ProgressSignal[] = [];
  #working = false;
  #begun = false;
  /** The newest event that was passed on. */
  #place: Place;
  /** The newest event after which nothing was queued or running. */
  #settledAt = -1;

  constructor(
    backend: Pick<Backend, 'sessions' | 'bus'>,
    sessionId: string,
    actor: Actor,
    joinChunks: JoinChunks,
  ) {
    this.#backend = backend;
    this.sessionId = sessionId;
    this.#actor = actor;
    this.#messages = new OpenMessages(joinChunks);
    this.#place = placeOf(sessionId, 0);
    this.#unsubscribe = backend.bus.subscribe(sessionId, (signal) => this.#hear(signal));
  }

  /** The number of the newest event that was passed on. */
  get sequence(): number {
    return this.#place.sequence;
  }

  /** Whether nothing is queued or running after that event. */
  get settled(): boolean {
    return this.#settledAt === this.#place.sequence;
  }

  /**
   * Somebody begins to watch: the channel begins where the session is, or gets to it.
   * @returns the session as it is. @throws GatewayError SESSION_NOT_FOUND, BACKEND_UNAVAILABLE
   */
  async begin(): Promise<Session> {
    const session = await this.#find();
    if (!this.#begun) {
      this.#begun = true;
      this.#place = placeOf(this.sessionId, session.lastEvent);
      if (isSettled(session)) this.#settledAt = session.lastEvent;
      else this.#recall();
      this.#work();
    } else if (session.lastEvent !== this.sequence) this.#hear(LOOK);
    else if (isSettled(session)) this.#settledAt = this.sequence;
    return session;
  }

  /** Waits until the event of this number was passed on, or no more will be. */
  async reach(sequence: number): Promise<void> {
    while (this.sequence < sequence && this.failure === undefined) {
      await new Promise<void>((resolve) => {
        const unlisten = this.listen(() => {
          unlisten();
          resolve();
        });
      });
    }
  }

  /** Passes items on from now on, each once; after a failure there are no more. @returns what ends it */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * What is live at this moment: the nodes that run, the newest custom progress of each, and the messages that are being
   * written, each as one item with all of its text so far.
   */
  liveSoFar(): LiveItem[] {
    const events = [...this.#nodes.events(), ...this.#messages.soFar()];
    return events.map((event) => ({ kind: 'live', ...this.#place, ...event }));
  }

  /**
   * Some items after one that was passed on or is older, in order, up to the newest at the most. A gap and a snapshot
   * where the log does not reach back so far.
   */
  async readAfter(sequence: number, first: boolean): Promise<readonly FeedItem[]> {
    const [oldest] = this.#window;
    if (oldest !== undefined && oldest.sequence <= sequence + 1 && sequence < this.sequence)
      return this.#window.slice(sequence + 1 - oldest.sequence);
    const entries = await this.#readLog(sequence, first ? FIRST_PAGE : LOG_PAGE);
    if (entries[0]?.sequence === sequence + 1) return entries.map((entry) => this.#item(entry));
    const session = await this.#find();
    if (entries.length === 0 && session.lastEvent <= sequence) return [];
    return [gapAfter(this.sessionId, sequence), snapshotOf(session)];
  }

  close(): void {
    this.#closed.abort();
    this.#unsubscribe();
    this.#listeners.clear();
  }

  #hear(signal: ProgressSignal): void {
    if (signal.type === 'recall') return;
    const isLive = signal.type === 'live' || signal.type === 'recalled';
    if (isLive && this.#inbox.length >= MOST_WAITING) return;
    this.#inbox.push(signal);
    if (this.#begun) this.#work();
  }

  /** Works the inbox off. As long as nothing must be read, at once. */
  #work(): void {
    if (this.#working) return;
    this.#working = true;
    while (!this.#closed.signal.aborted) {
      const signal = this.#inbox.shift();
      if (signal === undefined) break;
      if (this.#take(signal)) continue;
      void this.#look().finally(() => {
        this.#working = false;
        this.#work();
      });
      return;
    }
    this.#working = false;
  }

  /** False where the log has to be read. */
  #take(signal: ProgressSignal): boolean {
    switch (signal.type) {
      case 'changed': {
        const { lastEvent, logged } = signal;
        if (lastEvent === null) return false;
        if (lastEvent <= this.sequence) return true;
        const first = lastEvent - logged.length + 1;
        if (first > this.sequence + 1) return false;
        for (const entry of logged.slice(this.sequence + 1 - first))
          this.#passOn({ ...entry, sequence: this.sequence + 1 });
        this.#tellSettled();
        return true;
      }
      case 'live':
        this.#takeLive(signal.event);
        return true;
      case 'recalled': {
        const { event } = signal;
        const { detail } = event;
        const isKnown =
          detail.type === 'MessageDelta'
            ? this.#messages.has(detail.messageId)
            : isNodeEvent(event) && this.#nodes.has(event);
        if (!isKnown) this.#takeLive(event);
        return true;
      }
      case 'written':
        this.#messages.forget(signal.messageIds);
        return true;
      case 'recall':
      case 'session':
        return true;
    }
  }

  #takeLive(event: LiveEvent): void {
    const { detail } = event;
    if (detail.type === 'MessageDelta' && !this.#messages.hear({ ...event, detail })) {
      this.#recall();
      return;
    }
    if (isNodeEvent(event)) this.#nodes.add(event);
    this.#tell({ kind: 'live', ...this.#place, ...event });
  }

  /** Reads what is missing; where it cannot be had for good, the channel fails. */
  async #look(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      try {
        await this.#readOn();
        return;
      } catch (error) {
        if (isAway(error))
          await sleep(RETRY_MS, undefined, { signal: this.#closed.signal }).catch(() => undefined);
        else this.#fail(error);
      }
    }
  }

  /**
   * Passes on what is in the log, up to where the inbox goes on by itself: live events stand between the events there,
   * and would be told after what they came before.
   */
  async #readOn(): Promise<void> {
    const session = await this.#find();
    const before = this.sequence;
    if (session.lastEvent < before) {
      // The store has lost what it had stored.
      this.#begin(session, gapAfter(this.sessionId, before));
      return;
    }
    if (!isSettled(session)) this.#recall();
    else if (session.lastEvent === this.sequence) this.#settledAt = this.sequence;
    while (this.sequence < session.lastEvent) {
      const from = this.sequence;
      const entries = await this.#readLog(from, LOG_PAGE);
      const [first] = entries;
      if (first === undefined || first.sequence !== from + 1) {
        const now = await this.#find();
        if (first === undefined && now.lastEvent <= from) return;
        this.#begin(now, gapAfter(this.sessionId, from));
        return;
      }
      const heard = this.#inboxFrom(session.lastEvent);
      for (const entry of entries) {
        if (entry.sequence >= heard) return;
        this.#passOn(entry);
      }
    }
    // More came meanwhile, and perhaps more than was read.
    if (this.sequence > session.lastEvent) await this.#readOn();
    else this.#tellSettled();
  }

  /** Begins anew where the session is, after a gap. */
  #begin(session: Session, gap: FeedItem): void {
    this.#tell(gap);
    this.#place = placeOf(this.sessionId, session.lastEvent);
    this.#window.length = 0;
    if (isSettled(session)) this.#settledAt = session.lastEvent;
    this.#tell(snapshotOf(session));
    this.#tellSettled();
  }

  /** The number of the oldest event that the inbox brings and that was not passed on, where it reaches that far. */
  #inboxFrom(newest: number): number {
    const heard = this.#inbox.filter((signal) => signal.type === 'changed');
    if (!heard.some(({ lastEvent, logged }) => logged.length > 0 && (lastEvent ?? 0) >= newest))
      return Infinity;
    const firsts = heard.flatMap(({ lastEvent, logged }) => {
      if (lastEvent === null) return [];
      const first = Math.max(lastEvent - logged.length, this.sequence) + 1;
      return first <= lastEvent ? [first] : [];
    });
    return Math.min(...firsts);
  }

  #passOn(entry: LogEntry): void {
    const { sequence, detail } = entry;
    const settled =
      detail.type === 'RunStatusChanged' ? isSettledStatus(detail.sessionStatus) : this.settled;
    if (settled) this.#settledAt = sequence;
    if (detail.type === 'NodeFinished') this.#nodes.end(detail);
    // Its nodes have ended, or start again with the next attempt.
    if (detail.type === 'RunStatusChanged') this.#nodes.clear();
    const item = this.#item(entry);
    this.#place = { sessionId: item.sessionId, sequence, cursor: item.cursor };
    // Questions may be large.
    if (detail.type === 'InterruptsRaised') this.#window.length = 0;
    else this.#window.push(item);
    if (this.#window.length > WINDOW) this.#window.shift();
    this.#tell(item);
  }

  #item(entry: LogEntry): DurableItem {
    return { kind: 'durable', ...placeOf(this.sessionId, entry.sequence), ...entry };
  }

  /** Only after all that was stored in one step: there may be new work at its end. */
  #tellSettled(): void {
    if (!this.settled) return;
    this.#messages.clear();
    this.#nodes.clear();
    this.#tell({ kind: 'settled', ...this.#place });
  }

  #tell(item: FeedItem | Settled | Failure): void {
    for (const listener of this.#listeners) listener(item);
  }

  #fail(error: unknown): void {
    this.failure = { kind: 'failure', error };
    this.#tell(this.failure);
    this.close();
  }

  #recall(): void {
    this.#backend.bus.publish(this.sessionId, { type: 'recall' });
  }

  async #find(): Promise<Session> {
    const { sessions } = this.#backend;
    return found(await sessions.find(this.sessionId, this.#actor), this.sessionId);
  }

  /** One reading at a time of the same part, for whoever wants it. */
  async #readLog(after: number, most: number): Promise<readonly LogEntry[]> {
    const part = `${after}+${most}`;
    const same = this.#reading.get(part);
    if (same !== undefined) return same;
    const { sessions } = this.#backend;
    const reading = sessions.readLog(this.sessionId, this.#actor, after, most);
    this.#reading.set(part, reading);
    return reading.finally(() => this.#reading.delete(part));
  }
}
