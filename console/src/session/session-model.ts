// What the page of a session shows: what was loaded, and on top of it each event as it comes. What is in both is shown once:
// the cursor is read before the rest. It is changed in place, and its listeners are told a few times a second, however many
// events came.
import type { WatchState } from '../../../src/client/index.ts';
import type { FeedEvent, LoadedRun, LoadedSession, LoadedStep, Question } from './documents.ts';
import { RunningNodes } from './running-nodes.ts';
import {
  type RunRow,
  type StepRow,
  type TimelineRow,
  hasEnded,
  inOrder,
  runKey,
  runRows,
  stepRow,
  stepRows,
} from './timeline-rows.ts';

/** More rows than this are not kept; the gateway has them. */
const MOST_ROWS = 20_000;
const TELL_EVERY_MS = 100;

export interface OpenMessage {
  readonly messageId: string;
  readonly node: string;
  readonly text: string;
  /** Whether its step was taken, so that the state has it once it is fetched. */
  readonly isWritten: boolean;
}

export interface Page {
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}

type Event<Name extends FeedEvent['__typename']> = Extract<FeedEvent, { __typename: Name }>;

export class SessionModel {
  readonly id: string;
  status: LoadedSession['status'];
  questions: readonly Question[];
  /** The run that asks them: the same ids may be asked again. */
  askedBy: string | null;
  /** The newest checkpoint of the graph itself. */
  head: string | null;
  /** The state, what would run next, and the checkpoint that both are of. */
  values: unknown;
  next: readonly string[];
  valuesAt: string | null;
  /** Oldest first; what is new is added in place. */
  rows: TimelineRow[] = [];
  olderSteps: Page;
  olderRuns: Page;
  /** Whether the oldest rows were let go to make room. */
  hasForgotten = false;
  readonly nodes = new RunningNodes();
  readonly messages = new Map<string, OpenMessage>();
  progress: Event<'CustomProgress'> | undefined;
  error: RunRow['error'] = null;
  watch: WatchState = 'connecting';
  /** Whether the connection was lost since the page was opened. */
  wasLost = false;
  /** Counts the steps of subgraphs that came. */
  subgraphSteps = 0;
  /** Changes with each change of the model. */
  revision = 0;
  readonly #steps: LoadedStep[] = [];
  readonly #known = new Set<string>();
  readonly #began = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  /** What follows the head: what `next` says without its finished tasks. */
  #headStep: LoadedStep | undefined;
  #toldAt = 0;
  #isTelling = false;

