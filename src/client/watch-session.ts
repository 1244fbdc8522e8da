// Watches a session over a client of graphql-ws or graphql-sse, and loses nothing and repeats nothing when connections
// break: whoever connects again, the client by itself or this, begins after the last cursor that was seen.
import { EVENT_FIELDS, type SessionEvent } from './session-event.ts';

interface Result {
  readonly data?: unknown;
  readonly errors?: readonly unknown[] | undefined;
}

interface Sink {
  next(result: Result): void;
  error(error: unknown): void;
  complete(): void;
}

/** A client of graphql-ws or graphql-sse, as `createClient` makes it. */
export interface WatchClient {
  subscribe(
    request: {
      query: string;
      variables: Record<string, unknown>;
      extensions?: Record<string, unknown>;
    },
    sink: Sink,
    on?: { connecting?: (again: boolean) => void; connected?: () => void },
  ): () => void;
  /** graphql-ws tells here when its socket opens and closes. */
  on?(event: 'closed' | 'connected', listener: (event: unknown) => void): () => void;
}

/**
 * `connecting` at first, `catching-up` while past events come, `live` once the newest came, `reconnecting` after a
 * connection broke, `ended` for good.
 */
export type WatchState = 'connecting' | 'catching-up' | 'live' | 'reconnecting' | 'ended';

/** What is selected of each event: GraphQL as text, or a fragment on ProgressEvent that codegen has typed. */
type Fields<Event> = string | (TypedFragment<Event> & { toString(): string });

interface TypedFragment<Event> {
  readonly __apiType?: (variables: never) => Event;
}

export interface WatchDocuments<Event> {
  /**
   * A subscription to `sessionProgress` with the variables `$sessionId: ID!`, `$after: String` and
   * `$untilSettled: Boolean!`, which selects at least `__typename`, `sequence` and `cursor`.
   */
  readonly watch: WatchDocument & TypedFragment<{ readonly sessionProgress: Event }>;
  /** A query with the variable `$sessionId: ID!`, for that session's `cursor`. */
  readonly newest: WatchDocument;
}

/** As codegen's client preset makes it: its text, and its hash where documents are persisted. */
interface WatchDocument {
  toString(): string;
  readonly __meta__?: Readonly<Record<string, unknown>> | undefined;
}

export interface WatchOptions<Event = SessionEvent> {
  readonly client: WatchClient;
  readonly sessionId: string;
  /** The last cursor that was seen; without one the first event is a SessionSnapshot. */
  readonly after?: string | null | undefined;
  /** Ends once nothing of the session is queued or running. */
  readonly untilSettled?: boolean;
  /** Beside `__typename`, `sequence` and `cursor`, which are always there. */
  readonly fields?: Fields<Event>;
  /**
   * The whole operations, in the place of `fields`, for a server that executes persisted documents alone. They are sent
   * by their hash, where they have one.
   */
  readonly documents?: WatchDocuments<Event>;
  /** That `after` was read just now: the watch is `live` at once, without asking whether there is anything newer. */
  readonly isNewest?: boolean;
  /**
   * Told whenever the state changes, and again for each attempt to connect that failed. The state is that of what was
   * received: events may still wait in the loop. `cause` is what the client said where a connection failed.
   */
  readonly onState?: (state: WatchState, cause?: unknown) => void;
  /** Ends the watch when it is aborted. */
  readonly signal?: AbortSignal;
  /** How long to wait before the n-th attempt to connect again, in ms; at most 10 s, at random, where left out. */
  readonly retryWait?: (attempt: number) => number;
}

/** Options whatever type their fields give. */
type AnyOptions = Omit<WatchOptions, 'fields' | 'documents'> & {
  readonly fields?: string | { toString(): string };
  readonly documents?: Readonly<Record<keyof WatchDocuments<never>, WatchDocument>>;
};

/** The events of a session, each once and in order. Breaking out of the loop ends the watch. */
export interface SessionWatch<Event> extends AsyncIterableIterator<Event, undefined> {
  readonly state: WatchState;
  /** Where the last event stands that was taken from it. */
  readonly cursor: string | null;
  /** Ends the watch. */
  close(): void;
}

