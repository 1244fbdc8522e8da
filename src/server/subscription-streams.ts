// The progress feed as an answer of HTTP that goes on: server-sent events, or multipart. A server-sent event carries its
// cursor as `id`, which an EventSource sends back as Last-Event-ID when it reconnects.
import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import type { ExecutionArgs } from 'graphql';
import type { FetchAPI, Plugin } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { RequestContext } from '../graphql/context.ts';
import { toClientError } from '../graphql/errors.ts';
import { type PreparedWatch, isRefused, prepareWatch } from '../graphql/watch.ts';
import type { Sink } from '../progress/watcher.ts';
import type { User } from '../session/ports.ts';
import { takenOf } from './connection-keeper.ts';
import { callAt } from './expiry.ts';
import { statusOf } from './refused.ts';
import { type StreamEncoding, streamEncodingFor } from './stream-encodings.ts';
import type { ConcurrencyLimit } from '../session/concurrency-limit.ts';

/** Proxies close connections that are silent for a minute, some sooner. */
const HEARTBEAT_EVERY_MS = 12_000;
export interface StreamOptions {
  readonly connections: ConcurrencyLimit;
  readonly subscriptions: ConcurrencyLimit;
  readonly log: Logger;
  /** Aborted when the gateway closes: streams end, so that their clients go elsewhere. */
  readonly closing: AbortSignal;
  /** After how long a stream is cut that nobody reads to its end. */
  readonly patienceMs: number;
}

/** Answers subscriptions with a stream of their feed. */
export function streamedSubscriptions(
  options: StreamOptions,
): Plugin<RequestContext, { res?: ServerResponse }> {
  const prepared = new WeakMap<Request, PreparedWatch & Pick<User, 'expiresAt'>>();
  const refused = new WeakSet<Request>();
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(async (args: ExecutionArgs) => {
        const asked = args as ExecutionArgs & { contextValue: Context };
        const watch = await prepareWatch(asked, options.log);
        if (isRefused(watch)) {
          refused.add(asked.contextValue.request);
          return watch;
        }
        const { request, user, answer } = asked.contextValue;
        // From here on its events are limited by themselves.
        answer[Symbol.dispose]();
        prepared.set(request, { ...watch, expiresAt: user.expiresAt });
        return UNUSED;
      });
    },
    onResultProcess({ request, resultProcessor, setResultProcessor, serverContext: { res } }) {
      const watch = prepared.get(request);
      // A client that accepts only multipart gets the errors as JSON; yoga would answer 406 without a body.
      if (refused.has(request) && resultProcessor === undefined)
        setResultProcessor(answerRefused, 'application/json');
      if (watch === undefined || res === undefined) return;
      const encoding = streamEncodingFor(request.headers.get('accept'));
      if (encoding === undefined) setResultProcessor(refuseToStream, 'application/json');
      else
        setResultProcessor(
          (_result, { Response }) => respond(watch, encoding, res, Response, options),
          encoding.headers['content-type'] ?? '',
        );
    },
  };
}

function answerRefused(result: unknown, { Response }: FetchAPI): Response {
  return new Response(JSON.stringify(result), { headers: { 'content-type': 'application/json' } });
}

/** The client accepts neither kind of stream. */
function refuseToStream(_result: unknown, { Response }: FetchAPI): Response {
  const message =
    'A subscription is answered by server-sent events (`Accept: text/event-stream`), by parts ' +
    '(`Accept: multipart/mixed;subscriptionSpec=1.0`), or over WebSocket (graphql-transport-ws).';
  const error = { message, extensions: { code: 'INVALID_INPUT', retryable: false } };
  return new Response(JSON.stringify({ errors: [error] }), {
    status: 406,
    headers: { 'content-type': 'application/json' },
  });
}

type Context = RequestContext & { readonly request: Request };

/** What tells the server that the result is a stream, which is then answered by the feed. */
const UNUSED: AsyncIterable<never> = {
  [Symbol.asyncIterator]: () => ({
    next: () => Promise.resolve({ done: true, value: undefined }),
  }),
};

function respond(
  watch: PreparedWatch & Pick<User, 'expiresAt'>,
  encoding: StreamEncoding,
  response: ServerResponse,
  Response: FetchAPI['Response'],
  { connections, subscriptions, log, closing, patienceMs }: StreamOptions,
): Response {
  using held = new DisposableStack();
  try {
    held.defer(connections.acquire(watch.ownerId));
    held.defer(subscriptions.acquire(watch.ownerId));
  } catch (error) {
    const body = JSON.stringify({ errors: [toClientError(error, log)] });
    const headers = { 'content-type': 'application/json' };
    return new Response(body, { status: statusOf(error), headers });
  }
  const kept = held.move();
  const stream = new PassThrough();
  stream.write(encoding.begin);
  const heartbeats = setInterval(() => {
    if (!stream.writableEnded && stream.writableLength === 0) stream.write(encoding.heartbeat);
  }, HEARTBEAT_EVERY_MS).unref();
  const leave = watch.start(new StreamSink(stream, encoding, response, patienceMs));
  // Not complete: the client comes back, to another process, with the last id it has seen.
  const end = () => response.destroy();
  closing.addEventListener('abort', end, { once: true });
  const keep = callAt(watch.expiresAt, end);
  const gone = () => {
    closing.removeEventListener('abort', end);
    clearInterval(heartbeats);
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
  return new Response(stream as unknown as ReadableStream, {
    headers: { ...encoding.headers },
  });
}

class StreamSink implements Sink {
  readonly #stream: PassThrough;
  readonly #encoding: StreamEncoding;
  readonly #response: ServerResponse;
  readonly #patienceMs: number;

  #isFirst = true;

  constructor(
    stream: PassThrough,
    encoding: StreamEncoding,
    response: ServerResponse,
    patienceMs: number,
  ) {
    this.#stream = stream;
    this.#encoding = encoding;
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
    this.#stream.write(this.#encoding.next(text, cursor, this.#isFirst));
    this.#isFirst = false;
  }

  complete(): void {
    if (!this.#stream.writable) return;
    this.#stream.end(this.#encoding.complete);
    // Nobody watches it any more.
    setTimeout(() => this.#response.destroy(), this.#patienceMs).unref();
  }

  abandon(): void {
    this.#response.destroy();
  }
}
