// The feed of `sessionsChanged`: READY once the subscription of the owner's channel stands, then each session that has changed,
// as it is when it is sent. Watchers with the same caller, document and variables share what is read and rendered.
import { setImmediate } from 'node:timers/promises';
import { isTransient } from '../errors.ts';
import { type Backend, type ProgressSignal, channelOfOwner } from '../session/ports.ts';
import type { Sink } from './watcher.ts';

/** At most one event of a session in this time. */
const EVERY_MS = 250;
/** READY is repeated at most once in this time, however often notifications are lost. */
const READY_EVERY_MS = 2000;
const RETRY_MS = 500;
/** How often a full connection is checked for room. */
const FULL_MS = 50;
/** With more sessions waiting than this, READY takes their place. */
const MOST_WAITING = 10_000;
/** How long one group may hold the event loop. */
const SLICE_MS = 10;

export type SessionsItem =
  | { readonly kind: 'READY' }
  | { readonly kind: 'CHANGED'; readonly sessionId: string; readonly isNew: boolean };

const READY: SessionsItem = { kind: 'READY' };

export interface SessionsRequest {
  readonly ownerId: string;
  /** Identifies watchers who get the same texts: the caller with their rights, the document and its variables. */
  readonly group: string;
  /** Null: nothing is sent. @throws GatewayError BACKEND_UNAVAILABLE, RATE_LIMITED: it is tried again */
  readonly render: (item: SessionsItem) => Promise<string | null>;
}

export interface SessionsFeedOptions {
  /** How many bytes may wait for a connection; with more than half of them waiting, nothing is sent to it. */
  readonly bufferBytes: number;
  /** How many watchers there are. */
  readonly watchers: { inc(): void; dec(): void };
}

export class SessionsFeed {
  readonly #bus: Backend['bus'];
  readonly #options: SessionsFeedOptions;
  readonly #groups = new Map<string, SessionsGroup>();

  constructor(bus: Backend['bus'], options: SessionsFeedOptions) {
    this.#bus = bus;
    this.#options = options;
  }

  /** Starts to send. @returns an unsubscribe function */
  watch(request: SessionsRequest, sink: Sink): () => void {
    const { bufferBytes, watchers } = this.#options;
    const key = JSON.stringify([request.ownerId, request.group]);
    const group = this.#groups.get(key) ?? new SessionsGroup(this.#bus, request, bufferBytes / 2);
    this.#groups.set(key, group);
    group.join(sink);
    watchers.inc();
    let left = false;
    return () => {
      if (left) return;
      left = true;
      watchers.dec();
      if (!group.leave(sink)) this.#groups.delete(key);
    };
  }
}

/** A session that is to be sent, and when at the earliest. */
interface Due {
  readonly isNew: boolean;
  readonly notBefore: number;
}

class SessionsGroup {
  readonly #request: SessionsRequest;
  readonly #mostBuffered: number;
  readonly #unsubscribe: () => void;
  /** The watchers; true: READY must be sent to it before anything else. */
  readonly #sinks = new Map<Sink, boolean>();
  readonly #waiting = new Map<string, Due>();
  /** When each session was sent last, the oldest first; older ones than EVERY_MS are removed. */
  readonly #sent = new Map<string, number>();
  /** Whether the bus has confirmed the subscription; nothing is sent before. */
  #stands = false;
  /** When READY is sent again to all. */
  #readyAt = Infinity;
  /** Nothing is tried again before. */
  #pausedUntil = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #isWorking = false;

  constructor(bus: Backend['bus'], request: SessionsRequest, mostBuffered: number) {
    this.#request = request;
    this.#mostBuffered = mostBuffered;
    const channel = channelOfOwner(request.ownerId);
    this.#unsubscribe = bus.subscribe(channel, (signal) => this.#hear(signal));
    void this.#begin(bus.subscribed(channel));
  }

