// Executes one attempt of a run, from its claim to its settlement (single-writer fencing, no finished task runs again).
import { Command } from '@langchain/langgraph';
import type { Logger } from 'pino';
import { GatewayError, checkpointNotFound } from '../errors.ts';
import { TaskNames, learnFinishedTasks, describeCheckpointOf } from '../graph/attempt-context.ts';
import { breakpointsOf, isAtBreakpoint } from '../graph/breakpoints.ts';
import { refuseChangedGraph } from '../graph/changed-graph.ts';
import { type CompiledGraph, onlyGraphOfNamespace } from '../graph/compiled-graph.ts';
import { knownToBeEmpty } from '../graph/empty-thread.ts';
import type { GraphCatalog } from '../graph/graph-catalog.ts';
import type { LoadedGraph } from '../graph/loaded-graph.ts';
import { MessageDeltas } from '../graph/message-deltas.ts';
import { type GraphListener, runGraph } from '../graph/run-graph.ts';
import { readSnapshot } from '../graph/snapshot.ts';
import { changeSession } from '../session/change-session.ts';
import { type Outcome, postponeRun, releaseRun, settleRun } from '../session/lifecycle.ts';
import {
  type Attempt,
  type Backend,
  LOOK,
  type SessionState,
  type WorkerRegistry,
} from '../session/ports.ts';
import { RESUME } from '../session/langgraph-names.ts';
import type { Interrupt } from '../session/progress.ts';
import type { LiveDetail } from '../session/progress.ts';
import { RunningNodes, isNodeEvent } from '../session/running-nodes.ts';
import type { Run } from '../session/run.ts';
import { type Session, configurableOf, contextOf } from '../session/session.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { observeSaver } from '../telemetry/observed-saver.ts';
import { AttemptTrace } from '../telemetry/tracing.ts';
import { taskOf, toRunError } from './run-error.ts';
import { inRunScope } from './run-scope.ts';
import { pauseAfterLargeSteps } from './pauses.ts';
import { LimitedAttempt, type RunLimits, isLimit } from './run-limits.ts';
import type { StalledRuns } from './stalled-runs.ts';

export interface ExecutionContext {
  readonly backend: Backend;
  readonly graphs: GraphCatalog;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Aborted when the process must stop now. */
  readonly signal: AbortSignal;
  readonly control: { readonly drainRequested: boolean; readonly drainReason: string | undefined };
  readonly registry: WorkerRegistry;
  readonly limits: RunLimits;
  readonly stalls: StalledRuns;
  /** Called when a step logged an event. */
  readonly onLogged?: (session: Session) => void;
  /** What the log tells of what a graph threw. */
  readonly describeThrown: (thrown: unknown) => object;
  /** Called once the attempt has stored a checkpoint of its own. */
  readonly onProgress: () => void;
  /** `performance.now()` when the claim was sent. */
  readonly ownedAt: number;
}

/** How an attempt ended, and what ended it. */
type Ended = Exclude<Outcome, { status: 'FAILED' }> | FailedOutcome;
type FailedOutcome = Extract<Outcome, { status: 'FAILED' }> & { readonly cause: unknown };

const UNSTORABLE: Outcome = {
  status: 'FAILED',
  error: {
    code: 'INTERNAL',
    message: 'What a step wrote could not be stored; the log of the gateway says why.',
    node: null,
  },
};

/**
 * Executes the attempt that `session.epoch` names, and stores how it ended.
 * @returns the session's state once its run is settled; undefined where another owns it by then
 */
