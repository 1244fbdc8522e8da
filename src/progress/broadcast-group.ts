// Those who watch one session with the same document, variables and rights: each item is executed and serialized once,
// and the same text goes to all of them.
import type { Failure, FeedItem, LiveItem, Settled } from './feed-item.ts';
import type { SessionChannel } from './session-channel.ts';

/**
 * Makes what watchers are sent of an item. `shared`: what it reads may serve all who are sent the item now; `fresh`: it
 * is for one of them, as things are now. @throws, at once or later, where it cannot be made now but may be later
 */
export type Render = (
  item: FeedItem | Failure,
  reads: 'shared' | 'fresh',
) => string | Promise<string>;

/** One of those who are sent the same. */
export interface Subscriber {
  /** Whether it ends once nothing is queued or running. */
  readonly untilSettled: boolean;
  readonly ended: boolean;
  /** Sends what is durable. False where it can not be taken now. */
  take(text: string, cursor: string): boolean;
  /** Sends what is live, or leaves it out. False once there is room again after something was left out. */
  takeLive(text: string, cursor: string): boolean;
  /** Reads on from the log after this event, now or a little later, and enters again. */
  catchUp(sequence: number, when?: 'now' | 'later'): void;
  /** The feed is at its end; `text` is the last of it. */
  end(text?: string): void;
}

/** More items than these are not kept while those before them are rendered: the watchers read them from the log. */
const MOST_QUEUED = 1000;

/** A watcher that has everything up to the newest event, and the texts of messages that it enters in the middle of. */
interface Entry {
  readonly kind: 'entry';
  readonly watcher: Subscriber;
  /** The number of that event. */
  readonly sequence: number;
  readonly soFar: readonly LiveItem[];
}

export class BroadcastGroup implements Disposable {
  readonly #channel: SessionChannel;
  readonly #render: Render;
  readonly #watchers = new Set<Subscriber>();
  readonly #unlisten: () => void;
  #queue: (FeedItem | Settled | Failure | Entry)[] = [];
  /** How many of the queue are not entries. Entries are not limited: a watcher that is sent away would only come back. */
  #queuedItems = 0;
  #working = false;
  /** The number of the newest event that its watchers were sent. */
  #sequence = 0;
  /** How often the queue was dropped. */
  #evictions = 0;

  constructor(channel: SessionChannel, render: Render) {
    this.#channel = channel;
    this.#render = render;
    this.#unlisten = channel.listen((item) => this.#enqueue(item));
  }

  /** What a single watcher is sent of an item. */
  renderAlone(item: FeedItem | Failure): string | Promise<string> {
    return this.#render(item, 'fresh');
  }

  /** The watcher was sent all that the channel has passed on, and gets what follows. */
  enter(watcher: Subscriber): void {
    const { sequence } = this.#channel;
    this.#enqueue({ kind: 'entry', watcher, sequence, soFar: this.#channel.liveSoFar() });
  }

  leave(watcher: Subscriber): void {
    this.#watchers.delete(watcher);
  }

  [Symbol.dispose](): void {
    this.#unlisten();
    this.#queue = [];
    this.#watchers.clear();
  }

  #enqueue(item: FeedItem | Settled | Failure | Entry): void {
    this.#queue.push(item);
    if (item.kind !== 'entry') this.#queuedItems += 1;
    if (this.#queuedItems > MOST_QUEUED) this.#evictAll();
    else this.#work();
  }

  /** Works the queue off; at once as long as nothing must be read to render it. */
  #work(): void {
    if (this.#working) return;
    this.#working = true;
    for (;;) {
      const item = this.#queue.shift();
      if (item === undefined) break;
      if (item.kind !== 'entry') this.#queuedItems -= 1;
      const later = this.#pass(item);
      if (later === undefined) continue;
      void later.finally(() => {
        this.#working = false;
        this.#work();
      });
      return;
    }
    this.#working = false;
  }

  #pass(item: FeedItem | Settled | Failure | Entry): Promise<void> | undefined {
    if (item.kind === 'entry') return this.#admit(item);
    if (item.kind === 'settled') {
      for (const watcher of this.#watchers) if (watcher.untilSettled) watcher.end();
      return undefined;
    }
    if (this.#watchers.size === 0) {
      if (item.kind !== 'failure') this.#advance(item.sequence);
      return undefined;
    }
    try {
      const text = this.#render(item, 'shared');
      if (typeof text !== 'string') {
        return text.then(
          (rendered) => this.#send(item, rendered),
          () => this.#failed(),
        );
      }
      this.#send(item, text);
    } catch {
      this.#failed();
    }
    return undefined;
  }

  #send(item: FeedItem | Failure, text: string): void {
    if (item.kind === 'failure') {
      for (const watcher of this.#watchers) watcher.end(text);
      this.#watchers.clear();
      return;
    }
    const { kind, cursor } = item;
    for (const watcher of this.#watchers) {
      const taken = kind === 'live' ? watcher.takeLive(text, cursor) : watcher.take(text, cursor);
      if (!taken) this.#catchUp(watcher);
    }
    // A snapshot may begin anew where a store has lost what it had.
    if (kind === 'snapshot') this.#sequence = item.sequence;
    else this.#advance(item.sequence);
  }

  /** Others may have gone on to read the log while something was rendered. */
  #advance(sequence: number): void {
    this.#sequence = Math.max(this.#sequence, sequence);
  }

  async #admit({ watcher, sequence, soFar }: Entry): Promise<void> {
    this.#advance(sequence);
    const evictions = this.#evictions;
    try {
      for (const item of soFar) {
        const text = await this.renderAlone(item);
        if (evictions !== this.#evictions) break;
        if (!watcher.ended) watcher.takeLive(text, item.cursor);
      }
    } catch {
      watcher.catchUp(sequence, 'later');
      return;
    }
    // What would have come next was dropped.
    if (evictions !== this.#evictions) watcher.catchUp(sequence);
    else if (!watcher.ended) this.#watchers.add(watcher);
  }

  #catchUp(watcher: Subscriber, when: 'now' | 'later' = 'now'): void {
    this.#watchers.delete(watcher);
    watcher.catchUp(this.#sequence, when);
  }

  /** An item cannot be rendered now: each of them tries again by itself. */
  #failed(): void {
    for (const watcher of this.#watchers) this.#catchUp(watcher, 'later');
  }

  /** All of them read from the log what could not be rendered in time. */
  #evictAll(): void {
    this.#evictions += 1;
    const late = this.#queue;
    this.#queue = [];
    this.#queuedItems = 0;
    for (const watcher of this.#watchers) this.#catchUp(watcher);
    for (const item of late) {
      if (item.kind === 'entry') item.watcher.catchUp(item.sequence);
      else if (item.kind !== 'failure') this.#advance(item.sequence);
      else {
        this.#queue.push(item);
        this.#queuedItems += 1;
      }
    }
  }
}