  async #begin(subscribed: Promise<void>): Promise<void> {
    await subscribed;
    this.#stands = true;
    this.#work();
  }

  join(sink: Sink): void {
    this.#sinks.set(sink, true);
    this.#work();
  }

  /** @returns whether somebody still watches; else it has ended */
  leave(sink: Sink): boolean {
    this.#sinks.delete(sink);
    if (this.#sinks.size > 0) return true;
    clearTimeout(this.#timer);
    this.#unsubscribe();
    return false;
  }

  #hear(signal: ProgressSignal): void {
    if (signal.type === 'session') this.#add(signal.sessionId, signal.isNew);
    // Any other signal means that something may have been missed. Before the first READY nothing is.
    else if (this.#stands) this.#readyAt = Math.min(this.#readyAt, now() + READY_EVERY_MS);
    this.#work();
  }

  #add(sessionId: string, isNew: boolean): void {
    const before = this.#waiting.get(sessionId);
    const soonest = (this.#sent.get(sessionId) ?? -Infinity) + EVERY_MS;
    this.#waiting.set(sessionId, {
      isNew: isNew || before?.isNew === true,
      notBefore: before?.notBefore ?? soonest,
    });
    if (this.#waiting.size <= MOST_WAITING) return;
    this.#waiting.clear();
    this.#requireReady();
  }

  #requireReady(): void {
    for (const sink of this.#sinks.keys()) this.#sinks.set(sink, true);
  }

  /** Sends what is due, then sets a timer for what is due next. */
  #work(): void {
    if (this.#isWorking || !this.#stands) return;
    const pauseMs = this.#pausedUntil - now();
    clearTimeout(this.#timer);
    if (pauseMs > 0) {
      this.#timer = setTimeout(() => this.#work(), pauseMs);
      return;
    }
    this.#isWorking = true;
    void this.#sendDue().finally(() => {
      this.#isWorking = false;
      this.#waitForNext();
    });
  }

  #waitForNext(): void {
    if (this.#sinks.size === 0) return;
    const isReadyDue = [...this.#sinks].some(([, needsReady]) => needsReady);
    const next = Math.max(isReadyDue ? now() + FULL_MS : this.#nextAt(), this.#pausedUntil);
    clearTimeout(this.#timer);
    if (next < Infinity) this.#timer = setTimeout(() => this.#work(), Math.max(0, next - now()));
  }

  async #sendDue(): Promise<void> {
    let began = now();
    while (this.#sinks.size > 0) {
      if (this.#readyAt <= now()) {
        this.#readyAt = Infinity;
        this.#requireReady();
      }
      if (!(await this.#sendReady())) return;
      const due = this.#takeDue();
      if (due === undefined) return;
      const { sessionId, isNew } = due;
      const text = await this.#rendered({ kind: 'CHANGED', sessionId, isNew });
      if (text === undefined) {
        this.#waiting.set(sessionId, { isNew, notBefore: 0 });
        return;
      }
      if (text !== null) this.#sendToAll(text);
      if (now() - began < SLICE_MS) continue;
      await setImmediate();
      began = now();
    }
  }

  /** Sends READY to the watchers that need it and have room. @returns false where it must be tried again */
  async #sendReady(): Promise<boolean> {
    const behind = [...this.#sinks].filter(([sink, needsReady]) => needsReady && this.#takes(sink));
    if (behind.length === 0) return true;
    // Changes from here on are sent after it.
    for (const [sink] of behind) this.#sinks.set(sink, false);
    const text = await this.#rendered(READY);
    for (const [sink] of behind) {
      if (!this.#sinks.has(sink)) continue;
      if (text === undefined) this.#sinks.set(sink, true);
      else if (text !== null) sink.send(text, null);
    }
    return text !== undefined;
  }

  /** A watcher without room misses the event, and is sent READY once there is room. */
  #sendToAll(text: string): void {
    for (const [sink, needsReady] of this.#sinks) {
      if (needsReady) continue;
      if (this.#takes(sink)) sink.send(text, null);
      else this.#sinks.set(sink, true);
    }
  }

  #takes(sink: Sink): boolean {
    return sink.buffered <= this.#mostBuffered;
  }

  #takeDue(): { readonly sessionId: string; readonly isNew: boolean } | undefined {
    const at = now();
    for (const [sessionId, { isNew, notBefore }] of this.#waiting) {
      if (notBefore > at) continue;
      this.#waiting.delete(sessionId);
      // Changes from here on are sent again.
      this.#sent.delete(sessionId);
      this.#sent.set(sessionId, at);
      this.#forget(at - EVERY_MS);
      return { sessionId, isNew };
    }
    return undefined;
  }

  #nextAt(): number {
    let next = this.#readyAt;
    for (const { notBefore } of this.#waiting.values()) next = Math.min(next, notBefore);
    return next;
  }

  /** Undefined where it must be tried again: the store is away, or the user has asked for too much. */
  async #rendered(item: SessionsItem): Promise<string | null | undefined> {
    try {
      return await this.#request.render(item);
    } catch (error) {
      if (!isTransient(error)) throw error;
      this.#pausedUntil = now() + RETRY_MS;
      return undefined;
    }
  }

  #forget(since: number): void {
    for (const [sessionId, at] of this.#sent) {
      if (at > since) return;
      this.#sent.delete(sessionId);
    }
  }
}

function now(): number {
  return performance.now();
}
