import { Buffer } from 'node:buffer';
import { GatewayError } from '../errors.ts';

/** What a client sent to say who it is: HTTP headers, or the payload of a WebSocket's connection_init. */
export interface Credentials {
  /** The text under a name, whose case does not matter; null where there is none. */
  get(name: string): string | null;
}

/** Those of HTTP, whose headers come as bytes: a name in them is UTF-8. */
export function credentialsOf(headers: Pick<Headers, 'get'>): Credentials {
  return {
    get(name) {
      const value = headers.get(name);
      return value === null ? null : Buffer.from(value, 'latin1').toString();
    },
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
  };
}