export async function executeRun(
  session: Session,
  run: Run,
  context: ExecutionContext,
): Promise<SessionState | undefined> {
  const { backend, metrics, registry } = context;
  let { ownedAt } = context;
  const log = context.log.child({
    sessionId: session.id,
    runId: run.id,
    attempt: run.attempt,
  });
  const trace = new AttemptTrace(session, run);
  metrics.running.inc();
  const refused = new AbortController();
  const signal = AbortSignal.any([context.signal, refused.signal]);
  using limited = new LimitedAttempt(context.limits, session.ownerId, (error) =>
    refused.abort(error),
  );
  using progress = context.stalls.watch(log);
  const messages = new MessageDeltas(tell);
  const nodes = new RunningNodes();
  const unsubscribe = backend.bus.subscribe(session.id, (heard) => {
    if (heard.type === 'changed' && heard.epoch !== session.epoch) void stopIfSuperseded();
    if (heard.type !== 'recall') return;
    for (const event of nodes.events())
      backend.bus.publish(session.id, { type: 'recalled', event });
    for (const delta of messages.soFar()) tell(delta, 'recalled');
  });

  function tell(detail: LiveDetail, type: 'live' | 'recalled' = 'live'): void {
    if (signal.aborted) return;
    if (type === 'live') {
      metrics.events.inc({ type: detail.type });
      progress.progressed();
    }
    const event = { runId: run.id, at: backend.clock.now(), detail };
    if (type === 'live' && isNodeEvent(event)) nodes.add(event);
    backend.bus.publish(session.id, { type, event });
  }

  function forget(messageIds: readonly string[]): void {
    if (messageIds.length > 0) backend.bus.publish(session.id, { type: 'written', messageIds });
  }

  async function stopIfSuperseded(): Promise<void> {
    const now = await backend.sessions.find(session.id, 'system').catch(() => session);
    if (now?.epoch === session.epoch) return;
    refused.abort(new GatewayError('RUN_SUPERSEDED', 'A newer epoch owns the session.'));
  }

  /** A worker that was frozen between a step and the next must not begin a node that another has finished by now. */
  async function stopIfLate(): Promise<void> {
    if (registry.beatingSince() <= ownedAt) return;
    const asked = performance.now();
    await stopIfSuperseded();
    signal.throwIfAborted();
    ownedAt = asked;
  }

  /** The attempt ends without an outcome of its graph: superseded, drained, or let down by the backend. */
  async function giveUp(error: unknown): Promise<SessionState | undefined> {
    if (codeOf(error) === 'RUN_SUPERSEDED') {
      log.info('attempt superseded; it stops');
    } else if (context.signal.aborted || isStop(error, context.control.drainRequested)) {
      const isDrain = context.signal.aborted || codeOf(error) === undefined;
      log.warn({ err: error }, 'attempt ended before its run settled; the run is handed over');
      if (!isDrain) metrics.handOvers.inc();
      await handOver(backend, session, run, isDrain ? releaseRun : postponeRun);
    } else {
      log.error({ err: error }, 'what the attempt wrote can never be stored; its run fails');
      return settle(session, run, backend, UNSTORABLE);
    }
    return undefined;
  }

  let ended = 'UNSETTLED';
  try {
    const scope = { fail: (thrown: unknown) => refused.abort(new UncaughtError(thrown)) };
    const work = () =>
      attempt(session, run, context, signal, trace, messages, {
        beforeNode: stopIfLate,
        onLive: tell,
        onWritten: forget,
        onNodeEnded: (node) => nodes.end(node),
        onRefused: (error) => refused.abort(error),
        checkSize: (bytes) => limited.checkSize(bytes),
        onLogged(type) {
          metrics.events.inc({ type });
          progress.progressed();
          context.onLogged?.(session);
        },
        onStepStored: context.onProgress,
      });
    const outcome = await trace.work(() => inRunScope(scope, work));
    if (outcome.status === 'FAILED')
      log.warn({ thrown: context.describeThrown(outcome.cause) }, 'the graph failed');
    const state = await settle(session, run, backend, outcome);
    ended = outcome.status;
    return state;
  } catch (error) {
    try {
      return await giveUp(error);
    } finally {
      // What it asked of the store last may have happened, though the answer was lost.
      backend.bus.publish(session.id, LOOK);
    }
  } finally {
    trace.end(ended);
    metrics.running.dec();
    unsubscribe();
    forget(messages.end(null));
  }
}

