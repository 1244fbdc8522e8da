// The log: lines on standard error, of JSON or for people. Each line within a request carries its id, each of a run the run's. What
// users keep in their sessions is never logged.
import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { type Logger, pino } from 'pino';
import type * as PinoPretty from 'pino-pretty';
import { describeError } from '../errors.ts';
import { readableWords, withoutSecrets } from '../secrets.ts';

/** The request that is being served, or that a run came with. */
const requests = new AsyncLocalStorage<{ readonly requestId?: string }>();

/** Does `work` in the name of a request; null: of none. */
export function asRequest<Result>(requestId: string | null, work: () => Result): Result {
  return requests.run(requestId === null ? {} : { requestId }, work);
}

export function currentRequestId(): string | null {
  return requests.getStore()?.requestId ?? null;
}

/** Synchronous, so that the last lines of a dying process are written. */
const standardError = pino.destination({ dest: 2, sync: true });

export interface LogSettings {
  readonly LOG_LEVEL: string;
  readonly LOG_FORMAT: 'auto' | 'json' | 'pretty';
}

export function createLog({ LOG_LEVEL: level, LOG_FORMAT: format }: LogSettings): Logger {
  const isForPeople = format === 'pretty' || (format === 'auto' && process.stderr.isTTY);
  const shape = isForPeople ? prettily() : (line: string) => line;
  return pino(
    { level, mixin: () => ({ ...requests.getStore() }), serializers: { err: describeForLog } },
    { write: (line) => void standardError.write(shape(withoutSecrets(line))) },
  );
}

/** Loaded only where it is wanted; synchronous, as the log is. */
function prettily(): (line: string) => string {
  const { prettyFactory } = createRequire(import.meta.url)('pino-pretty') as typeof PinoPretty;
  return prettyFactory({
    colorize: process.stderr.isTTY && process.stderr.hasColors(),
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
  });
}

/** What the log tells of what a graph threw: its words and where, or where alone (LOG_ERROR_MESSAGES=false). */
export function describeThrown(thrown: unknown, withMessages: boolean): object {
  return withMessages ? describeForLog(thrown) : withoutWords(thrown);
}

/** Where something was thrown, but not its words, which may be of a session's state. */
function withoutWords(thrown: unknown, depth = 0): object {
  if (!(thrown instanceof Error)) return { type: typeof thrown };
  const cause = partOf(thrown, 'cause');
  const stack = partOf(thrown, 'stack');
  const lines = typeof stack === 'string' ? stack.split('\n') : [];
  return {
    type: nameOf(thrown),
    stack: lines.filter((line) => /^\s+at /.test(line)).join('\n'),
    ...(cause !== undefined && depth < MOST_CAUSES && { cause: withoutWords(cause, depth + 1) }),
  };
}

interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly errors?: readonly string[];
  readonly cause?: LoggedError;
}

const MOST_CAUSES = 5;

/** Leaves out all else that errors carry: those of databases and validators hold the values they refuse. */
function describeForLog(error: unknown, depth = 0): LoggedError {
  const wordsOf = (each: unknown) => readableWords(describeError(each));
  if (!(error instanceof Error)) return { type: typeof error, message: wordsOf(error) };
  const cause = partOf(error, 'cause');
  const stack = partOf(error, 'stack');
  const message = partOf(error, 'message');
  return {
    type: nameOf(error),
    message: typeof message === 'string' ? readableWords(message) : wordsOf(error),
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    ...(typeof stack === 'string' && { stack: readableWords(stack) }),
    ...(isAggregate(error) && { errors: error.errors.slice(0, MOST_CAUSES).map(wordsOf) }),
    ...(cause !== undefined && depth < MOST_CAUSES && { cause: describeForLog(cause, depth + 1) }),
  };
}

/** What stands there: a graph may have put anything in its place, and a stack is made when it is first read. */
function partOf(error: Error, name: keyof Error): unknown {
  try {
    return error[name];
  } catch {
    return undefined;
  }
}

function nameOf(error: Error): string {
  const name = partOf(error, 'name');
  return typeof name === 'string' ? name : 'Error';
}

function isAggregate(error: Error): error is AggregateError {
  return 'errors' in error && Array.isArray(error.errors);
}
