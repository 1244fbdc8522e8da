// Health checks of the store and the queue, including a write. Each loss and each return is logged once and counted.
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Backend } from '../session/ports.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface HealthOptions {
  readonly checks: Backend['checks'];
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'dependencyUp' | 'dependencyLosses'>;
}

/** The pause between two checks. */
const EVERY_MS = 1000;
/** A check that takes longer has failed. */
const PATIENCE_MS = 3000;

export class Health implements AsyncDisposable {
  readonly #options: HealthOptions;
  readonly #passed = new Map<string, boolean>();
  readonly #stop = new AbortController();
  #done: Promise<unknown> = Promise.resolve();

  private constructor(options: HealthOptions) {
    this.#options = options;
  }

  /** Checks everything once, and goes on with it. */
  static async open(options: HealthOptions): Promise<Health> {
    const health = new Health(options);
    const names = Object.keys(options.checks);
    await Promise.all(names.map((name) => health.#check(name)));
    health.#done = Promise.all(names.map((name) => health.#watch(name)));
    return health;
  }

  /** Checks now, within 3 s. What is excluded is not looked at. @returns which checks passed, by name */
  async check(excluded: ReadonlySet<string>): Promise<Readonly<Record<string, boolean>>> {
    const names = Object.keys(this.#options.checks).filter((name) => !excluded.has(name));
    return Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await this.#check(name)] as const)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #watch(name: string): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await sleep(EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted) await this.#check(name);
    }
  }

  async #check(name: string): Promise<boolean> {
    const { checks, log, metrics } = this.#options;
    const failure = await failureOf(checks[name], this.#stop.signal);
    const passed = failure === undefined;
    // Shutdown closes the dependencies: failures mean nothing then.
    if (this.#stop.signal.aborted) return passed;
    const wasUp = this.#passed.get(name) ?? true;
    this.#passed.set(name, passed);
    const labels = { dependency: name };
    metrics.dependencyUp.set(labels, passed ? 1 : 0);
    // Adding 0 makes the series exist before the first loss.
    metrics.dependencyLosses.inc(labels, wasUp && !passed ? 1 : 0);
    if (wasUp && !passed)
      log.warn({ ...labels, err: failure?.error }, `${name} lost: a check fails`);
    if (!wasUp && passed) log.warn(labels, `${name} is back`);
    return passed;
  }
}

/** Why the check failed; undefined where it passed. */
async function failureOf(
  check: (() => Promise<void>) | undefined,
  stop: AbortSignal,
): Promise<{ readonly error: unknown } | undefined> {
  const passed = check?.().then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  const patience = new AbortController();
  const signal = AbortSignal.any([stop, patience.signal]);
  const late = async () => {
    await sleep(PATIENCE_MS, undefined, { signal, ref: false }).catch(() => undefined);
    // If the event loop was blocked, the answer may be waiting to be read.
    await setImmediate();
    await setImmediate();
    return { error: new Error(`no answer within ${PATIENCE_MS / 1000} s`) };
  };
  return Promise.race([passed, late()]).finally(() => patience.abort());
}