/** The gateway refused: `code` is one of the contract's. Or the client gave up for good, with its own words. */
export class WatchError extends Error {
  override readonly name = 'WatchError';
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

interface Placed {
  readonly __typename: string;
  readonly sequence: number;
  readonly cursor: string;
}

const LIVE = new Set(['NodeStarted', 'MessageDelta', 'CustomProgress']);
const LONGEST_WAIT_MS = 10_000;
const ASK_AGAIN_MS = 1000;
/** Of more events that wait to be taken, live ones are left out; at twice as many it pauses. */
const MOST_QUEUED = 1000;
const FORBIDDEN = 4403;
/** Codes of closed sockets after which the same request would fail again. */
const FATAL_CLOSES = new Set([1009, 4004, 4005, 4400, 4401, 4403, 4406, 4409, 4429, 4500]);

/**
 * Watches a session until it is closed, settled with `untilSettled`, or refused.
 * @throws WatchError out of the iteration: SESSION_NOT_FOUND once the session is gone, INVALID_INPUT, …
 */
export function watchSession(
  options: WatchOptions & { readonly fields?: undefined; readonly documents?: undefined },
): SessionWatch<SessionEvent>;
/** With `documents` the events have the type of the subscription's. */
export function watchSession<Event extends Placed>(
  options: WatchOptions<Event> & { readonly documents: WatchDocuments<Event> },
): SessionWatch<Event>;
/** With `fields` the events have the type of the fragment, or the one that is given. */
export function watchSession<Event = unknown>(
  options: WatchOptions<Event> & { readonly fields: Fields<Event> },
): SessionWatch<Event & Placed>;
export function watchSession(options: AnyOptions): SessionWatch<Placed> {
  return new Watch(options);
}

class Watch<Event extends Placed> implements SessionWatch<Event> {
  readonly #options: AnyOptions;
  readonly #watch: WatchDocument;
  readonly #newestOf: WatchDocument;
  readonly #variables: Record<string, unknown>;
  readonly #unlisten: (() => void)[] = [];
  #queue: Event[] = [];
  #taken: string | null;
  #state: WatchState = 'connecting';
  /** Those who wait for an event. */
  #waiting: (() => void)[] = [];
  /** Not while it waits to subscribe again. */
  #subscribed = false;
  /** It has left until its queue is empty. */
  #isPaused = false;
  #leave: () => void = () => undefined;
  #stopAsking: () => void = () => undefined;
  #asking: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failure: WatchError | undefined;
  /** The number of the last durable event that came. */
  #sequence = -1;
  #attempts = 0;
  /** Counts connections, so that what an older one asked for is not taken for an answer to this. */
  #connection = 0;
  /** The cursors that came since the newest was asked for; undefined where nothing is waited for. */
  #since: Set<string> | undefined;
  #newest: string | undefined;

