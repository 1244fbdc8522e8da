// Who is calling (promise 1): the `sub` of a checked token, or, while developing on loopback, whoever the client says.
import { createPublicKey } from 'node:crypto';
import {
  type JWTPayload,
  type JWTVerifyGetKey,
  type KeyObject,
  SignJWT,
  createRemoteJWKSet,
  errors,
  jwtVerify,
} from 'jose';
import type { Config } from '../config.ts';
import { GatewayError, invalidInput } from '../errors.ts';
import type { User } from '../session/ports.ts';

/** What a client sent to say who it is: HTTP headers, or the payload of a WebSocket's connection_init. */
export interface Credentials {
  readonly authorization: string | null;
  readonly userId: string | null;
}

/** @throws GatewayError UNAUTHENTICATED, BACKEND_UNAVAILABLE */
export type Authenticate = (credentials: Credentials) => Promise<User>;

type JwtSettings = Pick<
  Config,
  | 'ENV'
  | 'HOST'
  | 'JWT_SECRET'
  | 'JWT_PUBLIC_KEY'
  | 'JWT_JWKS_URL'
  | 'JWT_ISSUER'
  | 'JWT_AUDIENCE'
  | 'JWT_CLOCK_TOLERANCE'
>;

const LONGEST_USER_ID = 255;
const HMAC = ['HS256', 'HS384', 'HS512'];
/** What a public key may check, by its type, which must fit; never a secret, and never nothing. */
const ASYMMETRIC = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/;

/**
 * @throws GatewayError INVALID_INPUT where the settings would let anybody in: no key for tokens, and an address that
 * others can reach or an environment that others use
 */
export function createAuthenticate(config: JwtSettings): Authenticate {
  const key = verificationKey(config);
  if (key !== undefined) return (credentials) => byToken(credentials, key, config);
  if (config.ENV === 'staging' || config.ENV === 'production') {
    throw invalidInput(`ENV=${config.ENV} needs JWT_SECRET, JWT_PUBLIC_KEY or JWT_JWKS_URL.`);
  }
  if (!LOOPBACK.test(config.HOST)) {
    throw invalidInput(
      `HOST=${config.HOST} is not loopback: without JWT_SECRET, JWT_PUBLIC_KEY or JWT_JWKS_URL anybody could be anyone.`,
    );
  }
  return async ({ userId }) => ({ id: checkUserId(userId ?? 'local') });
}

/** A token for a user, valid for `ttlSeconds`. */
export function mintToken(
  secret: string,
  user: string,
  ttlSeconds: number,
  config: Pick<Config, 'JWT_ISSUER' | 'JWT_AUDIENCE'>,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const token = new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(checkUserId(user))
    .setIssuedAt(now)
    .setExpirationTime(now + ttlSeconds);
  if (config.JWT_ISSUER !== undefined) token.setIssuer(config.JWT_ISSUER);
  if (config.JWT_AUDIENCE !== undefined) token.setAudience(config.JWT_AUDIENCE);
  return token.sign(new TextEncoder().encode(secret));
}

interface VerificationKey {
  readonly key: Uint8Array | KeyObject | JWTVerifyGetKey;
  readonly algorithms: string[];
}

function verificationKey(config: JwtSettings): VerificationKey | undefined {
  const { JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL } = config;
  const given = [JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL].filter((value) => value !== undefined);
  if (given.length > 1) {
    throw invalidInput('Give only one of JWT_SECRET, JWT_PUBLIC_KEY and JWT_JWKS_URL.');
  }
  if (JWT_SECRET !== undefined)
    return { key: new TextEncoder().encode(JWT_SECRET), algorithms: HMAC };
  if (JWT_JWKS_URL !== undefined) {
    return { key: createRemoteJWKSet(new URL(JWT_JWKS_URL)), algorithms: ASYMMETRIC };
  }
  if (JWT_PUBLIC_KEY === undefined) return undefined;
  try {
    return {
      key: createPublicKey(JWT_PUBLIC_KEY.replaceAll(String.raw`\n`, '\n')),
      algorithms: ASYMMETRIC,
    };
  } catch (cause) {
    throw invalidInput('JWT_PUBLIC_KEY is not a public key in PEM.', cause);
  }
}

async function byToken(
  { authorization }: Credentials,
  { key, algorithms }: VerificationKey,
  { JWT_ISSUER, JWT_AUDIENCE, JWT_CLOCK_TOLERANCE }: JwtSettings,
): Promise<User> {
  const token = /^Bearer (?<token>\S+)$/i.exec(authorization ?? '')?.groups?.['token'];
  if (token === undefined) throw unauthenticated('Send a token: `Authorization: Bearer …`.');
  const options = {
    algorithms,
    clockTolerance: JWT_CLOCK_TOLERANCE / 1000,
    ...(JWT_ISSUER !== undefined && { issuer: JWT_ISSUER }),
    ...(JWT_AUDIENCE !== undefined && { audience: JWT_AUDIENCE }),
  };
  let payload: JWTPayload;
  try {
    ({ payload } = await (typeof key === 'function'
      ? jwtVerify(token, key, options)
      : jwtVerify(token, key, options)));
  } catch (cause) {
    throw refusal(cause, typeof key === 'function');
  }
  if (payload.sub === undefined) throw unauthenticated('The token names no user (`sub`).');
  const { sub, exp } = payload;
  const expiresAt = exp === undefined ? undefined : exp * 1000 + JWT_CLOCK_TOLERANCE;
  return { id: checkUserId(sub), expiresAt };
}

function refusal(cause: unknown, keysAreFetched: boolean): GatewayError {
  if (cause instanceof errors.JWTExpired)
    return unauthenticated('The token has expired; get a new one.');
  const fetchFailed = cause instanceof errors.JWKSTimeout || !(cause instanceof errors.JOSEError);
  if (keysAreFetched && fetchFailed) {
    return new GatewayError(
      'BACKEND_UNAVAILABLE',
      'The keys to check tokens by cannot be had now.',
      { cause },
    );
  }
  return unauthenticated('The token is not valid here.');
}

function checkUserId(id: string): string {
  if (id.trim() === '' || id.length > LONGEST_USER_ID) {
    throw unauthenticated(`A user's id has 1 to ${LONGEST_USER_ID} characters.`);
  }
  return id;
}

function unauthenticated(message: string): GatewayError {
  return new GatewayError('UNAUTHENTICATED', message);
}
