// What of the settings an operator should know of, though the gateway starts with it.
import type { Config } from './config.ts';
import { isLoopback } from './loopback.ts';

type Warned = Pick<
  Config,
  'ENV' | 'DATABASE_URL' | 'REDIS_URL' | 'JWT_PUBLIC_KEY' | 'JWT_JWKS_URL' | 'JWT_AUDIENCE'
>;

/** Of Postgres' `sslmode`: those under which nothing is sent in the clear. */
const ENCRYPTED = new Set(['require', 'verify-ca', 'verify-full', 'no-verify']);

export function settingsWarnings(config: Warned): string[] {
  const { ENV, DATABASE_URL, REDIS_URL, JWT_PUBLIC_KEY, JWT_JWKS_URL, JWT_AUDIENCE } = config;
  const usesRedis = ENV === 'staging' || ENV === 'production';
  const byIssuer = JWT_PUBLIC_KEY !== undefined || JWT_JWKS_URL !== undefined;
  return [
    ENV === 'production' &&
      isInTheClear(DATABASE_URL, isEncryptedPostgres) &&
      'The connection to Postgres leaves this machine unencrypted: set `?sslmode=verify-full` in DATABASE_URL.',
    usesRedis &&
      isInTheClear(REDIS_URL, ({ protocol }) => protocol === 'rediss:') &&
      'The connection to Redis leaves this machine unencrypted: use rediss:// in REDIS_URL.',
    byIssuer &&
      JWT_AUDIENCE === undefined &&
      'JWT_AUDIENCE is not set: tokens that the issuer made for other services are taken, too.',
  ].filter((warning) => warning !== false);
}

function isInTheClear(text: string | undefined, isEncrypted: (url: URL) => boolean): boolean {
  if (text === undefined || !URL.canParse(text)) return false;
  const url = new URL(text);
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname);
  // A socket of this machine has a path, or no host.
  return host !== '' && !host.startsWith('/') && !isLoopback(host) && !isEncrypted(url);
}

function isEncryptedPostgres({ searchParams }: URL): boolean {
  const mode = searchParams.get('sslmode');
  return mode === null ? searchParams.get('ssl') === 'true' : ENCRYPTED.has(mode);
}
