// Takes runs and executes a bounded number of them at once. The stored runs are the truth (durable acceptance): what the queue
// forgets, or a dead process leaves behind, is found by the next poll of the store.
import PQueue from 'p-queue';
import { changeSession } from '../session/change-session.ts';
import { claimRun, isPostponed, releaseRun } from '../session/lifecycle.ts';
import {
  type ClaimableRun,
  LOOK,
  type QueuedRun,
  type RunConsumer,
  type SessionState,
  type WorkerRegistry,
  toQueued,
} from '../session/ports.ts';
import { asRequest } from '../telemetry/log.ts';
import { type Entry, ExclusiveGate } from './exclusive-gate.ts';
import { type ExecutionContext, executeRun } from './execute-run.ts';
import { FairBacklog } from './fair-backlog.ts';
import { LoopTurns } from './loop-turns.ts';
import { StalledRuns } from './stalled-runs.ts';

export interface WorkerOptions extends Omit<
  ExecutionContext,
  'signal' | 'control' | 'registry' | 'ownedAt' | 'stalls' | 'onProgress'
> {
  readonly concurrency: number;
  /** How many runs of one user are executed at once. */
  readonly perUser: number;
  readonly maxAttempts: number;
  /** After how many ms without progress a run is reported; null: never. */
  readonly stalledAfterMs: number | null;
  /** Called when nothing of a session is queued or running any more. */
  readonly onSettled?: (sessionId: string) => void;
}

/** How often the store is asked for runs that nobody executes, and how often while the queue is lost. */
const RECONCILE_MS = 500;
const RECONCILE_WHILE_LOST_MS = 250;
const TIMER_SLACK_MS = 20;
const CLAIMABLE_BATCH = 500;
/** A statement takes only so many parameters. */
const MOST_EXCEPTED = 10_000;
/**
 * A run that waits longer, while this worker has room, is taken without the queue: so a queue that is lost, or only seems
 * to work, costs a run about a second.
 */
const QUEUE_PATIENCE_MS = 400;
/** After this many deaths in a row without a new checkpoint, a run executes exclusively. */
const SUSPECT_DEATHS = 2;

export class Worker implements AsyncDisposable {
  readonly #options: WorkerOptions;
  readonly #registry: WorkerRegistry;
  readonly #consumer: RunConsumer;
  readonly #abort = new AbortController();
  readonly #gate = new ExclusiveGate();
  #draining = false;
  readonly #timer: NodeJS.Timeout;
  #reconciledAt = -Infinity;
  /** Limits the runs that execute at once, whether the queue or the reconciler delivers them. */
  readonly #slots: PQueue;
  readonly #backlog: FairBacklog;
  readonly #stalls: StalledRuns;
  readonly #turns = new LoopTurns();
  /** Runs that are not begun before a time, by their ids. */
  readonly #postponed = new Map<string, number>();
  /** Since when runs are seen to wait, by run and attempt. */
  #waitingSince: ReadonlyMap<string, number> = new Map();
  /** The look at the store that is under way. */
  #reconciling: Promise<void> | undefined;

  private constructor(options: WorkerOptions, registry: WorkerRegistry) {
    this.#options = options;
    this.#registry = registry;
    this.#backlog = new FairBacklog(options.perUser);
    this.#stalls = new StalledRuns({ ...options, afterMs: options.stalledAfterMs });
    this.#slots = new PQueue({ concurrency: options.concurrency });
    this.#consumer = options.backend.queue.consume((run) => this.#take(run), options.concurrency);
    this.#timer = setInterval(() => {
      const everyMs = options.backend.queue.isLost ? RECONCILE_WHILE_LOST_MS : RECONCILE_MS;
      // A timer may be early by a little.
      if (performance.now() - this.#reconciledAt > everyMs - TIMER_SLACK_MS)
        this.#scheduleReconcile();
    }, RECONCILE_WHILE_LOST_MS);
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
    this.#draining = true;
    clearInterval(this.#timer);
    const timer = setTimeout(() => this.#abort.abort(new Error('shutdown')), timeoutMs);
    await this.#consumer.drain();
    await this.#slots.onIdle();
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain(0);
    await this.#reconciling;
    this.#stalls[Symbol.dispose]();
    await this.#registry[Symbol.asyncDispose]();
  }

  /** Runs that were delivered here and are not begun yet. */
  get waiting(): number {
    return this.#backlog.size;
  }

  /** Adds the run to what waits here, and executes one of these: not always this one. */
  #take(run: QueuedRun): Promise<void> {
    return this.#backlog.add(run) ? this.#workOff() : Promise.resolve();
  }

