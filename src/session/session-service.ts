// The mutations on sessions. Each checks its arguments, reads the session, and has the store decide and commit in one step; it
// answers after the commit (durable acceptance), and only then is the work handed to a queue.
import { randomUUID } from 'node:crypto';
import {
  GatewayError,
  checkpointNotFound,
  found,
  foundRun,
  invalidInput,
  sessionNotFound,
} from '../errors.ts';
import {
  type AnsweredQuestion,
  QUESTION,
  type RunArguments,
  type WorkArguments,
  checkOptionalUuid,
  checkRecursionLimit,
  checkRunOptions,
  checkTtl,
  checkUuid,
  requestedWork,
} from './arguments.ts';
import {
  FirstAnswers,
  type IdempotentRequest,
  checkSameRequest,
  idempotentRequest,
} from './idempotency.ts';
import { changeSession } from './change-session.ts';
import { checkConfigurable, checkJson, checkText } from './json-input.ts';
import { type BusyPolicy, acceptRun, cancelRun, cancelSession, startSession } from './lifecycle.ts';
import {
  type Actor,
  type Backend,
  type Commit,
  type IdempotencyRecord,
  LOOK,
  type SessionState,
  type User,
  actorOf,
  callerOf,
  toQueued,
} from './ports.ts';
import { type CheckpointSaved, type Interrupt, checkpointSaved } from './progress.ts';
import { jsonSize } from './json-size.ts';
import { checkChanges, checkMetadata, mergeMetadata } from './metadata.ts';
import type { UserQuota } from './quota.ts';
import { type Place, answerAfterEdit, checkFits, checkPlace, keptAnswers } from './resume-rules.ts';
import type { Run, RunOptions } from './run.ts';
import {
  type Session,
  callerConfigurable,
  configurableOf,
  contextOf,
  isSettled,
  newSession,
  ownBytes,
  touched,
} from './session.ts';

/** State and input validation of a session's graph, implemented in graph/. */
export interface SessionGraphs {
  /** The graph to start, by its id, or the only one. @throws GatewayError GRAPH_NOT_FOUND, INVALID_INPUT */
  choose(id: string | null): SessionGraph;
  /** @throws GatewayError GRAPH_NOT_FOUND */
  get(id: string): SessionGraph;
  /** What a session is told that goes on with nodes that its graph no longer has. */
  changed(graphId: string, missing: readonly string[]): GatewayError;
  /** @param configurable what a function that makes the graph is given, if not what the session has */
  current(session: Session, configurable?: Session['configurable']): Promise<SessionView>;
  at(
    session: Session,
    address: { checkpointId: string; namespace: string },
    upToEpoch?: number,
    configurable?: Session['configurable'],
  ): Promise<SessionView>;
  /** @throws GatewayError INVALID_INPUT where the state cannot take these values */
  checkUpdate(
    session: Session,
    values: Readonly<Record<string, unknown>>,
    configurable: Session['configurable'],
  ): Promise<void>;
}

export interface SessionGraph {
  readonly id: string;
  /** @throws GatewayError INVALID_INPUT for an answer that does not fit the question's schema */
  checkAnswer(interrupt: Interrupt, value: unknown, named: AnsweredQuestion | null): Promise<void>;
  wordsToInput(field: 'task' | 'message', words: string): unknown;
  /** @throws GatewayError INVALID_INPUT naming the field that the graph's schema refuses */
  checkInput(input: unknown): Promise<void>;
  /** @throws GatewayError INVALID_INPUT naming what the graph that the run will have does not take */
  checkRun(asked: {
    readonly configurable: Readonly<Record<string, unknown>>;
    readonly context: Readonly<Record<string, unknown>> | null;
    readonly options: RunOptions;
    readonly goto: readonly string[];
  }): Promise<void>;
}

export interface SessionView {
  readonly next: readonly string[];
  /** Whether there is something to go on with: `next`, or tasks that have finished and have no checkpoint yet. */
  readonly goesOn: boolean;
  readonly interrupts: readonly Interrupt[];
  /** The nodes that run next and that the graph no longer has. */
  readonly missing: readonly string[];
}

