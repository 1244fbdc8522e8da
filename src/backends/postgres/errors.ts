// What Postgres' errors mean to who asked.
import { DatabaseError } from 'pg';
import { GatewayError, invalidInput } from '../../errors.ts';

const CONNECTION_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
]);

/**
 * Whether the connection was lost, or is about to be; SQLSTATE classes 08 and 57P, and what a connection answers that was
 * lost within a transaction. A protocol violation (08P01) does not count: a retry would fail again.
 */
export function isConnectionLoss(error: unknown): boolean {
  const code = codeOf(error);
  if (/^(08(?!P01)|57P0|25P03)/.test(code) || CONNECTION_ERRORS.has(code)) return true;
  if (error instanceof AggregateError) return error.errors.some(isConnectionLoss);
  return (
    error instanceof Error &&
    /Connection terminated|connection timeout|timeout exceeded|not queryable/i.test(error.message)
  );
}

/** Whether a prepared statement is not where it was left: another connection of a pooler answers. */
export function isLostStatement(error: unknown): boolean {
  return /^(26000|42P05)$/.test(codeOf(error));
}

/** Whether a row with this unique key is there already. */
export function isDuplicate(error: unknown, constraint: string): boolean {
  return (
    error instanceof DatabaseError && error.code === '23505' && error.constraint === constraint
  );
}

/** What the user is told of an error of Postgres; others stay as they are. */
export function translatePostgresError(error: unknown): unknown {
  if (error instanceof GatewayError) return error;
  if (isConnectionLoss(error)) {
    return new GatewayError('BACKEND_UNAVAILABLE', 'The database cannot be reached; try again.', {
      cause: error,
    });
  }
  const code = codeOf(error);
  if (code === '22021') return invalidInput('Text must be Unicode, without NUL characters.');
  const message = STORE_FAULTS.find(([pattern]) => pattern.test(code))?.[1];
  return message === undefined
    ? error
    : new GatewayError('BACKEND_UNAVAILABLE', message, { cause: error });
}

/**
 * SQLSTATEs (PostgreSQL, appendix A) that the server or its configuration causes; a retry may succeed. Errors of the data
 * (classes 22, 23 and 54, but for 23502: tables of another version) and of a statement (42601) are not among them.
 */
const STORE_FAULTS: readonly (readonly [RegExp, string])[] = [
  [/^57014/, 'The database took too long; try again.'],
  [/^(40|55P03)/, 'The database is busy; try again.'],
  [/^(53|58|XX|F0)/, 'The database cannot take writes now.'],
  [/^25/, 'The database cannot take writes now: it is a standby or read-only.'],
  [/^(28|0P)/, 'The database refuses the user or the password of the gateway.'],
  [/^42501/, 'The database user of the gateway lacks a privilege.'],
  [/^(3D|3F|42P01|42703|42883|23502)/, 'The database does not have the tables of this version.'],
  [/^(55|57|26000|42P05|08P01)/, 'The database cannot execute the statement now; try again.'],
];

/** What an operator is told of a server or a database that cannot be used; others stay as they are. */
export function unusable(error: unknown): unknown {
  if (error instanceof GatewayError) return error;
  const code = codeOf(error);
  if (error instanceof Error && /unsupported startup parameter/.test(error.message)) {
    return new GatewayError(
      'BACKEND_UNAVAILABLE',
      'A pooler answers at DATABASE_URL (PgBouncer) that takes no statement_timeout: set PG_PREPARE=false.',
      { cause: error },
    );
  }
  const reasons: readonly (readonly [RegExp, string])[] = [
    [/^28/, 'refuses the user or the password'],
    [/^3D000/, 'has no such database'],
    [/^25/, 'is a standby or read-only, and lacks the tables of this version'],
    [
      /^42501/,
      'does not give its user the rights that are needed: to create tables for `session-gateway migrate`, and else ' +
        'USAGE on both schemas with SELECT, INSERT, UPDATE and DELETE on their tables',
    ],
    [
      /^42P07/,
      'has tables of these names that are not ours; set PG_GATEWAY_SCHEMA to another schema',
    ],
  ];
  const isUntrusted = /^(ERR_TLS|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/.test(code);
  if (isUntrusted && error instanceof Error) {
    return new GatewayError(
      'BACKEND_UNAVAILABLE',
      `The certificate of DATABASE_URL is not trusted (${error.message}): name its authority by &sslrootcert=FILE.`,
      { cause: error },
    );
  }
  const reason = reasons.find(([pattern]) => pattern.test(code))?.[1];
  if (reason === undefined && !isConnectionLoss(error)) return error;
  return new GatewayError(
    'BACKEND_UNAVAILABLE',
    `The database of DATABASE_URL ${reason ?? 'cannot be reached'}.`,
    { cause: error },
  );
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
