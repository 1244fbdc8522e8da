// Single-writer fencing, the event log, and settled stays settled: random sequences of what can happen to a session, on every backend, against a simple model.
import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import {
  BUSY_POLICIES,
  type BusyPolicy,
  acceptRun,
  cancelRun,
  cancelSession,
  claimRun,
  releaseRun,
  settleRun,
} from '../../src/session/lifecycle.ts';
import type { Backend } from '../../src/session/ports.ts';
import { RUN_TRANSITIONS, type RunStatus } from '../../src/session/run.ts';
import { BACKENDS, openTestBackend } from './open-test-backend.ts';
import { NEW_RUN, storeSession } from '../../src/testing/sessions.ts';

interface Model {
  /** The status of each run, in the order of acceptance. */
  readonly runs: {
    id: string;
    status: RunStatus;
    attempt: number;
    deaths: number;
    held: boolean;
  }[];
  epoch: number;
  asking: boolean;
  /** What the session is while nothing is queued or running. */
  rest: RunStatus | 'IDLE';
}

interface Real {
  readonly backend: Backend;
  readonly sessionId: string;
}

const MAX_ATTEMPTS = 3;
const now = () => Date.now();

class Resume implements fc.AsyncCommand<Model, Real> {
  readonly policy: BusyPolicy;

  constructor(policy: BusyPolicy) {
    this.policy = policy;
  }

  check = () => true;

  async run(model: Model, real: Real): Promise<void> {
    const id = randomUUID();
    const active = activeOf(model);
    const work = real.backend.sessions.change(real.sessionId, 'system', (state) =>
      acceptRun(
        state,
        { ...NEW_RUN, kind: 'MESSAGE', id },
        { onBusy: this.policy, now: now(), idempotency: undefined, rollback: null },
      ),
    );
    if (active.length > 0 && this.policy === 'REJECT') {
      await expect(work).rejects.toSatisfy(
        (error) => error instanceof GatewayError && error.code === 'SESSION_BUSY',
      );
    } else {
      await work;
      if (active.length > 0 && this.policy !== 'ENQUEUE') {
        for (const run of active) run.status = 'CANCELLED';
        model.epoch += 1;
        model.rest = 'CANCELLED';
      }
      model.asking = false;
      model.runs.push({ id, status: 'QUEUED', attempt: 0, deaths: 0, held: false });
    }
    await compare(model, real);
  }

  toString = () => `resume(${this.policy})`;
}

/** A worker looks for work; with `crashed`, the one that holds the run is dead. */
class Claim implements fc.AsyncCommand<Model, Real> {
  readonly crashed: boolean;

  constructor(crashed: boolean) {
    this.crashed = crashed;
  }

  check = (model: Readonly<Model>) => activeOf(model).length > 0;

  async run(model: Model, real: Real): Promise<void> {
    const [run] = activeOf(model);
    if (run === undefined) return;
    await real.backend.sessions.change(real.sessionId, 'system', (state) =>
      claimRun(state, run.id, {
        workerId: 'worker',
        isDead: () => this.crashed,
        maxAttempts: MAX_ATTEMPTS,
        now: now(),
      }),
    );
    const free = run.status === 'QUEUED' || !run.held || this.crashed;
    if (free) {
      if (run.status === 'RUNNING' && run.held) run.deaths += 1;
      if (run.deaths >= MAX_ATTEMPTS) {
        run.status = 'FAILED';
        model.rest = 'FAILED';
      } else {
        run.status = 'RUNNING';
        run.attempt += 1;
        run.held = true;
        model.epoch += 1;
        model.asking = false;
      }
    }
    await compare(model, real);
  }

  toString = () => (this.crashed ? 'crash, claim' : 'claim');
}

class Settle implements fc.AsyncCommand<Model, Real> {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'INTERRUPTED';
  readonly late: boolean;

  constructor(status: 'SUCCEEDED' | 'FAILED' | 'INTERRUPTED', late: boolean) {
    this.status = status;
    this.late = late;
  }

  check = (model: Readonly<Model>) => activeOf(model)[0]?.status === 'RUNNING';

  async run(model: Model, real: Real): Promise<void> {
    const [run] = activeOf(model);
    if (run === undefined) return;
    const question = { interruptId: 'i', value: 1, responseSchema: null, node: 'n', namespace: '' };
    const outcome =
      this.status === 'FAILED'
        ? { status: this.status, error: { code: 'GRAPH_ERROR' as const, message: 'x', node: null } }
        : this.status === 'INTERRUPTED'
          ? { status: this.status, interrupts: [question] }
          : { status: this.status };
    const epoch = this.late ? model.epoch - 1 : model.epoch;
    await real.backend.sessions.change(real.sessionId, 'system', (state) =>
      settleRun(state, run.id, epoch, outcome, now()),
    );
    if (!this.late) {
      run.status = this.status;
      model.rest = this.status;
      model.asking = this.status === 'INTERRUPTED';
    }
    await compare(model, real);
  }

  toString = () => `${this.late ? 'late ' : ''}settle(${this.status})`;
}

class Release implements fc.AsyncCommand<Model, Real> {
  check = (model: Readonly<Model>) => activeOf(model)[0]?.status === 'RUNNING';

