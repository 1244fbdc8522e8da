// Takes runs and executes them, a bounded number at once (promises 2, 6). The stored runs are the truth: what the
// queue forgets, or a dead process leaves behind, the next look at the store finds.
import { claimRun } from '../session/lifecycle.ts';
import type { QueuedRun, RunConsumer, WorkerRegistry } from '../session/ports.ts';
import type { Run } from '../session/run.ts';
import type { Session } from '../session/session.ts';
import { asRequest } from '../telemetry/log.ts';
import { type ExecutionContext, executeRun, handOver } from './execute-run.ts';

export interface WorkerOptions extends Omit<
  ExecutionContext,
  'signal' | 'control' | 'onAbandoned'
> {
  readonly concurrency: number;
  readonly maxAttempts: number;
}

/** How often the store is asked for runs that nobody executes. */
const RECONCILE_MS = 1000;
const CLAIMABLE_BATCH = 500;

export class Worker implements AsyncDisposable {
  readonly #options: WorkerOptions;
  readonly #registry: WorkerRegistry;
  readonly #consumer: RunConsumer;
  /** Attempts of ours that ended while the store could not be written. */
  readonly #abandoned = new Map<Run, Session>();
  readonly #abort = new AbortController();
  readonly #control = { drainRequested: false, drainReason: 'shutdown' };
  readonly #timer: NodeJS.Timeout;
  #reconciling: Promise<void> = Promise.resolve();

  private constructor(options: WorkerOptions, registry: WorkerRegistry) {
    this.#options = options;
    this.#registry = registry;
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
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain(0);
    await this.#reconciling;
    await this.#registry[Symbol.asyncDispose]();
  }

  async #execute(queued: QueuedRun): Promise<void> {
    try {
      await this.#claimAndExecute(queued);
    } catch (error) {
      this.#options.log.error(
        { err: error, runId: queued.id },
        'run not executed; it is tried again',
      );
    }
  }

  async #claimAndExecute(queued: QueuedRun): Promise<void> {
    if (this.#control.drainRequested) return;
    const { backend, maxAttempts } = this.#options;
    let claimed = false;
    const state = await backend.sessions.change(queued.sessionId, 'system', (seen) => {
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
    const { lastEvent, epoch } = state.session;
    backend.bus.publish(queued.sessionId, { type: 'changed', lastEvent, epoch });
    const run = state.active.find(({ id }) => id === queued.id);
    if (run?.status === 'RUNNING') {
      const context = {
        ...this.#options,
        signal: this.#abort.signal,
        control: this.#control,
        onAbandoned: (session: Session, abandoned: Run) =>
          void this.#abandoned.set(abandoned, session),
      };
      await asRequest(run.origin?.requestId ?? null, () => executeRun(state.session, run, context));
    }
    await this.#addNext(queued.sessionId);
  }

  /** The session's next run, which waited for this one. */
  async #addNext(sessionId: string): Promise<void> {
    const { sessions, queue } = this.#options.backend;
    const session = await sessions.find(sessionId, 'system');
    if (session?.status !== 'QUEUED') return;
    const state = await sessions.change(sessionId, 'system', () => undefined);
    const next = state?.active[0];
    if (next?.status === 'QUEUED') queue.add(next);
  }

  #scheduleReconcile(): void {
    this.#reconciling = this.#reconciling
      .then(() => this.#reconcile())
      .catch((error: unknown) =>
        this.#options.log.warn({ err: error }, 'the store could not be asked for runs'),
      );
  }

  async #reconcile(): Promise<void> {
    if (this.#control.drainRequested) return;
    const { sessions, queue } = this.#options.backend;
    for (const [run, session] of this.#abandoned) {
      await handOver(this.#options.backend, session, run);
      this.#abandoned.delete(run);
    }
    const dead = (await sessions.busyWorkers()).filter((id) => this.#registry.isDead(id));
    await queue.ensure(await sessions.claimable(dead, CLAIMABLE_BATCH));
  }
}