  constructor(session: LoadedSession) {
    this.id = session.id;
    this.status = session.status;
    this.questions = session.interrupts;
    this.askedBy = session.runs.nodes[0]?.id ?? null;
    this.head = session.checkpoint?.checkpointId ?? null;
    this.values = session.values;
    this.next = session.next;
    this.valuesAt = this.head;
    this.olderSteps = session.checkpoints.pageInfo;
    this.olderRuns = session.runs.pageInfo;
    this.#addOlder(session.checkpoints.nodes, session.runs.nodes);
    this.#headStep = this.#steps.findLast(({ checkpointId }) => checkpointId === this.head);
    if (session.status === 'FAILED') this.error = session.runs.nodes[0]?.error ?? null;
    const next = this.#headStep?.next ?? session.next;
    this.nodes.run(next);
    for (const node of without(next, session.next))
      this.nodes.ended({ namespace: '', node }, false);
    if (session.status !== 'RUNNING') this.nodes.stop();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly read = (): number => this.revision;

  /** Steps of the graph itself, oldest first, as far as they are known. */
  get steps(): readonly LoadedStep[] {
    return this.#steps;
  }

  get isBusy(): boolean {
    return this.status === 'RUNNING' || this.status === 'QUEUED';
  }

  /** Whether `values` are not those of the newest checkpoint. */
  get valuesAreOld(): boolean {
    return this.valuesAt !== this.head;
  }

  addOlder(
    steps: readonly LoadedStep[],
    olderSteps: Page,
    runs: readonly LoadedRun[],
    olderRuns: Page,
  ): void {
    this.olderSteps = olderSteps;
    this.olderRuns = olderRuns;
    this.#addOlder(steps, runs);
    this.#changed();
  }

  /** Both newest first. */
  #addOlder(steps: readonly LoadedStep[], runs: readonly LoadedRun[]): void {
    for (const run of runs)
      if (run.startedAt !== null) this.#began.set(run.id, Date.parse(run.startedAt));
    const [oldest] = this.#steps;
    const older = steps.toReversed();
    this.#steps.unshift(...older);
    // The one that was the oldest has its parent now.
    const fresh = stepRows(oldest === undefined ? older : [...older, oldest], this.#began);
    for (const row of fresh)
      if (row.key !== oldest?.checkpointId || row.nodes !== undefined)
        this.nodes.count(row.nodes ?? []);
    const keys = new Set(fresh.map(({ key }) => key));
    const kept = this.rows.filter(({ key }) => !keys.has(key));
    const isStep = (row: TimelineRow) => row.type === 'step';
    this.rows = inOrder(
      [...fresh, ...kept.filter(isStep)],
      [
        ...runRows(runs).filter(({ key }) => !this.#known.has(key)),
        ...kept.filter((row) => row.type === 'run'),
      ],
    );
    for (const { key } of this.rows) this.#known.add(key);
  }

  setState(values: unknown, next: readonly string[], at: string | null): void {
    this.values = values;
    this.next = next;
    this.valuesAt = at;
    if (!this.valuesAreOld) this.#dropWritten();
    this.#changed();
  }

  /** What a mutation said, for what no event tells: a fork whose questions are dropped has no run. */
  setStatus(status: LoadedSession['status']): void {
    this.status = status;
    if (status !== 'INTERRUPTED') this.questions = [];
    this.#changed();
  }

  setWatch(watch: WatchState): void {
    if (watch === 'reconnecting') this.wasLost = true;
    this.watch = watch;
    this.#changed();
  }

  take(event: FeedEvent): void {
    switch (event.__typename) {
      case 'RunStatusChanged':
        this.#takeRun(event);
        break;
      case 'CheckpointSaved':
        if (event.namespace === '') this.#takeStep(event);
        else this.subgraphSteps += 1;
        break;
      case 'NodeStarted':
        this.nodes.started(event);
        break;
      case 'NodeFinished':
        this.nodes.ended(event, event.error !== null);
        if (event.error !== null) this.error = event.error;
        break;
      case 'InterruptsRaised':
        this.questions = event.interrupts;
        this.askedBy = event.runId;
        break;
      case 'MessageDelta': {
        const before = this.messages.get(event.messageId)?.text ?? '';
        const { messageId, node, offset } = event;
        this.messages.set(messageId, {
          messageId,
          node,
          text: before.slice(0, offset) + event.text,
          isWritten: false,
        });
        break;
      }
      case 'CustomProgress':
        this.progress = event;
        break;
      case 'SessionSnapshot':
      case 'ProgressGap':
        break;
    }
    this.#changed();
  }

  #takeRun({
    status,
    sessionStatus,
    attempt,
    error,
    runId,
    run,
    at,
  }: Event<'RunStatusChanged'>): void {
    const id = runId ?? run.id;
    const time = Date.parse(at);
    this.status = sessionStatus;
    // One that waits behind another changes nothing of what runs.
    if (status !== 'QUEUED') {
      this.error = status === 'FAILED' ? error : null;
      this.progress = undefined;
      if (status !== 'INTERRUPTED') this.questions = [];
      if (status === 'RUNNING') this.nodes.run(this.#headStep?.next ?? []);
      else this.nodes.stop();
    }
    if (status === 'RUNNING' && attempt === 1) this.#began.set(id, time);
    if (hasEnded(status)) this.#writeMessages();
    const began = this.#began.get(id);
    this.#push({
      type: 'run',
      key: runKey(id, status, attempt),
      at: time,
      kind: run.kind,
      status,
      attempt,
      error,
      tookMs: hasEnded(status) && began !== undefined ? time - began : undefined,
    });
  }

  #takeStep({
    step,
    source,
    next,
    changedKeys,
    checkpointId,
    runId,
    at,
  }: Event<'CheckpointSaved'>): void {
    const parent = source === 'LOOP' ? this.#headStep : undefined;
    const known = this.#known.has(checkpointId)
      ? this.#steps.findLast((each) => each.checkpointId === checkpointId)
      : undefined;
    const taken: LoadedStep = known ?? {
      __typename: 'Checkpoint',
      id: checkpointId,
      checkpointId,
      parentCheckpointId: parent?.checkpointId ?? null,
      step,
      source,
      createdAt: at,
      runId,
      next: [...next],
      changedKeys: [...changedKeys],
    };
    if (known === undefined) {
      const row = stepRow(taken, parent, this.#began);
      this.#steps.push(taken);
      this.#push(row);
      this.nodes.taken(row.nodes ?? []);
    } else this.nodes.taken([]);
    this.head = checkpointId;
    this.#headStep = taken;
    this.#writeMessages();
    if (this.status === 'RUNNING') this.nodes.run(next);
    if (source !== 'UPDATE') return;
    this.questions = [];
    if (!this.isBusy) this.status = 'IDLE';
  }

  #writeMessages(): void {
    for (const [id, message] of this.messages)
      this.messages.set(id, { ...message, isWritten: true });
    if (!this.valuesAreOld) this.#dropWritten();
  }

  #dropWritten(): void {
    for (const [id, { isWritten }] of this.messages) if (isWritten) this.messages.delete(id);
  }

  #push(row: StepRow | RunRow): void {
    if (this.#known.has(row.key)) return;
    this.#known.add(row.key);
    this.rows.push(row);
    if (this.rows.length <= MOST_ROWS) return;
    // Not one by one: each cut moves all that is left.
    for (const { key } of this.rows.splice(0, MOST_ROWS / 10)) this.#known.delete(key);
    this.#steps.splice(0, Math.max(0, this.#steps.length - MOST_ROWS));
    this.hasForgotten = true;
  }

  #changed(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    setTimeout(
      () => {
        this.#isTelling = false;
        this.#toldAt = performance.now();
        this.revision += 1;
        for (const listener of this.#listeners) listener();
      },
      Math.max(0, this.#toldAt + TELL_EVERY_MS - performance.now()),
    );
  }
}

/** Those of `all` that `some` leaves out, each as often as it does. */
function without(all: readonly string[], some: readonly string[]): string[] {
  const left = [...some];
  return all.filter((each) => {
    const at = left.indexOf(each);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
