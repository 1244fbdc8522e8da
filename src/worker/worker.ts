// Takes runs and executes them, a bounded number at once (promises 2, 6). The stored runs are the truth: what the
// queue forgets, or a dead process leaves behind, the next look at the store finds.
import { changeSession } from '../session/change-session.ts';
import { claimRun, releaseRun } from '../session/lifecycle.ts';
import {
  LOOK,
  type QueuedRun,
  type RunConsumer,
  type SessionState,
  type WorkerRegistry,
} from '../session/ports.ts';
import type { Run } from '../session/run.ts';
import { asRequest } from '../telemetry/log.ts';
import { type ExecutionContext, executeRun } from './execute-run.ts';
import { StalledRuns } from './stalled-runs.ts';
import { UserShares } from './user-shares.ts';

export interface WorkerOptions extends Omit<
  ExecutionContext,
  'signal' | 'control' | 'registry' | 'ownedAt' | 'stalls'
> {
  readonly concurrency: number;
  /** How many runs of one user are executed at once. */
  readonly perUser: number;
  readonly maxAttempts: number;
  /** After how many ms without progress a run is reported; null: never. */
  readonly stalledAfterMs: number | null;
  /** Called when nothing of a session is queued or running any more. */
  readonly onSettled?: (sessionId: string) => void;
  /** Called when a step logged an event. */
  readonly onLogged?: (sessionId: string) => void;
}

/** How often the store is asked for runs that nobody executes. */
const RECONCILE_MS = 500;
const CLAIMABLE_BATCH = 500;
/**
 * A run that waits longer, while this worker has room, is taken without the queue: so a queue that is lost, or only seems
 * to work, costs a run about a second.
 */
const QUEUE_PATIENCE_MS = 400;

export class Worker implements AsyncDisposable {
  readonly #options: WorkerOptions;
  readonly #registry: WorkerRegistry;
  readonly #consumer: RunConsumer;
  /** What is claimed or executed here at this moment. */
  readonly #held = new Set<QueuedRun>();
  readonly #abort = new AbortController();
  readonly #control = { drainRequested: false, drainReason: 'shutdown' };
  readonly #timer: NodeJS.Timeout;
  readonly #shares: UserShares;
  readonly #stalls: StalledRuns;
  /** Since when runs are seen to wait, by run and attempt. */
  #waitingSince: ReadonlyMap<string, number> = new Map();
  /** What was taken without the queue. */
  readonly #taken = new Set<Promise<void>>();
  /** The look at the store that is under way. */
  #reconciling: Promise<void> | undefined;

  private constructor(options: WorkerOptions, registry: WorkerRegistry) {
    this.#options = options;
    this.#registry = registry;
    this.#shares = new UserShares(options.perUser);
    this.#stalls = new StalledRuns({ ...options, afterMs: options.stalledAfterMs });
    this.#consumer = options.backend.queue.consume(
      // The queue may call from within the request that added the run.
      (run) => asRequest(null, () => this.#execute(run)),
      options.concurrency,
    );
    this.#timer = setInterval(() => this.#scheduleReconcile(), RECONCILE_MS);
  }

  /** Starts, and takes up what an earlier process left unsettled. */
  static async open(options: WorkerOptions): Promise<Worker> {
    const registry = await options.backend.openWorkerRegistry();
    const { log, concurrency } = options;
    log.info({ workerId: registry.workerId, concurrency }, 'working');
    const worker = new Worker(options, registry);
    worker.#scheduleReconcile();
    return worker;
  }

  /** Lets running steps finish and hands their runs over; after `timeoutMs` it stops waiting for them. */
  async drain(timeoutMs: number): Promise<void> {
    this.#control.drainRequested = true;
    clearInterval(this.#timer);
    const timer = setTimeout(() => this.#abort.abort(new Error('shutdown')), timeoutMs);
    await this.#consumer.drain();
    await Promise.all(this.#taken);
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain(0);
    await this.#reconciling;
    this.#stalls[Symbol.dispose]();
    await this.#registry[Symbol.asyncDispose]();
  }

  /** Runs that were delivered here, and wait until their users have fewer at work. */
  get parked(): number {
    return this.#shares.parked;
  }

  async #execute(delivered: QueuedRun): Promise<void> {
    let next: QueuedRun | undefined = delivered;
    while (next !== undefined) {
      await this.#executeOne(next);
      next = this.#control.drainRequested ? undefined : this.#shares.end(next.id);
    }
  }

  async #executeOne(queued: QueuedRun): Promise<void> {
    this.#held.add(queued);
    try {
      await this.#claimAndExecute(queued);
    } catch (error) {
      this.#options.log.error(
        { err: error, runId: queued.id },
        'run not executed to its end; it is tried again',
      );
      this.#options.backend.bus.publish(queued.sessionId, LOOK);
    } finally {
      this.#held.delete(queued);
    }
  }