export interface ServiceLimits {
  readonly maxInputBytes: number;
  readonly maxSteps: number;
  /** The time to live of sessions that ask for none of their own; null: for ever. */
  readonly sessionTtlMs: number | null;
  /** The longest time to live that may be asked for; null: for ever. */
  readonly maxTtlMs: number | null;
}

export interface StartArguments extends RunArguments {
  readonly graphId?: string | null | undefined;
  readonly task?: string | null | undefined;
  readonly input?: unknown;
  readonly metadata?: unknown;
  readonly configurable?: unknown;
  readonly recursionLimit?: number | null | undefined;
  readonly ttlSeconds?: number | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
}

export interface ResumeArguments extends WorkArguments, RunArguments {
  readonly sessionId: string;
  /** The graph that a typed input is for. */
  readonly graphId?: string | null | undefined;
  readonly configurable?: unknown;
  readonly recursionLimit?: number | null | undefined;
  readonly checkpointId?: string | null | undefined;
  readonly expectedCheckpointId?: string | null | undefined;
  readonly onBusy: BusyPolicy;
  readonly idempotencyKey?: string | null | undefined;
}

export interface Accepted {
  readonly session: Session;
  readonly run: Run;
}

/** How often a decision is made anew because the session moved while it was looked at. */
const MOST_LOOKS = 20;
/** How many edits in a row are looked past for the question that was asked before them. */
const MOST_EDITS = 20;

/** @throws GatewayError INVALID_INPUT for an answer that does not fit its question's schema */
async function checkAnswers(
  graph: SessionGraph,
  asked: readonly Interrupt[],
  { answers }: WorkArguments,
): Promise<void> {
  for (const { interruptId, value = null, [QUESTION]: question = null } of answers ?? []) {
    const interrupt = asked.find((one) => one.interruptId === interruptId);
    if (interrupt !== undefined) await graph.checkAnswer(interrupt, value, question);
  }
}

export class SessionService {
  readonly #backend: Backend;
  readonly #graphs: SessionGraphs;
  readonly #limits: ServiceLimits;
  readonly #quota: UserQuota;
  readonly #firstAnswers: FirstAnswers;

  constructor(backend: Backend, graphs: SessionGraphs, limits: ServiceLimits, quota: UserQuota) {
    this.#quota = quota;
    this.#backend = backend;
    this.#graphs = graphs;
    this.#limits = limits;
    this.#firstAnswers = new FirstAnswers(backend.sessions);
  }

