// Authentication (ownership): the user is the `sub` of a verified token. Without a key, on loopback only, it is whoever the
// client names.
import { createPublicKey } from 'node:crypto';
import {
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  type KeyObject,
  SignJWT,
  errors,
  jwtVerify,
} from 'jose';
import type { Config } from '../config.ts';
import { GatewayError, isAway, invalidInput } from '../errors.ts';
import { ADMIN_SCOPE, type User } from '../session/ports.ts';
import { checkUserId } from '../session/user-id.ts';
import type { Credentials } from './credentials.ts';
import { isLoopback } from '../loopback.ts';
import { issuerKeys } from './issuer-keys.ts';

/**
 * Tells who is calling; null: nobody that it knows. A GatewayError that it throws is told to the client, anything else
 * is logged and told as INTERNAL.
 */
export type Authenticate = (credentials: Credentials) => User | null | Promise<User | null>;

/** @throws GatewayError UNAUTHENTICATED, FORBIDDEN, BACKEND_UNAVAILABLE */
export type Identify = (credentials: Credentials) => Promise<User>;

type JwtSettings = Pick<
  Config,
  | 'ENV'
  | 'HOST'
  | 'JWT_SECRET'
  | 'JWT_SECRET_PREVIOUS'
  | 'JWT_PUBLIC_KEY'
  | 'JWT_JWKS_URL'
  | 'JWT_JWKS_COOL_DOWN'
  | 'JWT_ISSUER'
  | 'JWT_AUDIENCE'
  | 'JWT_CLOCK_TOLERANCE'
>;

/** Names the owner whom an administrator acts for. */
export const AS_USER = 'asUser';
const HMAC = ['HS256', 'HS384', 'HS512'];
/** What a public key may check, by its type, which must fit; never a secret, and never nothing. */
const ASYMMETRIC = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

/** How the gateway tells who is calling. */
export interface Identification {
  readonly identify: Identify;
  /** Whether anybody is believed to be who they say: while developing, on this machine alone. */
  readonly believesAnybody: boolean;
}

/**
 * @param given the program's own way to tell who is calling, in the place of tokens
 * @param headersFor picks the headers that graphs are given
 * @throws GatewayError INVALID_INPUT where the settings would let anybody in: no key for tokens, and an address that
 * others can reach or an environment that others use
 */
export function createIdentification(
  config: JwtSettings,
  given?: Authenticate,
  headersFor: (credentials: Credentials) => User['headers'] = () => undefined,
): Identification {
  const key = given === undefined ? verificationKey(config) : undefined;
  const authenticate = given ?? createAuthenticate(config, key);
  const identify: Identify = async (credentials) => {
    const user = await authenticate(credentials);
    if (typeof user?.id !== 'string') throw unauthenticated('Not authenticated.');
    checkIdentity(user.id);
    const asUser = credentials.get(AS_USER);
    const headers = headersFor(credentials);
    return { ...(asUser === null ? user : actFor(asUser, user)), ...(headers && { headers }) };
  };
  return { identify, believesAnybody: given === undefined && key === undefined };
}

function createAuthenticate(config: JwtSettings, key: VerificationKey | undefined): Authenticate {
  if (key !== undefined) return (credentials) => byToken(credentials, key, config);
  if (config.ENV === 'staging' || config.ENV === 'production') {
    throw invalidInput(`ENV=${config.ENV} needs JWT_SECRET, JWT_PUBLIC_KEY or JWT_JWKS_URL.`);
  }
  if (!isLoopback(config.HOST)) {
    throw invalidInput(
      `HOST=${config.HOST} is not loopback: without JWT_SECRET, JWT_PUBLIC_KEY or JWT_JWKS_URL anyone could impersonate any user.`,
    );
  }
  return (credentials) => ({ id: credentials.get('x-user-id') ?? 'local' });
}

/** The owner as the administrator's act: what is known of the one is not known of the other (RFC 8693, `act`). */
function actFor(asUser: string, { id, scopes = [], expiresAt }: User): User {
  if (!Array.isArray(scopes) || !scopes.includes(ADMIN_SCOPE)) {
    throw new GatewayError(
      'FORBIDDEN',
      `\`${AS_USER}\` needs a token with the scope ${ADMIN_SCOPE}.`,
    );
  }
  checkIdentity(asUser);
  return { id: asUser, claims: { sub: asUser, act: { sub: id } }, expiresAt, actedBy: id };
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
  /** Tried one after the other. */
  readonly keys: readonly (Uint8Array | KeyObject | JWTVerifyGetKey)[];
  readonly algorithms: string[];
}

