// Subscriptions by server-sent events over plain fetch, for `watchSession`: no other library is needed.
import { type FetchOptions, answerOf, send } from './request.ts';
import type { WatchClient } from './watch-session.ts';

/** The gateway sends a comment every 12 s: a stream that is silent for longer than this is broken. */
const SILENT_MS = 30_000;

/** A client for `watchSession`, and for any other subscription. */
export function openEventSource(options: FetchOptions): WatchClient {
  return {
    subscribe(request, sink) {
      const left = new AbortController();
      void receive(options, request, sink, left).catch((error: unknown) => {
        if (!left.signal.aborted) sink.error(error);
        else if (left.signal.reason === SILENT) sink.error(SILENT);
      });
      return () => left.abort();
    },
  };
}

type Sink = Parameters<WatchClient['subscribe']>[1];

const SILENT = new Error('The stream was silent for too long.');

async function receive(
  options: FetchOptions,
  request: object,
  sink: Sink,
  left: AbortController,
): Promise<void> {
  const { signal } = left;
  let silence = setTimeout(() => left.abort(SILENT), SILENT_MS);
  try {
    const response = await send(options, request, 'text/event-stream', signal);
    const type = response.headers.get('content-type') ?? '';
    if (!type.startsWith('text/event-stream') || response.body === null) {
      await refuse(response, sink);
      return;
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const events = new EventParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error('The stream broke off.');
      clearTimeout(silence);
      silence = setTimeout(() => left.abort(SILENT), SILENT_MS);
      for (const { event, data } of events.take(value)) {
        if (signal.aborted) return;
        if (event === 'next') sink.next(JSON.parse(data) as Parameters<Sink['next']>[0]);
        if (event !== 'complete') continue;
        sink.complete();
        await reader.cancel();
        return;
      }
    }
  } finally {
    clearTimeout(silence);
  }
}

/** @throws Error with the response where it has no errors of GraphQL: its status says whether to try again */
async function refuse(response: Response, sink: Sink): Promise<void> {
  const { errors = [] } = await answerOf(response);
  if (errors.length === 0)
    throw Object.assign(new Error(`The gateway answered ${response.status}.`), { response });
  sink.next({ errors });
  sink.complete();
}

interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/** Reads events line by line (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
class EventParser {
  #rest: string[] = [];
  #event = '';
  #data: string[] = [];

  take(text: string): ServerSentEvent[] {
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    const events = lines.flatMap((line) => {
      const whole = [...this.#rest, line].join('').replace(/\r$/, '');
      this.#rest = [];
      return this.#line(whole);
    });
    this.#rest.push(last);
    return events;
  }

  #line(line: string): ServerSentEvent[] {
    if (line.startsWith('event:')) this.#event = line.slice(6).trim();
    if (line.startsWith('data:')) this.#data.push(line.slice(5).replace(/^ /, ''));
    if (line !== '') return [];
    const event = { event: this.#event, data: this.#data.join('\n') };
    this.#event = '';
    this.#data = [];
    return event.event === '' ? [] : [event];
  }
}