  start(user: User, given: StartArguments): Promise<Accepted> {
    const idempotency = idempotentRequest(user, 'startSession', given);
    return this.#firstAnswers.answer(
      idempotency,
      (first) => this.#accepted(first, user),
      () => this.#start(user, given, idempotency),
    );
  }

  resume(user: User, given: ResumeArguments): Promise<Accepted> {
    const idempotency = idempotentRequest(user, 'resumeSession', given);
    return this.#firstAnswers.answer(
      idempotency,
      (first) => this.#accepted(first, user),
      () => this.#resume(user, given, idempotency),
    );
  }

  async cancel(user: User, sessionId: string): Promise<{ session: Session; run: Run | null }> {
    const id = checkUuid('sessionId', sessionId);
    let stopped: string | null = null;
    const state = await this.change(id, user, (seen) => {
      const commit = cancelSession(seen, this.#backend.clock.now());
      stopped =
        (commit?.runs?.length ?? 0) > 0 ? ((seen.active[0] ?? seen.latest)?.id ?? null) : null;
      return commit;
    });
    const run =
      stopped === null ? null : await this.#backend.sessions.findRun(stopped, actorOf(user));
    return { session: state.session, run };
  }

  /** Cancels one run; those behind it go on. @throws GatewayError RUN_NOT_FOUND */
  async cancelRun(user: User, runId: string): Promise<Accepted> {
    const id = checkUuid('runId', runId);
    const { sessions, queue, clock } = this.#backend;
    const { sessionId } = foundRun(await sessions.findRun(id, actorOf(user)), id);
    const state = await this.change(sessionId, user, (seen) => cancelRun(seen, id, clock.now()));
    const [next] = state.active;
    if (next !== undefined) queue.add(toQueued(next, user.id));
    const run = foundRun(await sessions.findRun(id, actorOf(user)), id);
    return { session: state.session, run };
  }

  async update(
    user: User,
    given: { sessionId: string; task?: string | null | undefined; metadata?: unknown },
  ): Promise<Session> {
    const id = checkUuid('sessionId', given.sessionId);
    const { maxInputBytes } = this.#limits;
    if (typeof given.task === 'string') {
      checkJson('task', given.task, maxInputBytes);
      checkText('task', given.task);
    }
    const changes = checkChanges(given.metadata);
    await this.#quota.admitBytes(user.id, jsonSize(changes) + (given.task?.length ?? 0));
    const state = await this.change(id, user, ({ session }) => {
      const updated = {
        ...touched(session, this.#backend.clock.now()),
        ...(given.task !== undefined && { task: given.task }),
        metadata: mergeMetadata(session.metadata, changes),
      };
      const more = ownBytes(updated) - ownBytes(session);
      return { session: { ...updated, storedBytes: session.storedBytes + more } };
    });
    return state.session;
  }

  /** `ttlSeconds` undefined: SESSION_TTL again; null: never expires. */
  async extend(
    user: User,
    sessionId: string,
    ttlSeconds: number | null | undefined,
  ): Promise<Session> {
    const id = checkUuid('sessionId', sessionId);
    const { sessionTtlMs, maxTtlMs } = this.#limits;
    const ttlMs = ttlSeconds === undefined ? sessionTtlMs : checkTtl(ttlSeconds, maxTtlMs);
    const state = await this.change(id, user, ({ session }) => ({
      session: touched({ ...session, ttlMs }, this.#backend.clock.now()),
    }));
    return state.session;
  }

  async delete(user: User, sessionId: string): Promise<void> {
    const id = checkUuid('sessionId', sessionId);
    const { sessions, queue } = this.#backend;
    // What runs is stopped first, and its watchers are told.
    const state = await sessions.change(id, actorOf(user), () => undefined);
    if (state !== null && state.active.length > 0)
      await changeSession(this.#backend, id, actorOf(user), (seen) =>
        cancelSession(seen, this.#backend.clock.now()),
      );
    const deleted = await sessions.delete(id, actorOf(user));
    if (!deleted) throw sessionNotFound(id);
    for (const run of state?.active ?? []) queue.remove(toQueued(run, user.id));
    this.#backend.bus.publish(id, LOOK);
  }

  /** Decides over the user's session, stores, and tells its watchers. @throws GatewayError SESSION_NOT_FOUND */
  async change(
    id: string,
    user: User,
    decide: (state: SessionState) => Commit | undefined,
  ): Promise<SessionState> {
    return found(await changeSession(this.#backend, id, actorOf(user), decide), id);
  }

  async #start(
    user: User,
    given: StartArguments,
    idempotency: IdempotentRequest | undefined,
  ): Promise<Accepted> {
    const { maxInputBytes, maxSteps, sessionTtlMs, maxTtlMs } = this.#limits;
    const task = given.task ?? null;
    const asked = task ?? given.input ?? null;
    if ((task === null) === ((given.input ?? null) === null)) {
      throw invalidInput('Give either `task` or `input`.');
    }
    checkJson(task === null ? 'input' : 'task', asked, maxInputBytes);
    if (task !== null) checkText('task', task);
    const graph = this.#graphs.choose(given.graphId ?? null);
    const input = task === null ? asked : graph.wordsToInput('task', task);
    const metadata = checkMetadata(given.metadata);
    const configurable = checkConfigurable(given.configurable ?? {}, maxInputBytes);
    const recursionLimit = checkRecursionLimit(given.recursionLimit, maxSteps);
    const { ttlSeconds } = given;
    const ttlMs = typeof ttlSeconds === 'number' ? checkTtl(ttlSeconds, maxTtlMs) : sessionTtlMs;
    await graph.checkInput(input);
    const { context = null, ...options } = checkRunOptions(given, maxInputBytes);
    await graph.checkRun({
      configurable: { ...configurable, ...callerConfigurable(callerOf(user)) },
      context,
      options,
      goto: [],
    });
    // The input is stored as it was given, and as the graph takes it.
    const bytes = 2 * jsonSize(asked) + jsonSize([metadata, configurable, context, options]);
    using _admitted = await this.#quota.admitWork(user.id, { activates: true, bytes });

    const now = this.#backend.clock.now();
    const session = newSession({
      ownerId: user.id,
      graphId: graph.id,
      task,
      metadata,
      configurable,
      context,
      recursionLimit,
      ttlMs,
      now,
    });
    const runId = randomUUID();
    const commit = startSession(
      session,
      {
        id: runId,
        kind: 'START',
        input: asked,
        work: { type: 'input', input },
        configurable: {},
        recursionLimit: null,
        options,
        caller: callerOf(user),
        checkpointId: null,
      },
      now,
      idempotency && { ...idempotency, sessionId: session.id, runId },
    );
    const taken = await this.#backend.sessions.create(commit);
    if (taken !== null) {
      checkSameRequest(taken, idempotency);
      return this.#accepted(taken, user);
    }
    const run = commit.runs?.[0];
    if (run === undefined) throw new Error('a session was started without a run');
    this.#backend.queue.add(toQueued(run, user.id));
    return { session: commit.session, run };
  }

  async #resume(
    user: User,
    given: ResumeArguments,
    idempotency: IdempotentRequest | undefined,
  ): Promise<Accepted> {
    const { maxInputBytes, maxSteps } = this.#limits;
    const id = checkUuid('sessionId', given.sessionId);
    const place: Place = {
      checkpointId: checkOptionalUuid('checkpointId', given.checkpointId),
      expectedCheckpointId: checkOptionalUuid('expectedCheckpointId', given.expectedCheckpointId),
      onBusy: given.onBusy,
    };
    const configurable = checkConfigurable(given.configurable ?? {}, maxInputBytes);
    const recursionLimit = checkRecursionLimit(given.recursionLimit, maxSteps);
    const actor = actorOf(user);
    const first = found(await this.#backend.sessions.find(id, actor), id);
    const graph = this.#graphs.get(first.graphId);
    if ((given.graphId ?? graph.id) !== graph.id)
      throw invalidInput(`\`graph\` is "${given.graphId}"; the session's is "${graph.id}".`);
    const work = requestedWork(
      given,
      (words) => graph.wordsToInput('message', words),
      maxInputBytes,
    );
    if (work.work.type === 'input') await graph.checkInput(work.work.input);
    const options = checkRunOptions(given, maxInputBytes);
    // The graph as the run will have it: a function may make another one for each caller.
    const asked = configurableOf(first, callerOf(user), configurable);
    const { update, goto = [] } = work.work.type === 'answers' ? work.work : {};
    const context = contextOf(first, options);
    await graph.checkRun({ configurable: asked, context, options, goto });
    const newWork = {
      activates: isSettled(first),
      bytes: 2 * jsonSize(work.input) + jsonSize([work.work, configurable, options]),
    };
    using _admitted = await this.#quota.admitWork(user.id, newWork);
    const runId = randomUUID();
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      const seen = found(await this.#backend.sessions.find(id, actor), id);
      // Who goes on from elsewhere does not need the state that the session rests in, which may not be readable.
      const elsewhere = place.checkpointId !== null && place.checkpointId !== seen.head;
      const view = !isSettled(seen) || elsewhere ? null : await this.#graphs.current(seen, asked);
      const from =
        place.checkpointId === null ? null : await this.#viewAt(seen, place.checkpointId, asked);
      if (update !== undefined && view !== null)
        await this.#graphs.checkUpdate(seen, update, asked);
      const earlier =
        work.work.type === 'answers' && view !== null && place.checkpointId === null
          ? await this.#askedBeforeEdit(seen, view, asked)
          : [];
      if (work.work.type === 'answers')
        await checkAnswers(graph, [...(view?.interrupts ?? []), ...earlier], given);
      const rollback =
        given.onBusy === 'ROLLBACK' ? await this.#rollbackTarget(seen, actor) : undefined;
      let moved = false;
      const state = await this.change(id, user, (now) => {
        moved =
          now.session.epoch !== seen.epoch ||
          now.session.status !== seen.status ||
          now.session.head !== seen.head;
        // A session that runs moves its head all the time, which matters only to who looked at it.
        const looked = view !== null || from !== null || given.onBusy === 'ROLLBACK';
        if (moved && (looked || now.active.length === 0)) return undefined;
        moved = false;
        checkPlace(now, place);
        const missing = work.work.type === 'input' ? [] : ((from ?? view)?.missing ?? []);
        if (missing.length > 0) throw this.#graphs.changed(seen.graphId, missing);
        const afterEdit = answerAfterEdit(work, earlier);
        if (afterEdit === undefined) checkFits(now, work, { current: view, from, rollback }, place);
        return acceptRun(
          now,
          {
            id: runId,
            ...work,
            work: keptAnswers(now, work, place) ?? afterEdit ?? work.work,
            configurable,
            recursionLimit,
            options,
            caller: callerOf(user),
            checkpointId: place.checkpointId,
          },
          {
            onBusy: given.onBusy,
            now: this.#backend.clock.now(),
            idempotency: idempotency && { ...idempotency, sessionId: id, runId },
            rollback,
          },
        );
      });
      if (moved) continue;
      const run = await this.#backend.sessions.findRun(runId, actor);
      if (run === null) throw sessionNotFound(id);
      if (state.active[0]?.id === runId) this.#backend.queue.add(toQueued(run, user.id));
      return { session: state.session, run };
    }
    throw new GatewayError('SESSION_BUSY', `Session ${id} keeps changing; try again.`);
  }

  /** What nodes that run next had asked before the session was edited by hand; none where it was not. */
  async #askedBeforeEdit(
    session: Session,
    { next, interrupts }: SessionView,
    configurable: Session['configurable'],
  ): Promise<readonly Interrupt[]> {
    const { id, head, asking, restStatus } = session;
    if (asking || restStatus !== 'IDLE' || head === null) return [];
    const find = (checkpointId: string) =>
      this.#backend.sessions.findCheckpoint(id, 'system', checkpointId, '');
    let row = await find(head);
    // An edit of a subgraph leaves the graph's own checkpoint as it was.
    if (row?.source !== 'UPDATE') return interrupts;
    for (let edits = 0; edits < MOST_EDITS && row?.source === 'UPDATE'; edits += 1)
      row = row.parentId === null ? null : await find(row.parentId);
    if (row === null || row.source === 'UPDATE') return [];
    const before = await this.#graphs.at(session, row, undefined, configurable);
    // Of a subgraph's question, the node that calls it.
    const nodeOf = ({ node, namespace }: Interrupt) =>
      namespace === '' ? node : (namespace.split(':', 1)[0] ?? '');
    return before.interrupts.filter((interrupt) => next.includes(nodeOf(interrupt)));
  }

  /** What an earlier checkpoint goes on with. @throws GatewayError CHECKPOINT_NOT_FOUND */
  async #viewAt(
    session: Session,
    checkpointId: string,
    configurable: Session['configurable'],
  ): Promise<SessionView> {
    const owner = { ownerId: session.ownerId };
    const row = await this.#backend.sessions.findCheckpoint(session.id, owner, checkpointId, '');
    if (row === null) throw checkpointNotFound(session.id, checkpointId);
    return this.#graphs.at(session, row, undefined, configurable);
  }

  /** The checkpoint a rollback would go back to, null for none; undefined where nothing runs. */
  async #rollbackTarget(
    session: Session,
    actor: Actor,
  ): Promise<CheckpointSaved | null | undefined> {
    const { sessions } = this.#backend;
    const state = await sessions.change(session.id, actor, () => undefined);
    const running = state?.active.find((run) => run.status === 'RUNNING');
    if (!running?.base) return undefined;
    const { head } = running.base;
    const row = head === null ? null : await sessions.findCheckpoint(session.id, actor, head, '');
    return row && checkpointSaved(row, (await this.#graphs.at(session, row)).next);
  }

  async #accepted(record: IdempotencyRecord, user: User): Promise<Accepted> {
    const actor = actorOf(user);
    const session = found(
      await this.#backend.sessions.find(record.sessionId, actor),
      record.sessionId,
    );
    const run =
      record.runId === null ? null : await this.#backend.sessions.findRun(record.runId, actor);
    if (run === null) throw sessionNotFound(record.sessionId);
    return { session, run };
  }
}
