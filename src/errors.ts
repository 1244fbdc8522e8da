/** The stable codes of the public contract; `extensions.code` of every error. */
export const ERROR_CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'SESSION_NOT_FOUND',
  'CHECKPOINT_NOT_FOUND',
  'RUN_NOT_FOUND',
  'GRAPH_NOT_FOUND',
  'INVALID_INPUT',
  'SESSION_BUSY',
  'INTERRUPT_MISMATCH',
  'STALE_CHECKPOINT',
  'IDEMPOTENCY_CONFLICT',
  'AWAIT_TIMEOUT',
  'LIMIT_EXCEEDED',
  'RATE_LIMITED',
  'GRAPH_ERROR',
  'GRAPH_CHANGED',
  'RECURSION_LIMIT',
  'RUN_TIMEOUT',
  'ATTEMPTS_EXHAUSTED',
  'RUN_SUPERSEDED',
  'BACKEND_UNAVAILABLE',
  'SHUTTING_DOWN',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'INTERNAL',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** The same request may succeed later, unchanged, after these. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SESSION_BUSY',
  'AWAIT_TIMEOUT',
  'RATE_LIMITED',
  'BACKEND_UNAVAILABLE',
  'SHUTTING_DOWN',
]);

export function isRetryable(code: ErrorCode): boolean {
  return RETRYABLE.has(code);
}

/** The store or the queue cannot be reached, and may be soon. */
export function isAway(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.code === 'BACKEND_UNAVAILABLE';
}

/** What was asked for may be had soon: the store is away, or the user has asked for too much. */
export function isTransient(error: unknown): error is GatewayError {
  return isAway(error) || (error instanceof GatewayError && error.code === 'RATE_LIMITED');
}

/**
 * An error that its reader can act on: a code, what was wrong and what to do. The message reaches the user, so it
 * holds no stack, SQL or secret; the `cause` is for the log.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; extensions?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.extensions = options.extensions ?? {};
  }
}

export function sessionNotFound(sessionId: string): GatewayError {
  return new GatewayError('SESSION_NOT_FOUND', `There is no session ${sessionId} that you own.`);
}

/** `checkpointId` null: the session has none yet. */
export function checkpointNotFound(sessionId: string, checkpointId: string | null): GatewayError {
  const which = checkpointId === null ? 'no checkpoint yet' : `no checkpoint ${checkpointId}`;
  return new GatewayError('CHECKPOINT_NOT_FOUND', `Session ${sessionId} has ${which}.`);
}

/** What a look-up of this run found. @throws GatewayError RUN_NOT_FOUND for null */
export function foundRun<Found>(run: Found | null, runId: string): Found {
  if (run !== null) return run;
  throw new GatewayError('RUN_NOT_FOUND', `There is no run ${runId} of a session that you own.`);
}

/** What a look-up of this session found. @throws GatewayError SESSION_NOT_FOUND for null */
export function found<T>(session: T | null, sessionId: string): T {
  if (session === null) throw sessionNotFound(sessionId);
  return session;
}

export function invalidInput(message: string, cause?: unknown): GatewayError {
  return new GatewayError('INVALID_INPUT', message, cause === undefined ? {} : { cause });
}

/** Says that a newer attempt, a cancel or a delete took the session away from the one that tried to write. */
export function superseded(sessionId: string, epoch: number): GatewayError {
  return new GatewayError(
    'RUN_SUPERSEDED',
    `Attempt ${epoch} no longer owns session ${sessionId}; its write was refused.`,
  );
}

/** `name: message` of anything thrown, without its stack. */
export function describeError(thrown: unknown): string {
  if (isErrorLike(thrown)) {
    const name = thrown.name === '' ? 'Error' : thrown.name;
    return thrown.message === '' ? name : `${name}: ${thrown.message}`;
  }
  try {
    return `Error: ${String(thrown)}`;
  } catch {
    return 'Error: something that has no words';
  }
}

/** What the reader of an error is told: words that were written for them, else its name and message. */
export function messageFor(thrown: unknown): string {
  return thrown instanceof GatewayError ? thrown.message : describeError(thrown);
}

/** A user's project has its own realm of classes, so errors are told by their shape. */
function isErrorLike(value: unknown): value is { name: string; message: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    'message' in value &&
    typeof value.name === 'string' &&
    typeof value.message === 'string'
  );
}
