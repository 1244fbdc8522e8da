// Tracks which run the executing code belongs to, across timers, sockets and event emitters.
import { AsyncLocalStorage } from 'node:async_hooks';

interface RunScope {
  /** Ends the run as failed; nothing once it has ended. */
  fail(error: unknown): void;
  /** Whether something was thrown in its name before. */
  hasThrown?: boolean;
}

const scopes = new AsyncLocalStorage<RunScope>();

/** Executes graph code in the name of a run. */
export function inRunScope<Result>(scope: RunScope, work: () => Result): Result {
  return scopes.run(scope, work);
}

/**
 * Fails the run whose code threw where nobody could catch it. Call it from a handler of `uncaughtException`, where Node
 * keeps the context of what threw.
 * @returns whether it was code of a run, and whether the first such error of it
 */
export function failRunOfUncaught(error: unknown): 'first' | 'again' | false {
  const scope = scopes.getStore();
  if (scope === undefined) return false;
  scope.fail(error);
  const again = scope.hasThrown === true;
  scope.hasThrown = true;
  return again ? 'again' : 'first';
}