function verificationKey(config: JwtSettings): VerificationKey | undefined {
  const { JWT_SECRET, JWT_SECRET_PREVIOUS, JWT_PUBLIC_KEY, JWT_JWKS_URL } = config;
  const given = [JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL].filter((value) => value !== undefined);
  if (given.length > 1) {
    throw invalidInput('Give only one of JWT_SECRET, JWT_PUBLIC_KEY and JWT_JWKS_URL.');
  }
  if (JWT_SECRET === undefined && JWT_SECRET_PREVIOUS !== undefined)
    throw invalidInput('JWT_SECRET_PREVIOUS needs JWT_SECRET, by which new tokens are signed.');
  if (JWT_SECRET !== undefined) {
    const secrets = [JWT_SECRET, JWT_SECRET_PREVIOUS].filter((secret) => secret !== undefined);
    return { keys: secrets.map((secret) => new TextEncoder().encode(secret)), algorithms: HMAC };
  }
  if (JWT_JWKS_URL !== undefined) {
    return {
      keys: [issuerKeys(new URL(JWT_JWKS_URL), config.JWT_JWKS_COOL_DOWN)],
      algorithms: ASYMMETRIC,
    };
  }
  if (JWT_PUBLIC_KEY === undefined) return undefined;
  try {
    return {
      keys: [createPublicKey(JWT_PUBLIC_KEY.replaceAll(String.raw`\n`, '\n'))],
      algorithms: ASYMMETRIC,
    };
  } catch (cause) {
    throw invalidInput('JWT_PUBLIC_KEY is not a public key in PEM.', cause);
  }
}

async function byToken(
  credentials: Credentials,
  { keys, algorithms }: VerificationKey,
  { JWT_ISSUER, JWT_AUDIENCE, JWT_CLOCK_TOLERANCE }: JwtSettings,
): Promise<User> {
  const token = /^Bearer (?<token>\S+)$/i.exec(credentials.get('authorization') ?? '')?.groups?.[
    'token'
  ];
  if (token === undefined) throw unauthenticated('Send a token: `Authorization: Bearer …`.');
  const options = {
    algorithms,
    clockTolerance: JWT_CLOCK_TOLERANCE / 1000,
    ...(JWT_ISSUER !== undefined && { issuer: JWT_ISSUER }),
    ...(JWT_AUDIENCE !== undefined && { audience: JWT_AUDIENCE }),
  };
  const payload = await verified(token, keys, options);
  // An issuer may put anything there.
  const { sub, exp }: { sub?: unknown; exp?: number } = payload;
  if (typeof sub !== 'string') throw unauthenticated('The token names no user (`sub`).');
  const expiresAt = exp === undefined ? undefined : exp * 1000 + JWT_CLOCK_TOLERANCE;
  return { id: sub, claims: payload, scopes: scopesIn(payload), expiresAt };
}

/** What the token says, where one of the keys has signed it. */
async function verified(
  token: string,
  [key, ...others]: VerificationKey['keys'],
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    if (key === undefined) throw new errors.JWSSignatureVerificationFailed();
    const { payload } = await (typeof key === 'function'
      ? jwtVerify(token, key, options)
      : jwtVerify(token, key, options));
    return payload;
  } catch (cause) {
    const isOfAnother = cause instanceof errors.JWSSignatureVerificationFailed;
    if (isOfAnother && others.length > 0) return verified(token, others, options);
    throw refusal(cause);
  }
}

/** `scope` is words between spaces (RFC 8693); some issuers write `scp` instead, a list at times. */
function scopesIn({ scope, scp }: JWTPayload): string[] {
  return [scope, scp].flatMap((given) => {
    if (typeof given === 'string') return given.split(' ');
    return Array.isArray(given) ? given.filter((word) => typeof word === 'string') : [];
  });
}

function refusal(cause: unknown): unknown {
  if (isAway(cause)) return cause;
  return unauthenticated(
    cause instanceof errors.JWTExpired
      ? 'The token has expired; get a new one.'
      : 'The token is not valid here.',
  );
}

/** @throws GatewayError UNAUTHENTICATED for what can be no user's id */
function checkIdentity(id: string): void {
  try {
    checkUserId(id);
  } catch (error) {
    throw error instanceof GatewayError ? unauthenticated(error.message) : error;
  }
}

function unauthenticated(message: string): GatewayError {
  return new GatewayError('UNAUTHENTICATED', message);
}
