// Tracks which run the executing code belongs to, across timers, sockets and event emitters.
import { AsyncLocalStorage } from 'node:async_hooks';

interface RunScope {
  /** Ends the run as failed; nothing once it has ended. */
  fail(error: unknown): void;
}

const scopes = new AsyncLocalStorage<RunScope>();

/** Executes graph code in the name of a run. */
export function inRunScope<Result>(scope: RunScope, work: () => Result): Result {
  return scopes.run(scope, work);
}

/**
 * Fails the run whose code threw where nobody could catch it. Call it from a handler of `uncaughtException`, where Node
 * keeps the context of what threw.
 * @returns false where it was not code of a run
 */
export function failRunOfUncaught(error: unknown): boolean {
  const scope = scopes.getStore();
  scope?.fail(error);
  return scope !== undefined;
}