async function attempt(
  session: Session,
  run: Run,
  { backend, graphs, metrics, control }: ExecutionContext,
  signal: AbortSignal,
  trace: AttemptTrace,
  messages: MessageDeltas,
  listener: GraphListener &
    Pick<Attempt, 'onRefused' | 'checkSize' | 'onLogged'> & { onStepStored(): void },
): Promise<Ended> {
  const options = run.options ?? {};
  const { graphId } = session;
  const names = new TaskNames();
  /** Whether nothing follows the newest checkpoint that the attempt has put. */
  let isAtEnd = false;
  let stored = 0;
  let unpausedBytes = 0;
  let loaded: LoadedGraph;
  let graph: CompiledGraph;
  let configurable: Session['configurable'];
  const nodeOf: Attempt['nodeOf'] = (...task) => {
    // Asked just before a task's writes are stored: what it says comes before what it has done.
    messages.flush();
    return names.nodeOf(...task);
  };
  const unobserved = backend.savers.attempt({
    sessionId: session.id,
    runId: run.id,
    epoch: session.epoch,
    describeCheckpoint(namespace, ...checkpoint) {
      const description = describe(namespace, ...checkpoint);
      if (namespace === '') isAtEnd = description.next.length === 0;
      return description;
    },
    nodeOf,
    checkSize(bytes) {
      unpausedBytes += bytes;
      listener.checkSize(bytes);
    },
    onLogged(type) {
      listener.onLogged(type);
      if (type !== 'CheckpointSaved') return;
      stored += 1;
      // The first checkpoint may hold only the input.
      if (stored > 1) listener.onStepStored();
    },
    onRefused: listener.onRefused,
  });
  const observed = observeSaver(unobserved, nodeOf, metrics, trace);
  const takeStored = () => {
    const bytes = unpausedBytes;
    unpausedBytes = 0;
    return bytes;
  };
  const goesOn = () => !isAtEnd && !control.drainRequested;
  pauseAfterLargeSteps(observed, takeStored, goesOn, signal);
  learnFinishedTasks(observed, names);
  const saver = session.head === null ? knownToBeEmpty(observed) : observed;
  try {
    loaded = graphs.get(graphId);
    configurable = {
      assistant_id: graphId,
      ...loaded.defaults.configurable,
      ...configurableOf(session, run.caller, run.configurable),
      run_id: run.id,
      graph_id: graphId,
    };
    graph = await abortable(loaded.instantiate(configurable, saver), signal);
  } catch (error) {
    const limited = failureOfAbort(error, signal);
    if (limited !== undefined) return limited;
    if (signal.aborted) throw error;
    return failure(error, null);
  }
  const describe = describeCheckpointOf(graph);
  const begun = run.base !== null && session.head !== run.base.head;
  // What it was to go on from is gone by now: work before it in the queue was rolled back.
  if (run.work.type === 'continue' && session.head === null) return { status: 'SUCCEEDED' };
  const from = begun || run.checkpointId === session.head ? null : run.checkpointId;
  // LangGraph would begin with nothing.
  if (
    from !== null &&
    (await backend.sessions.findCheckpoint(session.id, 'system', from, '')) === null
  )
    return failure(checkpointNotFound(session.id, from), null);
  const { interruptBefore, interruptAfter } = options;
  const breakpoints = breakpointsOf(graph, interruptBefore, interruptAfter);
  if (begun && (await isAtBreakpoint(graph, saver, session.id, breakpoints)))
    return { status: 'INTERRUPTED', interrupts: [] };
  const isNewInput = run.work.type === 'input' && !begun;
  refuseChangedGraph(
    saver,
    session.graphId,
    (namespace) => onlyGraphOfNamespace(graph, namespace),
    // A subgraph's task always continues from its own checkpoints.
    (namespace) => !isNewInput || namespace.includes(':'),
  );
  try {
    const input = await callInput(
      loaded,
      run,
      begun,
      async () => {
        const { interrupts } = await readSnapshot(graph, saver, { threadId: session.id });
        return interrupts;
      },
      async () => {
        const tuple = await saver.getTuple({ configurable: { thread_id: session.id } });
        return tuple?.pendingWrites?.some(([, channel]) => channel === RESUME) ?? false;
      },
    );
    await runGraph(
      graph,
      {
        threadId: session.id,
        input,
        checkpointId: from,
        configurable,
        context: await loaded.contextFor(graph, contextOf(session, options), configurable),
        metadata: {
          ...loaded.defaults.metadata,
          ...options.metadata,
          // The ids come from `configurable`: LangChain copies them.
          run_attempt: run.attempt,
        },
        tags: [...(loaded.defaults.tags ?? []), ...(options.tags ?? [])],
        interruptBefore,
        interruptAfter,
        recursionLimit:
          run.recursionLimit ?? session.recursionLimit ?? loaded.defaults.recursion_limit ?? null,
        signal,
        control,
      },
      names,
      messages,
      listener,
    );
    signal.throwIfAborted();
    if (isAtEnd) return { status: 'SUCCEEDED' };
    const { next, interrupts } = await readSnapshot(graph, saver, { threadId: session.id });
    // Something next and no question: a breakpoint the graph was compiled with.
    if (interrupts.length > 0 || next.length > 0) return { status: 'INTERRUPTED', interrupts };
    return { status: 'SUCCEEDED' };
  } catch (error) {
    const limited = failureOfAbort(error, signal);
    if (limited !== undefined) return limited;
    if (signal.aborted || isStop(error, control.drainRequested)) throw error;
    const node = names.find(taskOf(error)) ?? (await failedNode(backend, session));
    return failure(error, node, names);
  }
}

