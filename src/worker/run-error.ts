// What a run's owner is told of an error: a code, words without secrets, and what caused it.
import { GatewayError, messageFor } from '../errors.ts';
import { readableWords } from '../secrets.ts';
import type { RunError, RunErrorCause } from '../session/run.ts';

/** How many causes are told, and how deep they are looked for. */
const MOST_CAUSES = 10;
const DEEPEST = 5;

/** @param nodeOf the node that threw an error, as far as it is known */
export function toRunError(error: unknown, nodeOf: (error: unknown) => string | null): RunError {
  const causes: RunErrorCause[] = [];
  const seen = new Set<unknown>([error]);
  let level: readonly unknown[] = causesOf(error);
  for (let depth = 0; depth < DEEPEST && level.length > 0; depth += 1) {
    const fresh = level.filter((cause) => !seen.has(cause));
    for (const cause of fresh) {
      seen.add(cause);
      if (causes.length < MOST_CAUSES) causes.push(described(cause, nodeOf(cause)));
    }
    level = fresh.flatMap(causesOf);
  }
  return { ...described(error, nodeOf(error)), causes };
}

function described(error: unknown, node: string | null): RunErrorCause {
  return { code: codeOf(error), message: readableWords(messageFor(error)), node };
}

function codeOf(error: unknown): RunError['code'] {
  if (error instanceof GatewayError) return error.code;
  const name = typeof error === 'object' && error !== null && 'name' in error ? error.name : '';
  return name === 'GraphRecursionError' ? 'RECURSION_LIMIT' : 'GRAPH_ERROR';
}

/** Errors of a user's project are told by their shape: it has classes of its own. */
function causesOf(error: unknown): readonly unknown[] {
  if (typeof error !== 'object' || error === null) return [];
  const errors =
    'errors' in error && Array.isArray(error.errors) ? (error.errors as unknown[]) : [];
  const isTold = (cause: unknown) => typeof cause === 'string' || isErrorLike(cause);
  return [...errors, ...('cause' in error ? [error.cause] : [])].filter(isTold);
}

function isErrorLike(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'message' in value && 'name' in value;
}

/** The task that threw an error, as LangGraph marks it; null where it does not. */
export function taskOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('pregelTaskId' in error)) return null;
  return typeof error.pregelTaskId === 'string' ? error.pregelTaskId : null;
}
