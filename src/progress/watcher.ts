// One watcher of a session: reads what it lacks from the log, joins its group, and leaves it again when its
// connection takes less than there is to send.
import { setTimeout as sleep } from 'node:timers/promises';
import { isAway, isTransient } from '../errors.ts';
import { decodeCursor } from '../session/progress.ts';
import type { BroadcastGroup, Subscriber } from './broadcast-group.ts';
import { type FeedItem, gapAfter, snapshotOf } from './feed-item.ts';
import type { SessionChannel } from './session-channel.ts';

/** Where a watcher's texts go. */
export interface Sink {
  /** Bytes that were given to its connection and have not left this process. */
  readonly buffered: number;
  /** Changes as long as its connection takes something. */
  readonly taken: number;
  /** @param cursor the place of the last durable event that the watcher then has; null with the feed's end */
  send(text: string, cursor: string | null): void;
  /** Nothing more will come, and the watcher is not to come back for more. */
  complete(): void;
  /** The connection takes nothing any more: ends it, so that the client comes back. */
  abandon(): void;
}

export interface WatcherLimits {
  /** How many bytes may wait for a connection: half of it for live events. */
  readonly bufferBytes: number;
  /** After how long a connection that takes nothing is given up. */
  readonly patienceMs: number;
}

const POLL_MS = 20;
const RETRY_MS = 500;

export class Watcher implements Subscriber {
  readonly untilSettled: boolean;
  readonly #channel: SessionChannel;
  readonly #group: BroadcastGroup;
  readonly #sink: Sink;
  readonly #limits: WatcherLimits;
  readonly #onEnd: () => void;
  ended = false;
  /** Live events were left out; messages have to begin anew. */
  #missedLive = false;
  /** The newest event that is known of: it has to be sent before the session can count as settled. */
  #goal = 0;

  constructor(
    channel: SessionChannel,
    group: BroadcastGroup,
    sink: Sink,
    options: {
      readonly untilSettled: boolean;
      readonly limits: WatcherLimits;
      readonly onEnd: () => void;
    },
  ) {
    this.#channel = channel;
    this.#group = group;
    this.#sink = sink;
    this.untilSettled = options.untilSettled;
    this.#limits = options.limits;
    this.#onEnd = options.onEnd;
  }

  /** @param after the last cursor that the watcher has; null: begins with a snapshot */
  begin(after: string | null): void {
    void this.#guard(async () => {
      const session = await this.#channel.begin();
      this.#goal = session.lastEvent;
      const asked = after === null ? null : decodeCursor(session.id, after);
      if (asked !== null && asked <= session.lastEvent) return this.#readOn(asked);
      if (asked !== null) await this.#sendItem(gapAfter(session.id, asked));
      await this.#sendItem(snapshotOf(session));
      return this.#readOn(session.lastEvent);
    });
  }

  catchUp(sequence: number, when: 'now' | 'later' = 'now'): void {
    void this.#guard(async () => {
      if (when === 'later') await sleep(RETRY_MS);
      if (!this.ended) await this.#readOn(sequence);
    });
  }

  take(text: string, cursor: string): boolean {
    if (this.#sink.buffered > this.#limits.bufferBytes) return false;
    this.#sink.send(text, cursor);
    return true;
  }

  takeLive(text: string, cursor: string): boolean {
    const room = this.#sink.buffered <= this.#limits.bufferBytes / 2;
    if (this.#missedLive) return !room;
    if (room) this.#sink.send(text, cursor);
    else this.#missedLive = true;
    return true;
  }

  end(text?: string): void {
    if (this.ended) return;
    if (text !== undefined) this.#sink.send(text, null);
    this.stop();
    this.#sink.complete();
  }

  /** The client left, or its connection is gone. */
  stop(): void {
    if (this.ended) return;
    this.ended = true;
    this.#group.leave(this);
    this.#onEnd();
  }

  async #readOn(from: number): Promise<void> {
    let sequence = from;
    if (!(await this.#drained())) return;
    for (;;) {
      while (sequence < Math.max(this.#channel.sequence, this.#goal)) {
        const items = await this.#read(sequence, sequence === from);
        for (const item of items) {
          if (!(await this.#sendItem(item))) return;
          ({ sequence } = item);
        }
        if (this.ended) return;
      }
      if (sequence === this.#channel.sequence) break;
      await this.#channel.reach(sequence);
      if (this.ended) return;
      if (this.#channel.failure !== undefined) break;
    }
    if (this.#channel.failure !== undefined) throw this.#channel.failure.error;
    if (this.untilSettled && this.#channel.settled) {
      this.end();
      return;
    }
    this.#missedLive = false;
    this.#group.enter(this);
  }

  async #read(after: number, first: boolean): Promise<readonly FeedItem[]> {
    for (;;) {
      try {
        const items = await this.#channel.readAfter(after, first);
        if (items.length > 0 || this.ended) return items;
      } catch (error) {
        if (!isAway(error)) throw error;
      }
      // The store is away, or answers from a past in which the event was not there yet.
      await sleep(RETRY_MS);
      if (this.ended) return [];
    }
  }

  /** False where the watcher is gone. */
  async #sendItem(item: FeedItem): Promise<boolean> {
    const text = await this.#rendered(item);
    if (this.#sink.buffered > this.#limits.bufferBytes && !(await this.#drained())) return false;
    if (this.ended) return false;
    this.#sink.send(text, item.cursor);
    return true;
  }

  /** @throws GatewayError where it will never be rendered */
  async #rendered(item: FeedItem): Promise<string> {
    for (;;) {
      try {
        return await this.#group.renderAlone(item);
      } catch (error) {
        if (!isTransient(error)) throw error;
        await sleep(RETRY_MS);
        if (this.ended) return '';
      }
    }
  }

  /** Waits until the connection has room. False where the watcher is gone, or its connection takes nothing. */
  async #drained(): Promise<boolean> {
    let taken = Number.NaN;
    let since = performance.now();
    while (!this.ended && this.#sink.buffered > this.#limits.bufferBytes / 2) {
      if (this.#sink.taken !== taken) {
        ({ taken } = this.#sink);
        since = performance.now();
      } else if (performance.now() - since > this.#limits.patienceMs) {
        this.stop();
        this.#sink.abandon();
        return false;
      }
      await sleep(POLL_MS);
    }
    return !this.ended;
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.ended) this.end(await this.#group.renderAlone({ kind: 'failure', error }));
    }
  }
}
