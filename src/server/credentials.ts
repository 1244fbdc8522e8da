import { Buffer } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
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

/** Headers of the upgrade request that may hold credentials. Pages cannot set them; cookies do not count. */
const OF_UPGRADES = ['authorization', 'x-api-key', 'x-user-id', 'asuser'];

/**
 * The credentials of a WebSocket: those of connection_init, else those of the upgrade request.
 * @param upgrade the headers of the upgrade request
 */
export function credentialsIn(
  init: Readonly<Record<string, unknown>> | undefined,
  upgrade: IncomingHttpHeaders = {},
): Credentials {
  const names = new Set(Object.keys(init ?? {}).map((name) => name.toLowerCase()));
  const isNamed = OF_UPGRADES.some((name) => names.has(name));
  const payload = isNamed ? init : { ...ofUpgrade(upgrade), ...init };
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

function ofUpgrade(headers: IncomingHttpHeaders): Record<string, string> {
  const found = OF_UPGRADES.flatMap((name) => {
    const value = headers[name];
    return typeof value === 'string' ? [[name, Buffer.from(value, 'latin1').toString()]] : [];
  });
  return Object.fromEntries(found) as Record<string, string>;
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
