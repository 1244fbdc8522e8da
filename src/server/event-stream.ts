// The progress feed as server-sent events. Each message carries its cursor as `id`, which an EventSource sends back as
// Last-Event-ID when it reconnects.
import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import type { ExecutionArgs } from 'graphql';
import type { FetchAPI, Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { RequestContext } from '../graphql/context.ts';
import { toClientError } from '../graphql/errors.ts';
import { isRefused, prepareWatch } from '../graphql/watch.ts';
import type { FeedRequest, ProgressFeed } from '../progress/feed.ts';
import type { Sink } from '../progress/watcher.ts';
import type { User } from '../session/ports.ts';
import { takenOf } from './connection-keeper.ts';
import { callAt } from './expiry.ts';
import { statusOf } from './refused.ts';
import type { ConcurrencyLimit } from '../session/concurrency-limit.ts';

/** Proxies close connections that are silent for a minute, some sooner. */
const COMMENT_EVERY_MS = 12_000;
const RETRY_MS = 1000;
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'content-encoding': 'none',
  'x-accel-buffering': 'no',
};

export interface EventStreamOptions {
  readonly feed: ProgressFeed;
  readonly connections: ConcurrencyLimit;
  readonly subscriptions: ConcurrencyLimit;
  readonly log: Logger;
  /** Aborted when the gateway closes: streams end, so that their clients go elsewhere. */
  readonly closing: AbortSignal;
  /** After how long a stream is cut that nobody reads to its end. */
  readonly patienceMs: number;
}

/** Answers subscriptions with an event stream of their feed. */
export function eventStreams(
  options: EventStreamOptions,
): Plugin<RequestContext, { res?: ServerResponse }> {
  const prepared = new WeakMap<Request, FeedRequest & Pick<User, 'expiresAt'>>();
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(async (args: ExecutionArgs) => {
        const asked = args as ExecutionArgs & { contextValue: Context };
        const watch = await prepareWatch(asked, options.log);
        if (isRefused(watch)) return watch;
        const { request, user, answer } = asked.contextValue;
        // From here on its events are limited by themselves.
        answer[Symbol.dispose]();
        prepared.set(request, { ...watch, expiresAt: user.expiresAt });
        return UNUSED;
      });
    },
    onResultProcess({ request, resultProcessor, setResultProcessor, serverContext }) {
      const watch = prepared.get(request);
      const { res } = serverContext;
      if (watch === undefined || resultProcessor === undefined || res === undefined) return;
      setResultProcessor(
        (_result, { Response }) => respond(watch, res, Response, options),
        'text/event-stream',
      );
    },
  };
}

type Context = RequestContext & { readonly request: Request };

/** What tells the server that the result is a stream, which is then answered by the feed. */
const UNUSED: AsyncIterable<never> = {
  [Symbol.asyncIterator]: () => ({
    next: () => Promise.resolve({ done: true, value: undefined }),
  }),
};

function respond(
  watch: FeedRequest & Pick<User, 'expiresAt'>,
  response: ServerResponse,
  Response: FetchAPI['Response'],
  { feed, connections, subscriptions, log, closing, patienceMs }: EventStreamOptions,
): Response {
  using held = new DisposableStack();
  try {
    held.defer(connections.acquire(watch.actor.ownerId));
    held.defer(subscriptions.acquire(watch.actor.ownerId));
  } catch (error) {
    const body = JSON.stringify({ errors: [toClientError(error, log)] });
    const headers = { 'content-type': 'application/json' };
    return new Response(body, { status: statusOf(error), headers });
  }
  const kept = held.move();
  const stream = new PassThrough();
  // Some clients take an answer for begun only with its first bytes. An EventSource waits so long to come back.
  stream.write(`retry: ${RETRY_MS}\n\n`);
  const comments = setInterval(() => {
    if (!stream.writableEnded && stream.writableLength === 0) stream.write(':\n\n');
  }, COMMENT_EVERY_MS).unref();
  const leave = feed.watch(watch, new EventStreamSink(stream, response, patienceMs));
  // Not complete: the client comes back, to another process, with the last id it has seen.
  const end = () => response.destroy();
  closing.addEventListener('abort', end, { once: true });
  const keep = callAt(watch.expiresAt, end);
  const gone = () => {
    closing.removeEventListener('abort', end);
    clearInterval(comments);
    keep();
    stream.end();
    leave();
    kept.dispose();
  };
  if (closing.aborted) end();
  // The client may be gone already, and then nothing reads the stream.
  if (response.destroyed) gone();
  else response.once('close', gone);
  // A stream of Node is what it pipes best, though the types know only the web's.
  return new Response(stream as unknown as ReadableStream, { headers: HEADERS });
}

class EventStreamSink implements Sink {
  readonly #stream: PassThrough;
  readonly #response: ServerResponse;
  readonly #patienceMs: number;

  constructor(stream: PassThrough, response: ServerResponse, patienceMs: number) {
    this.#stream = stream;
    this.#response = response;
    this.#patienceMs = patienceMs;
  }

  get buffered(): number {
    const { writableLength, readableLength } = this.#stream;
    return writableLength + readableLength + this.#response.writableLength;
  }

  get taken(): number {
    const { socket } = this.#response;
    return socket === null ? 0 : takenOf(socket);
  }

  send(text: string, cursor: string | null): void {
    if (!this.#stream.writable) return;
    const id = cursor === null ? '' : `id: ${cursor}\n`;
    this.#stream.write(`event: next\n${id}data: ${text}\n\n`);
  }

  complete(): void {
    if (!this.#stream.writable) return;
    this.#stream.end('event: complete\ndata:\n\n');
    // Nobody watches it any more.
    setTimeout(() => this.#response.destroy(), this.#patienceMs).unref();
  }

  abandon(): void {
    this.#response.destroy();
  }
}
