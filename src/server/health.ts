// What the process stands on: the store and the queue are checked again and again, by writing. Each loss and each return
// is one line in the log and a metric.
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Backend } from '../session/ports.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface HealthOptions {
  readonly checks: Backend['checks'];
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'dependencyUp' | 'dependencyLosses'>;
  /** How long after a check the next begins, in ms. */
  readonly everyMs?: number;
}

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
    const { everyMs = EVERY_MS } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted) await this.#check(name);
    }
  }

  async #check(name: string): Promise<boolean> {
    const { checks, log, metrics } = this.#options;
    const failure = await failureOf(checks[name], this.#stop.signal);
    const passed = failure === undefined;
    // A process that stops closes what it stands on.
    if (this.#stop.signal.aborted) return passed;
    const before = this.#passed.get(name);
    this.#passed.set(name, passed);
    metrics.dependencyUp.set({ dependency: name }, passed ? 1 : 0);
    metrics.dependencyLosses.inc({ dependency: name }, passed || before === false ? 0 : 1);
    if (!passed && before !== false)
      log.warn({ dependency: name, err: failure.error }, `${name} lost: a check fails`);
    if (passed && before === false) log.warn({ dependency: name }, `${name} is back`);
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
    // What blocked the event loop for as long has kept the answer from being read, too.
    await setImmediate();
    await setImmediate();
    return { error: new Error(`no answer within ${PATIENCE_MS / 1000} s`) };
  };
  return Promise.race([passed, late()]).finally(() => patience.abort());
}
