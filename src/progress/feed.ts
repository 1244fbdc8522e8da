// The progress feed: what a watcher of a session is sent. Within a process, all watchers of a session share one subscription
// of the bus, those who are up to date share one reading of its log, and those with the same document share what is rendered.
import type { Actor, Backend } from '../session/ports.ts';
import { BroadcastGroup, type Render } from './broadcast-group.ts';
import { SessionChannel } from './session-channel.ts';
import { SessionsFeed, type SessionsRequest } from './sessions-feed.ts';
import { type Sink, Watcher, type WatcherLimits } from './watcher.ts';
import type { JoinChunks } from './open-messages.ts';

export interface FeedRequest {
  readonly sessionId: string;
  readonly actor: Exclude<Actor, 'system'>;
  /** The last cursor the watcher has seen; null: begin with a snapshot. */
  readonly after: string | null;
  /** Complete once nothing is queued or running. */
  readonly untilSettled: boolean;
  /** Watchers of a session with the same one are sent the same texts. It holds whose rights they have. */
  readonly group: string;
  readonly render: Render;
}

export interface FeedOptions extends WatcherLimits {
  readonly joinChunks: JoinChunks;
  /** How many watchers there are. */
  readonly watchers: { inc(): void; dec(): void };
}

/** What is open of one session for one owner. */
interface OpenChannel {
  readonly channel: SessionChannel;
  readonly groups: Map<string, { readonly group: BroadcastGroup; watchers: number }>;
}

export class ProgressFeed {
  readonly #backend: Pick<Backend, 'sessions' | 'bus'>;
  readonly #options: FeedOptions;
  readonly #open = new Map<string, OpenChannel>();
  readonly #sessions: SessionsFeed;

  constructor(backend: Pick<Backend, 'sessions' | 'bus'>, options: FeedOptions) {
    this.#backend = backend;
    this.#options = options;
    this.#sessions = new SessionsFeed(backend.bus, options);
  }

  /** Starts streaming; a failure is sent as the last result. @returns an unsubscribe function */
  watch(request: FeedRequest, sink: Sink): () => void {
    const { after, untilSettled } = request;
    const { channel, group, release } = this.#join(request);
    const watcher = new Watcher(channel, group, sink, {
      untilSettled,
      limits: this.#options,
      onEnd: () => {
        this.#options.watchers.dec();
        release();
      },
    });
    this.#options.watchers.inc();
    watcher.begin(after);
    return () => watcher.stop();
  }

  /** Starts to tell which of an owner's sessions change. @returns an unsubscribe function */
  watchSessions(request: SessionsRequest, sink: Sink): () => void {
    return this.#sessions.watch(request, sink);
  }

  #join(request: FeedRequest) {
    const { sessionId, actor } = request;
    const key = JSON.stringify([actor.ownerId, sessionId]);
    let open = this.#open.get(key);
    // One that has failed tells nothing any more.
    if (open === undefined || open.channel.failure !== undefined) {
      const { joinChunks } = this.#options;
      const channel = new SessionChannel(this.#backend, sessionId, actor, joinChunks);
      open = { channel, groups: new Map() };
      this.#open.set(key, open);
    }
    const { channel, groups } = open;
    const shared = groups.get(request.group) ?? {
      group: new BroadcastGroup(channel, request.render),
      watchers: 0,
    };
    groups.set(request.group, shared);
    shared.watchers += 1;
    const release = () => {
      shared.watchers -= 1;
      if (shared.watchers > 0) return;
      shared.group[Symbol.dispose]();
      groups.delete(request.group);
      if (groups.size > 0) return;
      channel.close();
      if (this.#open.get(key) === open) this.#open.delete(key);
    };
    return { channel, group: shared.group, release };
  }
}