  async #claimAndExecute(queued: QueuedRun): Promise<void> {
    if (this.#control.drainRequested) return;
    const { backend, maxAttempts } = this.#options;
    let claimed = false;
    const ownedAt = performance.now();
    const state = await changeSession(backend, queued.sessionId, 'system', (seen) => {
      if (!this.#shares.begin(queued, seen.session.ownerId)) return undefined;
      const commit = claimRun(seen, queued.id, {
        workerId: this.#registry.workerId,
        isDead: (workerId) => this.#registry.isDead(workerId),
        maxAttempts,
        now: Date.now(),
      });
      claimed = commit !== undefined;
      return commit;
    });
    if (state === null || !claimed) return;
    const run = state.active.find(({ id }) => id === queued.id);
    if (run?.status === 'RUNNING') {
      const context = {
        ...this.#options,
        signal: this.#abort.signal,
        control: this.#control,
        registry: this.#registry,
        stalls: this.#stalls,
        ownedAt,
      };
      const requestId = run.origin?.requestId ?? null;
      const after = await asRequest(requestId, () => executeRun(state.session, run, context));
      this.#addNext(after);
    } else this.#addNext(state);
  }

  /** The session's next run, which waited for one that is settled now. */
  #addNext(state: SessionState | undefined): void {
    if (state === undefined) return;
    const [next] = state.active;
    if (next === undefined) this.#options.onSettled?.(state.session.id);
    else if (next.status === 'QUEUED') this.#options.backend.queue.add(next);
  }

  #scheduleReconcile(): void {
    this.#reconciling ??= this.#reconcile()
      .catch((error: unknown) =>
        this.#options.log.warn({ err: error }, 'the store could not be asked for runs'),
      )
      .finally(() => {
        this.#reconciling = undefined;
      });
  }

  async #reconcile(): Promise<void> {
    if (this.#control.drainRequested) return;
    const { sessions, queue } = this.#options.backend;
    const { workerId } = this.#registry;
    const dead = (await sessions.busyWorkers()).filter((id) => this.#registry.isDead(id));
    const found = await sessions.claimable([...dead, workerId], CLAIMABLE_BATCH);
    for (const run of found.filter((each) => each.workerId === workerId)) await this.#letGo(run);
    const waiting = found.filter(
      (run) => run.workerId !== workerId && !this.#shares.isParked(run.id),
    );
    this.#takeForgotten(waiting);
    await queue.ensure(waiting);
  }

  /** Takes runs that the queue does not deliver, though it holds them: promise 2 does not hang on it. */
  #takeForgotten(waiting: readonly Run[]): void {
    const now = performance.now();
    const seen = new Map<string, number>();
    for (const run of waiting) {
      const key = `${run.id}.${run.attempt}`;
      const since = this.#waitingSince.get(key) ?? now;
      seen.set(key, since);
      if (now - since < QUEUE_PATIENCE_MS || this.#held.size >= this.#options.concurrency) continue;
      if ([...this.#held].some(({ id }) => id === run.id)) continue;
      const work = asRequest(null, () => this.#execute(run));
      this.#taken.add(work);
      void work.finally(() => this.#taken.delete(work));
    }
    this.#waitingSince = seen;
  }

  /**
   * Hands a run over that the store has as this worker's and that nobody executes here: the answer to its claim was
   * lost, or it ended while the store could not be written.
   */
  async #letGo(run: Run): Promise<void> {
    const isHeld = () => [...this.#held].some(({ id }) => id === run.id);
    if (isHeld()) return;
    await this.#options.backend.sessions.change(run.sessionId, 'system', (state) =>
      isHeld() || state.active[0]?.workerId !== this.#registry.workerId
        ? undefined
        : releaseRun(state, run.id, state.session.epoch, Date.now()),
    );
  }
}
