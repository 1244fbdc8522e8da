import { type JWTVerifyGetKey, createRemoteJWKSet, customFetch } from 'jose';
import { z } from 'zod';
import { GatewayError } from '../errors.ts';

const COOL_DOWN_AFTER_FAILURE_MS = 5000;
/** Of a set of keys; one key takes about 500. */
const MOST_BYTES = 1 << 20;

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

/**
 * The keys that an issuer publishes (RFC 7517), fetched when they are first needed, when they are old, and when a token
 * names one that is not among them.
 * @param coolDownMs how long the issuer is left alone after it was asked: tokens with unknown keys must not become
 * requests to it
 * @throws GatewayError BACKEND_UNAVAILABLE while the issuer cannot be asked and the keys at hand do not do
 */
export function issuerKeys(url: URL, coolDownMs: number): JWTVerifyGetKey {
  let failedAt = -Infinity;
  return createRemoteJWKSet(url, {
    cooldownDuration: coolDownMs,
    async [customFetch](...request) {
      if (performance.now() - failedAt < COOL_DOWN_AFTER_FAILURE_MS) throw unavailable();
      try {
        const response = await fetch(...request);
        if (!response.ok) throw new Error(`the issuer answered ${response.status}`);
        return Response.json(keySet.parse(JSON.parse(await textOf(response))));
      } catch (cause) {
        failedAt = performance.now();
        throw unavailable(cause);
      }
    },
  });
}

/** @throws Error where it is longer than any set of keys */
async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error(`the issuer answered more than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function unavailable(cause?: unknown): GatewayError {
  return new GatewayError(
    'BACKEND_UNAVAILABLE',
    'The keys to check tokens by cannot be had from their issuer now; try again.',
    { cause },
  );
}