  async run(model: Model, real: Real): Promise<void> {
    const [run] = activeOf(model);
    if (run === undefined) return;
    await real.backend.sessions.change(real.sessionId, 'system', (state) =>
      releaseRun(state, run.id, model.epoch, now()),
    );
    run.held = false;
    await compare(model, real);
  }

  toString = () => 'release';
}

class Cancel implements fc.AsyncCommand<Model, Real> {
  check = () => true;

  async run(model: Model, real: Real): Promise<void> {
    await real.backend.sessions.change(real.sessionId, 'system', (state) =>
      cancelSession(state, now()),
    );
    const active = activeOf(model);
    const last = model.runs.at(-1);
    const waits = last?.status === 'INTERRUPTED' && model.rest === 'INTERRUPTED';
    if (active.length > 0 || waits || model.asking) {
      model.epoch += 1;
      model.rest = 'CANCELLED';
      for (const run of active) run.status = 'CANCELLED';
      if (active.length === 0 && waits) last.status = 'CANCELLED';
    }
    model.asking = false;
    await compare(model, real);
  }

  toString = () => 'cancel';
}

class CancelRun implements fc.AsyncCommand<Model, Real> {
  readonly which: number;

  constructor(which: number) {
    this.which = which;
  }

  check = (model: Readonly<Model>) => model.runs.length > 0;

  async run(model: Model, real: Real): Promise<void> {
    const index = this.which % model.runs.length;
    const run = model.runs[index];
    const stored = await real.backend.sessions.findRunByNumber(real.sessionId, index + 1, 'system');
    if (run === undefined || stored === null) throw new Error('there is no such run');
    await real.backend.sessions.change(real.sessionId, 'system', (state) =>
      cancelRun(state, stored.id, now()),
    );
    const waits =
      run.status === 'INTERRUPTED' &&
      model.rest === 'INTERRUPTED' &&
      run === model.runs.at(-1) &&
      activeOf(model).length === 0;
    if (run.status === 'RUNNING' || waits) {
      model.epoch += 1;
      model.rest = 'CANCELLED';
    }
    if (waits) model.asking = false;
    const isOver = model.rest !== 'IDLE' && model.rest !== 'INTERRUPTED';
    if (run.status === 'QUEUED' && !isOver) model.rest = 'CANCELLED';
    if (['QUEUED', 'RUNNING'].includes(run.status) || waits) run.status = 'CANCELLED';
    await compare(model, real);
  }

  toString = () => `cancel run ${this.which}`;
}

function activeOf(model: Readonly<Model>) {
  return model.runs.filter(({ status }) => status === 'QUEUED' || status === 'RUNNING');
}

async function compare(model: Model, { backend, sessionId }: Real): Promise<void> {
  const session = await backend.sessions.find(sessionId, 'system');
  const { items } = await backend.sessions.listRuns(sessionId, 'system', {
    first: 100,
    after: null,
  });
  const expected = model.runs.map(({ status, attempt }) => ({ status, attempt }));
  expect(items.toReversed().map(({ status, attempt }) => ({ status, attempt }))).toEqual(expected);
  const active = activeOf(model);
  const status =
    active.find((run) => run.status === 'RUNNING')?.status ?? active[0]?.status ?? model.rest;
  expect(session).toMatchObject({ status, epoch: model.epoch, asking: model.asking });

  const log = await backend.sessions.readLog(sessionId, 'system', 0, 10_000);
  expect(log.map(({ sequence }) => sequence)).toEqual(log.map((_, index) => index + 1));
  const moves = new Map<string | null, RunStatus>();
  for (const { runId, detail } of log) {
    if (detail.type !== 'RunStatusChanged') continue;
    const from = moves.get(runId);
    if (from !== undefined) expect(RUN_TRANSITIONS[from]).toContain(detail.status);
    moves.set(runId, detail.status);
  }
  expect([...moves.values()]).toEqual(expected.map((run) => run.status));
}

const command = fc.oneof(
  fc.constantFrom(...BUSY_POLICIES).map((policy) => new Resume(policy)),
  fc.boolean().map((crashed) => new Claim(crashed)),
  fc
    .tuple(fc.constantFrom('SUCCEEDED', 'FAILED', 'INTERRUPTED'), fc.boolean())
    .map(([status, late]) => new Settle(status, late)),
  fc.constant(new Release()),
  fc.constant(new Cancel()),
  fc.nat(20).map((which) => new CancelRun(which)),
);

describe.each(BACKENDS)('on %s', (name) => {
  it('runs move as the table says, whatever is asked in whatever order', async () => {
    await using test = await openTestBackend(name);
    const property = fc.asyncProperty(
      fc.commands([command], { maxCommands: 30 }),
      async (commands) => {
        const session = await storeSession(test.backend);
        const setup = () => ({
          model: {
            runs: [
              { id: session.id, status: 'QUEUED' as const, attempt: 0, deaths: 0, held: false },
            ],
            epoch: 0,
            asking: false,
            rest: 'IDLE' as const,
          },
          real: { backend: test.backend, sessionId: session.id },
        });
        await fc.asyncModelRun(setup, commands);
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });
});
