// The console's model of a session, driven by histories of all kinds: what was loaded and what came live is shown once.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  FeedEvent,
  LoadedRun,
  LoadedSession,
  LoadedStep,
} from '../../console/src/session/documents.ts';
import { SessionModel } from '../../console/src/session/session-model.ts';

type Ending = 'INTERRUPTED' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

interface PlannedRun {
  readonly steps: number;
  /** Before which of its steps the process dies, each time with a new attempt. */
  readonly crashes: readonly number[];
  readonly ending: Ending;
}

const plans = fc.array(
  fc.record<PlannedRun>({
    steps: fc.nat(6),
    crashes: fc.array(fc.nat(5), { maxLength: 2 }),
    ending: fc.constantFrom('INTERRUPTED', 'SUCCEEDED', 'FAILED', 'CANCELLED'),
  }),
  { minLength: 1, maxLength: 4 },
);

/** A session's log, and the session as the gateway would give it after each entry of it. */
class History {
  readonly events: FeedEvent[] = [];
  readonly states: LoadedSession[] = [];
  #steps: LoadedStep[] = [];
  #runs: LoadedRun[] = [];
  /** What the session says comes next: the tasks of its newest step that have not finished. */
  #next: string[] = [];

  constructor(plan: readonly PlannedRun[]) {
    this.states.push(this.#state('QUEUED'));
    plan.forEach((run, n) => this.#run(`run-${n}`, run));
  }

  #run(id: string, { steps, crashes, ending }: PlannedRun): void {
    const at = () => this.#time();
    this.#runs = [
      {
        __typename: 'Run',
        id,
        kind: 'INPUT',
        status: 'QUEUED',
        attempt: 0,
        createdAt: at(),
        startedAt: null,
        finishedAt: null,
        error: null,
      },
      ...this.#runs,
    ];
    this.#status(id, 'QUEUED', 0);
    this.#status(id, 'RUNNING', 1);
    let attempt = 1;
    for (let step = 0; step < steps; step += 1) {
      for (const _ of crashes.filter((each) => each === step)) {
        attempt += 1;
        this.#status(id, 'RUNNING', attempt);
      }
      this.#step(id, step === 0 ? 'INPUT' : 'LOOP');
    }
    this.#status(id, ending, attempt);
  }

  #status(runId: string, status: LoadedRun['status'], attempt: number): void {
    const at = this.#time();
    const hasEnded = status !== 'QUEUED' && status !== 'RUNNING';
    this.#runs = this.#runs.map((run) =>
      run.id === runId
        ? {
            ...run,
            status,
            attempt,
            startedAt: run.startedAt ?? (status === 'RUNNING' ? at : null),
            finishedAt: hasEnded ? at : null,
          }
        : run,
    );
    this.#log(
      {
        __typename: 'RunStatusChanged',
        ...this.#place(),
        runId,
        at,
        run: { __typename: 'Run', id: runId, kind: 'INPUT' },
        status,
        sessionStatus: status,
        attempt,
        error: null,
      },
      status,
    );
  }

  #step(runId: string, source: 'INPUT' | 'LOOP'): void {
    if (source === 'LOOP') while (this.#next.length > 0) this.#finish(runId);
    const at = this.#time();
    const checkpointId = `checkpoint-${this.events.length}`;
    const step: LoadedStep = {
      __typename: 'Checkpoint',
      id: checkpointId,
      checkpointId,
      parentCheckpointId: this.#steps[0]?.checkpointId ?? null,
      step: this.#steps.length,
      source,
      createdAt: at,
      runId,
      next: [`node-${this.#steps.length}`, `node-${this.#steps.length}`, 'other'],
      changedKeys: ['count'],
    };
    this.#steps = [step, ...this.#steps];
    const { next, changedKeys } = step;
    this.#next = [...next];
    this.#log(
      {
        __typename: 'CheckpointSaved',
        ...this.#place(),
        runId,
        at,
        namespace: '',
        step: step.step,
        source,
        next,
        changedKeys,
        checkpointId,
      },
      'RUNNING',
    );
  }

  #finish(runId: string): void {
    const [node = '', ...next] = this.#next;
    this.#next = next;
    const at = this.#time();
    const finished = { ...this.#place(), runId, at, namespace: '', node, error: null };
    this.#log({ __typename: 'NodeFinished', ...finished }, 'RUNNING');
  }

  #log(event: FeedEvent, status: LoadedSession['status']): void {
    this.events.push(event);
    this.states.push(this.#state(status));
  }

  #place() {
    return { sequence: this.events.length + 1, cursor: String(this.events.length + 1) };
  }

  /** A second for each entry. */
  #time(): string {
    return new Date(this.events.length * 1000).toISOString();
  }

  #state(status: LoadedSession['status']): LoadedSession {
    const [newest] = this.#steps;
    const page = { hasNextPage: false, endCursor: null };
    return {
      __typename: 'Session',
      id: 'session',
      graphId: 'graph',
      task: null,
      status,
      metadata: {},
      createdAt: new Date(0).toISOString(),
      expiresAt: null,
      missingNodes: [],
      next: this.#next,
      cursor: String(this.events.length),
      namespaces: [],
      values: { count: this.#steps.length },
      interrupts: [],
      graph: null,
      checkpoint:
        newest === undefined
          ? null
          : { __typename: 'Checkpoint', id: newest.id, checkpointId: newest.checkpointId },
      checkpoints: {
        __typename: 'CheckpointConnection',
        nodes: this.#steps,
        pageInfo: { __typename: 'PageInfo', ...page },
      },
      runs: {
        __typename: 'RunConnection',
        nodes: this.#runs,
        pageInfo: { __typename: 'PageInfo', ...page },
      },
      forkedFrom: null,
    };
  }
}