  #workOff(): Promise<void> {
    // The queue may call from within the request that added the run.
    return this.#slots.add(() => asRequest(null, () => this.#executeNext()));
  }

  async #executeNext(): Promise<void> {
    await this.#turns.next();
    const run = this.#draining ? undefined : this.#backlog.next();
    if (run === undefined) return;
    await this.#executeOne(run);
    // One that was beyond its user's share before may be begun now.
    if (this.#backlog.size > this.#slots.size) void this.#workOff();
  }

  async #executeOne(queued: QueuedRun): Promise<void> {
    try {
      await this.#claimAndExecute(queued);
    } catch (error) {
      this.#options.log.error(
        { err: error, runId: queued.id },
        'run aborted before it settled; will retry',
      );
      this.#options.backend.bus.publish(queued.sessionId, LOOK);
    } finally {
      this.#backlog.end(queued.id);
    }
  }

  async #claimAndExecute(queued: QueuedRun): Promise<void> {
    const shared = await this.#gate.enterShared();
    let claimed: 'suspect' | 'done';
    try {
      claimed = await this.#claim(queued, shared, 'shared');
    } finally {
      shared.leave();
    }
    if (claimed === 'done') return;
    // Undefined while another suspect executes: the next look at the store finds this one again.
    const exclusive = await this.#gate.tryEnterExclusive();
    if (exclusive === undefined) return;
    try {
      await this.#claim(queued, exclusive, 'exclusive');
    } finally {
      exclusive.leave();
    }
  }

  /**
   * Claims the run and executes it.
   * @returns 'suspect', without a claim, if the run must execute exclusively
   */
  async #claim(
    queued: QueuedRun,
    entry: Entry,
    mode: 'shared' | 'exclusive',
  ): Promise<'suspect' | 'done'> {
    if (this.#draining) return 'done';
    const { backend, maxAttempts } = this.#options;
    const suspectDeaths = Math.max(1, Math.min(SUSPECT_DEATHS, maxAttempts - 1));
    let claimed = false;
    let suspect = false;
    const ownedAt = performance.now();
    const state = await changeSession(backend, queued.sessionId, 'system', (seen) => {
      const commit = claimRun(seen, queued.id, {
        workerId: this.#registry.workerId,
        isDead: (workerId) => this.#registry.isDead(workerId),
        maxAttempts,
        now: backend.clock.now(),
      });
      const run = commit?.runs?.find(({ id }) => id === queued.id);
      suspect = mode === 'shared' && run?.status === 'RUNNING' && run.deaths >= suspectDeaths;
      claimed = commit !== undefined && !suspect;
      return suspect ? undefined : commit;
    });
    if (suspect) return 'suspect';
    if (state === null || !claimed) return 'done';
    const run = state.active.find(({ id }) => id === queued.id);
    if (run?.status === 'RUNNING') {
      const context = {
        ...this.#options,
        signal: this.#abort.signal,
        control: this.#controlOf(entry),
        registry: this.#registry,
        stalls: this.#stalls,
        ownedAt,
        onProgress: () => entry.share(),
      };
      const requestId = run.origin?.requestId ?? null;
      const after = await asRequest(requestId, () => executeRun(state.session, run, context));
      this.#addNext(after);
    } else this.#addNext(state);
    return 'done';
  }

  /** LangGraph's run control. Once it has asked an attempt to hand over, it keeps asking. */
  #controlOf(entry: Entry): ExecutionContext['control'] {
    const isAsked = () => this.#draining || entry.isAskedToLeave;
    let asked = false;
    return {
      get drainRequested() {
        asked ||= isAsked();
        return asked;
      },
      drainReason: 'handed over',
    };
  }

  /** The session's next run, which waited for one that is settled now. */
  #addNext(state: SessionState | undefined): void {
    if (state === undefined) return;
    const [next] = state.active;
    if (next === undefined) this.#options.onSettled?.(state.session.id);
    else if (next.status === 'QUEUED')
      this.#options.backend.queue.add(toQueued(next, state.session.ownerId));
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
    if (this.#draining) return;
    this.#reconciledAt = performance.now();
    const { sessions, queue, clock } = this.#options.backend;
    const { workerId } = this.#registry;
    const dead = (await sessions.busyWorkers()).filter((id) => this.#registry.isDead(id));
    // What cannot be begun now must not hide what can.
    for (const [id, notBefore] of this.#postponed)
      if (!isPostponed(notBefore, clock.now())) this.#postponed.delete(id);
    const except = [...this.#backlog.waitingIds, ...this.#postponed.keys()].slice(0, MOST_EXCEPTED);
    const found = await sessions.claimable([...dead, workerId], CLAIMABLE_BATCH, except);
    for (const run of found.filter((each) => each.workerId === workerId)) await this.#letGo(run);
    const now = clock.now();
    for (const { id, notBefore } of found)
      if (notBefore !== null && isPostponed(notBefore, now)) this.#postponed.set(id, notBefore);
    const waiting = found.filter(
      ({ id, workerId: holder }) =>
        holder !== workerId && !this.#postponed.has(id) && !this.#backlog.isWaiting(id),
    );
    this.#takeOfEach(waiting);
    this.#takeForgotten(waiting, queue.isLost ? 0 : QUEUE_PATIENCE_MS);
    await queue.ensure(waiting);
  }

  /**
   * While all slots are taken, has some runs of each user here, to be dealt to them in turn: in the queue they may stand
   * behind a long backlog of others.
   */
  #takeOfEach(waiting: readonly ClaimableRun[]): void {
    if (!this.#isFull) return;
    const users = new Set(waiting.map(({ ownerId }) => ownerId)).size;
    const share = Math.ceil(this.#options.concurrency / users);
    for (const run of waiting)
      if (this.#backlog.waitingOf(run.ownerId) < share) void this.#take(run);
  }

  get #isFull(): boolean {
    return this.#slots.pending + this.#slots.size >= this.#options.concurrency;
  }

  /** Takes runs that the queue holds and does not deliver: durable acceptance does not depend on the queue. */
  #takeForgotten(waiting: readonly ClaimableRun[], patienceMs: number): void {
    const now = performance.now();
    const seen = new Map<string, number>();
    for (const run of waiting) {
      const key = `${run.id}.${run.attempt}`;
      const since = this.#waitingSince.get(key) ?? now;
      seen.set(key, since);
      if (now - since < patienceMs || this.#isFull || this.#backlog.isAtWork(run.id)) continue;
      void this.#take(run);
    }
    this.#waitingSince = seen;
  }

  /**
   * Hands a run over that the store has as this worker's and that nobody executes here: the answer to its claim was
   * lost, or it ended while the store could not be written.
   */
  async #letGo(run: ClaimableRun): Promise<void> {
    const isHeld = () => this.#backlog.isAtWork(run.id);
    if (isHeld()) return;
    await this.#options.backend.sessions.change(run.sessionId, 'system', (state) =>
      isHeld() || state.active[0]?.workerId !== this.#registry.workerId
        ? undefined
        : releaseRun(state, run.id, state.session.epoch, this.#options.backend.clock.now()),
    );
  }
}
