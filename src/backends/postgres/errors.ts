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

/** Whether the server was lost, or is about to be; SQLSTATE classes 08 and 57P. */
export function isConnectionLoss(error: unknown): boolean {
  const code = codeOf(error);
  if (/^(08|57P0)/.test(code) || CONNECTION_ERRORS.has(code)) return true;
  if (error instanceof AggregateError) return error.errors.some(isConnectionLoss);
  return (
    error instanceof Error &&
    /Connection terminated|connection timeout|timeout exceeded|not queryable/i.test(error.message)
  );
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
  const told: Readonly<Record<string, string>> = {
    '57014': 'The database took too long; try again.',
    '40001': 'The database is busy; try again.',
    '40P01': 'The database is busy; try again.',
    '55P03': 'The database is busy; try again.',
  };
  const code = codeOf(error);
  if (code === '22021') return invalidInput('Text must be Unicode, without NUL characters.');
  // Class 53: out of memory, disk or connections; 25006: the server is a standby.
  const message =
    told[code] ?? (/^53|^25006/.test(code) ? 'The database cannot take writes now.' : undefined);
  return message === undefined
    ? error
    : new GatewayError('BACKEND_UNAVAILABLE', message, { cause: error });
}

/** What an operator is told of a server or a database that cannot be used; others stay as they are. */
export function unusable(error: unknown): unknown {
  if (error instanceof GatewayError) return error;
  const code = codeOf(error);
  const reasons: readonly (readonly [RegExp, string])[] = [
    [/^28/, 'refuses the user or the password'],
    [/^3D000/, 'has no such database'],
    [
      /^42501/,
      'does not let its user create what is missing; run `session-gateway migrate` as its owner',
    ],
    [
      /^42P07/,
      'has tables of these names that are not ours; set PG_GATEWAY_SCHEMA to another schema',
    ],
  ];
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
