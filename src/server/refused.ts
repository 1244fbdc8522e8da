import { GraphQLError } from 'graphql';
import { type ErrorCode, GatewayError } from '../errors.ts';

const STATUS: Partial<Readonly<Record<ErrorCode, number>>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  LIMIT_EXCEEDED: 429,
  RATE_LIMITED: 429,
  BACKEND_UNAVAILABLE: 503,
  SHUTTING_DOWN: 503,
};

/** A request that is not even read as an operation: HTTP's own status says so, too. */
export class Refused extends GraphQLError {
  constructor(cause: GatewayError, status: number = statusOf(cause)) {
    const { retryAfter } = cause.extensions;
    const headers = {
      ...(typeof retryAfter === 'number' && { 'retry-after': String(retryAfter) }),
      ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    };
    super(cause.message, { originalError: cause, extensions: { http: { status, headers } } });
  }
}

/** What a client may be told of it, with a status; all else is thrown on. */
export function refusedBy(cause: unknown): unknown {
  return cause instanceof GatewayError ? new Refused(cause) : cause;
}

/** The status of HTTP that tells the same. */
export function statusOf(error: unknown): number {
  if (!(error instanceof GatewayError)) return 500;
  return STATUS[error.code] ?? 400;
}