/** What is shown, but for what is told live alone: that a run was queued, and that it was begun again. */
function shown(model: SessionModel): string[] {
  return model.rows.flatMap((row) => {
    if (row.type === 'step') return `${row.key} ${row.nodes?.join() ?? ''} ${row.tookMs}`;
    if (row.status === 'QUEUED' || (row.status === 'RUNNING' && row.attempt > 1)) return [];
    return `${row.key} ${row.tookMs}`;
  });
}

describe('exactly-once resume: the page of a session', () => {
  it('shows each step and each run once, wherever it was opened and whatever came while it was loaded', () => {
    fc.assert(
      fc.property(plans, fc.nat(), fc.nat(), (plan, opened, later) => {
        const { events, states } = new History(plan);
        const cursor = opened % states.length;
        // The cursor is read before the rest: that may be newer.
        const read = cursor + (later % (states.length - cursor));
        const [loaded, last] = [states[read], states.at(-1)];
        if (loaded === undefined || last === undefined) throw new Error('there is no such state');
        const model = new SessionModel(loaded);
        for (const event of events.slice(cursor)) model.take(event);
        const whole = new SessionModel(last);
        expect(shown(model)).toEqual(shown(whole));
        expect(new Set(model.rows.map(({ key }) => key)).size).toBe(model.rows.length);
        expect(model).toMatchObject({ status: whole.status, head: whole.head });
        expect(model.nodes.running.size).toBe(0);
        expect(model.nodes.finished).toEqual(whole.nodes.finished);
      }),
      { numRuns: 300 },
    );
  });

  it('shows pages of older steps in their order', () => {
    const { states } = new History([{ steps: 6, crashes: [], ending: 'SUCCEEDED' }]);
    const last = states.at(-1);
    if (last === undefined) throw new Error('there is no state');
    const { nodes } = last.checkpoints;
    const more = { hasNextPage: true, endCursor: 'older' };
    const model = new SessionModel({
      ...last,
      checkpoints: {
        ...last.checkpoints,
        nodes: nodes.slice(0, 2),
        pageInfo: { __typename: 'PageInfo', ...more },
      },
    });
    model.addOlder(nodes.slice(2, 4), more, [], model.olderRuns);
    model.addOlder(nodes.slice(4), { hasNextPage: false, endCursor: null }, [], model.olderRuns);
    expect(shown(model)).toEqual(shown(new SessionModel(last)));
  });

  it('lights what runs, and puts it out at the end', () => {
    const { events, states } = new History([{ steps: 3, crashes: [], ending: 'SUCCEEDED' }]);
    const [first] = states;
    if (first === undefined) throw new Error('there is no state');
    const model = new SessionModel(first);
    const lit = events.map((event) => {
      model.take(event);
      return [...model.nodes.running.keys()].join();
    });
    const step = (n: number) => [`node-${n},other`, `node-${n},other`, 'other', ''];
    expect(lit).toEqual(['', '', ...step(0), ...step(1), 'node-2,other', '']);
  });

  it('counts the tasks that finished before the page was loaded', () => {
    const { states, events } = new History([{ steps: 2, crashes: [], ending: 'SUCCEEDED' }]);
    const at = events.findIndex((event) => event.__typename === 'NodeFinished') + 1;
    const loaded = states[at];
    if (loaded === undefined) throw new Error('there is no state');
    const { nodes } = new SessionModel(loaded);
    expect([...nodes.finished]).toEqual([['node-0', 1]]);
    expect([...nodes.running]).toEqual([
      ['node-0', 1],
      ['other', 1],
    ]);
  });

  it('a message that a model writes is shown until the state has it', () => {
    const { events, states } = new History([{ steps: 2, crashes: [], ending: 'SUCCEEDED' }]);
    const [first] = states;
    if (first === undefined) throw new Error('there is no state');
    const model = new SessionModel(first);
    for (const event of events.slice(0, 3)) model.take(event);
    const live = {
      sequence: 3,
      cursor: '3',
      runId: 'run-0',
      at: new Date(0).toISOString(),
      node: 'node-0',
    };
    const piece = (offset: number, text: string) =>
      model.take({ __typename: 'MessageDelta', ...live, messageId: 'm', offset, text });
    piece(0, 'Good ');
    piece(5, 'bye');
    expect(model.messages.get('m')).toMatchObject({ text: 'Good bye', isWritten: false });
    for (const event of events.slice(3)) model.take(event);
    expect(model.messages.get('m')).toMatchObject({ isWritten: true });
    model.setState({ count: 2 }, [], model.head);
    expect(model.messages.size).toBe(0);
  });
});
