// Reports runs that hold a worker's slot without progress, by log and metric. It never ends one: a long pause may be
// normal, and the operator decides.
import type { Logger } from 'pino';
import type { Metrics } from '../telemetry/metrics.ts';

export interface StalledRunsOptions {
  /** After how many ms without progress a run is reported; null: never. */
  readonly afterMs: number | null;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'stalled'>;
}

interface Watched {
  readonly log: Logger;
  progressAt: number;
  stalled: boolean;
}

/** The shortest and the longest time between two checks. */
const CHECK_MS = { least: 100, most: 15_000 };
const CHECKS_PER_WAIT = 4;

export class StalledRuns implements Disposable {
  readonly #options: StalledRunsOptions;
  readonly #watched = new Set<Watched>();
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(options: StalledRunsOptions) {
    this.#options = options;
    const { afterMs } = options;
    if (afterMs === null) return;
    const everyMs = Math.min(Math.max(afterMs / CHECKS_PER_WAIT, CHECK_MS.least), CHECK_MS.most);
    this.#timer = setInterval(() => this.#check(afterMs), everyMs).unref();
  }

  /**
   * Watches one attempt.
   * @param log names the run
   * @returns what to call on each sign of progress, and when the attempt ends
   */
  watch(log: Logger): { progressed(): void } & Disposable {
    const watched: Watched = { log, progressAt: performance.now(), stalled: false };
    this.#watched.add(watched);
    const goesOn = () => {
      if (!watched.stalled) return;
      watched.stalled = false;
      this.#options.metrics.stalled.dec();
    };
    return {
      progressed: () => {
        watched.progressAt = performance.now();
        goesOn();
      },
      [Symbol.dispose]: () => {
        this.#watched.delete(watched);
        goesOn();
      },
    };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #check(afterMs: number): void {
    const now = performance.now();
    for (const watched of this.#watched) {
      if (watched.stalled || now - watched.progressAt < afterMs) continue;
      watched.stalled = true;
      this.#options.metrics.stalled.inc();
      watched.log.warn(
        { seconds: Math.round((now - watched.progressAt) / 1000) },
        'a running run makes no progress (RUN_STALLED_AFTER)',
      );
    }
  }
}