/**
 * What to call the graph with. A run whose input a checkpoint already holds goes on from there. An answer that the
 * graph has not asked beyond is given again: LangGraph keeps it, but asks again if called without it.
 */
async function callInput(
  loaded: LoadedGraph,
  run: Run,
  begun: boolean,
  openInterrupts: () => Promise<readonly Interrupt[]>,
  isAnswered: () => Promise<boolean>,
): Promise<unknown> {
  switch (run.work.type) {
    case 'input':
      return begun ? null : loaded.natively(run.work.input);
    case 'continue':
      return null;
    case 'answers': {
      // Later attempts, and a run that continues with the answers of an earlier one, give only those that are still open.
      const { answers, update, goto } = run.work;
      // Once a checkpoint followed, it holds them. Before that, giving them again replaces them.
      const command = begun
        ? {}
        : {
            ...(update !== undefined && { update: loaded.natively(update) }),
            ...(goto !== undefined && { goto: [...goto] }),
          };
      if (run.work.afterEdit === true) {
        // Once it was given, LangGraph keeps it; given again, it would answer the next question, too.
        if (begun || (await isAnswered())) return null;
        return new Command({ resume: Object.values(answers)[0], ...command });
      }
      if (run.attempt === 1 && run.kind === 'ANSWERS' && !loaded.hasNativeAnswers)
        return new Command({ resume: answers, ...command });
      const left: [string, unknown][] = [];
      for (const interrupt of await openInterrupts()) {
        const { interruptId } = interrupt;
        if (!Object.hasOwn(answers, interruptId)) continue;
        left.push([interruptId, await loaded.nativeAnswer(interrupt, answers[interruptId])]);
      }
      return left.length === 0
        ? null
        : new Command({ resume: Object.fromEntries(left), ...command });
    }
  }
}

async function settle(
  session: Session,
  run: Run,
  backend: Backend,
  outcome: Outcome,
): Promise<SessionState | undefined> {
  const state = await changeSession(backend, session.id, 'system', (seen) =>
    settleRun(seen, run.id, session.epoch, outcome, backend.clock.now()),
  );
  if (state === null) backend.bus.publish(session.id, LOOK);
  return state ?? undefined;
}

/** Gives the attempt's run back, unfinished, for whoever claims it next. */
async function handOver(
  backend: Backend,
  session: Session,
  run: Run,
  how: typeof releaseRun,
): Promise<void> {
  await changeSession(backend, session.id, 'system', (state) =>
    how(state, run.id, session.epoch, backend.clock.now()),
  );
}

/** An exception that graph code threw outside the call stack of a node, such as in a timer. */
class UncaughtError extends Error {
  readonly thrown: unknown;

  constructor(thrown: unknown) {
    super('Uncaught exception in graph code.');
    this.thrown = thrown;
  }
}

/** The failure if a limit or an uncaught exception ended the run; otherwise undefined. */
function failureOfAbort(error: unknown, signal: AbortSignal): Ended | undefined {
  const cause: unknown = signal.aborted ? signal.reason : error;
  if (cause instanceof UncaughtError) return failure(cause.thrown, null);
  return isLimit(cause) ? failure(cause, null) : undefined;
}

/** A function that makes a graph may never answer. */
function abortable<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', stop));
}

function failure(error: unknown, node: string | null, names?: TaskNames): Ended {
  const nodeOf = (each: unknown) => (each === error ? node : (names?.find(taskOf(each)) ?? null));
  return { status: 'FAILED', error: toRunError(error, nodeOf), cause: error };
}

/** The node whose failure is the newest in the log. */
async function failedNode(backend: Backend, session: Session): Promise<string | null> {
  const now = await backend.sessions.find(session.id, 'system');
  if (now === null) return null;
  const entries = await backend.sessions.readLog(
    session.id,
    'system',
    Math.max(0, now.lastEvent - 20),
    20,
  );
  const failed = entries.findLast(
    ({ detail }) => detail.type === 'NodeFinished' && detail.error !== null,
  );
  return failed?.detail.type === 'NodeFinished' ? failed.detail.node : null;
}

/** Not the graph's fault: the run goes on elsewhere. */
function isStop(error: unknown, draining: boolean): boolean {
  const name = typeof error === 'object' && error !== null && 'name' in error ? error.name : '';
  return (
    (draining && name === 'GraphDrained') ||
    ['RUN_SUPERSEDED', 'BACKEND_UNAVAILABLE'].includes(codeOf(error) ?? '')
  );
}

function codeOf(error: unknown): GatewayError['code'] | undefined {
  return error instanceof GatewayError ? error.code : undefined;
}
