// The formats in which one HTTP response carries the results of a subscription.

/** Proxies must not buffer, cache or compress it. */
const UNBUFFERED = { 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' };

export interface StreamEncoding {
  readonly headers: Readonly<Record<string, string>>;
  /** Sent at once: some clients regard a response as open only after its first bytes. */
  readonly begin: string;
  /** Keeps the connection alive; clients skip it. */
  readonly heartbeat: string;
  /**
   * @param cursor from which a client may resume; null where it may not
   * @param isFirst whether it is the first result
   */
  next(result: string, cursor: string | null, isFirst: boolean): string;
  readonly complete: string;
}

/** How long an EventSource waits before it reconnects. */
const RETRY_MS = 1000;

/** Server-sent events as graphql-sse has them, in the distinct connections mode. */
export const EVENT_STREAM: StreamEncoding = {
  headers: { 'content-type': 'text/event-stream; charset=utf-8', ...UNBUFFERED },
  // A comment, which is no event.
  begin: ':\n\n',
  heartbeat: ':\n\n',
  next(result, cursor, isFirst) {
    const retry = isFirst ? `retry: ${RETRY_MS}\n` : '';
    const id = cursor === null ? '' : `id: ${cursor}\n`;
    return `${retry}event: next\n${id}data: ${result}\n\n`;
  },
  complete: 'event: complete\ndata:\n\n',
};

const PART = '\r\ncontent-type: application/json; charset=utf-8\r\n\r\n';
const BOUNDARY = '\r\n--graphql';

/** Apollo's protocol of subscriptions over multipart HTTP (subscriptionSpec 1.0). Each part ends with the next boundary. */
export const MULTIPART: StreamEncoding = {
  headers: {
    'content-type': 'multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"',
    ...UNBUFFERED,
  },
  begin: BOUNDARY,
  heartbeat: `${PART}{}${BOUNDARY}`,
  next: (result) => `${PART}{"payload":${result}}${BOUNDARY}`,
  complete: '--\r\n',
};

/** @returns the format for an `Accept` header; undefined where it accepts no stream */
export function streamEncodingFor(accept: string | null): StreamEncoding | undefined {
  const accepted = (accept ?? '*/*').toLowerCase();
  if (/text\/event-stream|text\/\*|\*\/\*/.test(accepted)) return EVENT_STREAM;
  return accepted.includes('multipart/mixed') ? MULTIPART : undefined;
}