  constructor(options: AnyOptions) {
    const { client, sessionId, after = null, untilSettled = false, fields, signal } = options;
    this.#options = options;
    this.#taken = after;
    this.#watch = options.documents?.watch ?? queryOf(fields?.toString() ?? EVENT_FIELDS);
    this.#newestOf = options.documents?.newest ?? NEWEST;
    this.#variables = { sessionId, after, untilSettled };
    if (client.on !== undefined) {
      this.#unlisten.push(
        client.on('closed', (event) => this.#lost(event)),
        client.on('connected', () => this.#connected()),
      );
    }
    const abort = () => this.close();
    signal?.addEventListener('abort', abort, { once: true });
    this.#unlisten.push(() => signal?.removeEventListener('abort', abort));
    if (options.isNewest === true && after !== null) this.#set('live');
    if (signal?.aborted === true) this.close();
    else this.#subscribe();
  }

  get state(): WatchState {
    return this.#state;
  }

  get cursor(): string | null {
    return this.#taken;
  }

  close(): void {
    if (this.#state === 'ended') return;
    this.#end();
    this.#queue = [];
  }

  async next(): Promise<IteratorResult<Event, undefined>> {
    for (;;) {
      const event = this.#queue.shift();
      if (event !== undefined) {
        this.#taken = event.cursor;
        if (this.#isPaused && this.#queue.length === 0) {
          this.#isPaused = false;
          this.#subscribe();
        }
        return { done: false, value: event };
      }
      if (this.#failure !== undefined) {
        const failure = this.#failure;
        this.#failure = undefined;
        throw failure;
      }
      if (this.#state === 'ended') return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  async return(): Promise<IteratorResult<Event, undefined>> {
    this.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #subscribe(): void {
    this.#subscribed = true;
    if (this.#variables['after'] !== null && this.#state !== 'live') this.#askForNewest();
    let over = false;
    const end = (act: () => void) => {
      if (over || this.#state === 'ended') return;
      over = true;
      act();
    };
    const request = requestFor(this.#watch, this.#variables);
    const leave = this.#options.client.subscribe(
      request,
      {
        next: (result) => {
          if (!over && this.#state !== 'ended') this.#take(result, () => (over = true));
          // Its connection broke before the gateway had completed it, and the client began it again.
          else leave();
        },
        error: (error) => end(() => this.#broken(error)),
        complete: () => end(() => this.#end()),
      },
      {
        connecting: (again) => {
          if (again) this.#lost(undefined);
        },
        connected: () => this.#connected(),
      },
    );
    this.#leave = leave;
  }

  #take({ data, errors }: Result, over: () => void): void {
    if (errors !== undefined && errors.length > 0) {
      over();
      // The gateway completes it now. To leave as well would make graphql-ws count it twice, and close the socket on others.
      this.#leave = () => undefined;
      this.#broken(errors);
      return;
    }
    const event = (data as { sessionProgress: Event } | null | undefined)?.sessionProgress;
    if (event === undefined) return;
    const isLive = LIVE.has(event.__typename);
    const begins = event.__typename === 'SessionSnapshot' || event.__typename === 'ProgressGap';
    if (!isLive && !begins && event.sequence <= this.#sequence) return;
    this.#attempts = 0;
    if (!isLive) {
      this.#sequence = event.sequence;
      this.#variables['after'] = event.cursor;
      this.#since?.add(event.cursor);
    }
    // Only who has all that is durable is sent what is live.
    if (event.__typename === 'SessionSnapshot' || isLive) this.#upToDate();
    else if (event.cursor === this.#newest) this.#upToDate();
    else if (this.#state === 'connecting' || this.#state === 'reconnecting')
      this.#set('catching-up');
    // Live events may be lost; what is durable comes again after the cursor.
    if (isLive && this.#queue.length >= MOST_QUEUED) return;
    this.#queue.push(event);
    this.#wake();
    if (this.#queue.length >= 2 * MOST_QUEUED) this.#pause(over);
  }

  /** Whoever takes events out is slower than they come: the rest stays in the log until these are taken. */
  #pause(over: () => void): void {
    over();
    const leave = this.#leave;
    this.#leave = () => undefined;
    this.#subscribed = false;
    this.#isPaused = true;
    leave();
    this.#set('catching-up');
  }

  /** graphql-ws and graphql-sse connect again by themselves for a while, with the variables as they are then. */
  #connected(): void {
    const isBack = this.#state === 'reconnecting' || this.#state === 'connecting';
    if (isBack && this.#subscribed && this.#variables['after'] !== null) {
      this.#set('catching-up');
      this.#askForNewest();
    }
  }

  #lost(cause: unknown): void {
    if (this.#state === 'ended') return;
    this.#connection += 1;
    if (this.#state === 'connecting') this.#options.onState?.('connecting', cause);
    else this.#set('reconnecting', cause);
  }

  /** Until the event that is the newest now has come, the watch is catching up. */
  #askForNewest(): void {
    this.#connection += 1;
    const connection = this.#connection;
    this.#newest = undefined;
    this.#since = new Set([String(this.#variables['after'])]);
    const { client, sessionId } = this.#options;
    this.#stopAsking();
    this.#stopAsking = client.subscribe(requestFor(this.#newestOf, { sessionId }), {
      next: ({ data }) => {
        // It completes by itself.
        this.#stopAsking = () => undefined;
        if (connection !== this.#connection) return;
        const session = (data as { session: { cursor: string } | null } | null)?.session;
        if (session == null) this.#askAgain(connection);
        else if (this.#since?.has(session.cursor) === true) this.#upToDate();
        else this.#newest = session.cursor;
      },
      // What is for good the subscription meets, too.
      error: () => this.#askAgain(connection),
      complete: () => undefined,
    });
  }

  #askAgain(connection: number): void {
    clearTimeout(this.#asking);
    this.#asking = setTimeout(() => {
      if (connection === this.#connection && this.#since !== undefined) this.#askForNewest();
    }, ASK_AGAIN_MS);
  }

  #upToDate(): void {
    this.#since = undefined;
    this.#newest = undefined;
    this.#set('live');
  }

  #broken(error: unknown): void {
    if (this.#state === 'ended') return;
    const final = finalError(error, this.#attempts);
    if (final !== undefined) {
      this.#failure = final;
      this.#end();
      return;
    }
    this.#leave();
    this.#stopAsking();
    this.#subscribed = false;
    this.#lost(error);
    const attempt = this.#attempts;
    this.#attempts += 1;
    const wait = this.#options.retryWait?.(attempt) ?? backoff(attempt);
    this.#timer = setTimeout(() => this.#subscribe(), wait);
  }

  #end(): void {
    this.#set('ended');
    clearTimeout(this.#timer);
    clearTimeout(this.#asking);
    for (const unlisten of this.#unlisten) unlisten();
    this.#leave();
    this.#stopAsking();
    this.#wake();
  }

  #set(state: WatchState, cause?: unknown): void {
    if (state === this.#state) return;
    this.#state = state;
    if (cause === undefined) this.#options.onState?.(state);
    else this.#options.onState?.(state, cause);
  }
}

const NEWEST = `query NewestEvent($sessionId: ID!) {
  session(id: $sessionId) { id cursor }
}`;

/** The variables are changed in place: whoever connects again sends what they are then. */
function requestFor(document: WatchDocument, variables: Record<string, unknown>) {
  const sha256Hash = document.__meta__?.['hash'];
  if (typeof sha256Hash !== 'string') return { query: document.toString(), variables };
  return { query: '', variables, extensions: { persistedQuery: { version: 1, sha256Hash } } };
}

function queryOf(fields: string): string {
  const fragment = /^\s*fragment\s+(?<name>\w+)\s+on\b/.exec(fields)?.groups?.['name'];
  const selection = fragment === undefined ? fields : `...${fragment}`;
  return `subscription WatchSession($sessionId: ID!, $after: String, $untilSettled: Boolean!) {
  sessionProgress(sessionId: $sessionId, after: $after, untilSettled: $untilSettled) {
    __typename
    sequence
    cursor
    ${selection}
  }
}
${fragment === undefined ? '' : fields}`;
}

function backoff(attempt: number): number {
  return Math.random() * Math.min(LONGEST_WAIT_MS, 250 * 2 ** attempt);
}

/** Codes by which routers and Apollo's servers refuse a request for good. */
const FINAL_CODES =
  /^(GRAPHQL_|PERSISTED_QUERY_|UNAUTHENTICATED|FORBIDDEN|BAD_USER_INPUT|BAD_REQUEST)/;
/** How many errors of a router in a row are taken for a lost connection to the gateway. */
const MOST_FOREIGN_ERRORS = 8;

/**
 * The error to end with; undefined where another attempt may succeed.
 * @param attempts how many have failed since the last event
 */
function finalError(error: unknown, attempts: number): WatchError | undefined {
  if (Array.isArray(error)) {
    const [first] = error as readonly { message?: string; extensions?: Record<string, unknown> }[];
    const retryable = first?.extensions?.['retryable'];
    const code = first?.extensions?.['code'];
    // Each error of the gateway says whether it may be tried again.
    const isForeign = typeof retryable !== 'boolean' && !FINAL_CODES.test(String(code));
    if (retryable === true || (isForeign && attempts < MOST_FOREIGN_ERRORS)) return undefined;
    return new WatchError(
      first?.message ?? 'The subscription was refused.',
      typeof code === 'string' ? code : undefined,
      error,
    );
  }
  const { code, reason, response } = error as {
    readonly code?: unknown;
    readonly reason?: unknown;
    readonly response?: { readonly status: number };
  };
  if (typeof code === 'number' && FATAL_CLOSES.has(code)) {
    const refused = code === FORBIDDEN ? 'UNAUTHENTICATED' : undefined;
    return new WatchError(`${code}: ${String(reason)}`, refused, { code, reason });
  }
  if (response !== undefined && [400, 401, 403, 404, 405, 413, 415].includes(response.status))
    return new WatchError(`The gateway answered ${response.status}.`, undefined, error);
  return undefined;
}
