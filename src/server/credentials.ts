import { Buffer } from 'node:buffer';
import { GatewayError } from '../errors.ts';

/** What a client sent to say who it is: HTTP headers, or the payload of a WebSocket's connection_init. */
export interface Credentials {
  /** The text under a name, whose case does not matter; null where there is none. */
  get(name: string): string | null;
  /** All of them as the headers of a request, as far as they can be headers. */
  toHeaders(): Headers;
}

/** Those of HTTP, whose headers come as bytes: a name in them is UTF-8. */
export function credentialsOf(headers: Headers): Credentials {
  return {
    get(name) {
      const value = headers.get(name);
      return value === null ? null : Buffer.from(value, 'latin1').toString();
    },
    toHeaders: () => new Headers(headers),
  };
}

/** Those of a WebSocket. */
export function credentialsIn(payload: Readonly<Record<string, unknown>> | undefined): Credentials {
  return {
    /** @throws GatewayError UNAUTHENTICATED for what is no text */
    get(name) {
      const wanted = name.toLowerCase();
      const found = Object.entries(payload ?? {}).find(([key]) => key.toLowerCase() === wanted);
      const value = found?.[1] ?? null;
      if (value === null || typeof value === 'string') return value;
      throw new GatewayError('UNAUTHENTICATED', `\`${name}\` must be text.`);
    },
    toHeaders() {
      const headers = new Headers();
      for (const [key, value] of Object.entries(payload ?? {})) {
        if (typeof value === 'string' && NAME.test(key) && !/[\0\r\n]/.test(value))
          headers.set(key, Buffer.from(value).toString('latin1'));
      }
      return headers;
    },
  };
}

/** What HTTP takes for the name of a header (RFC 9110, 5.1). */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** A request for GraphQL with these credentials, for what tells by a request who is calling. */
export function requestOf(credentials: Credentials): Request {
  return new Request('http://gateway/graphql', {
    method: 'POST',
    headers: credentials.toHeaders(),
  });
}
