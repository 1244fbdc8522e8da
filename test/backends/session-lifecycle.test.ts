// When a run is given up, and when its next attempt begins: pure decisions, without a store.
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { claimRun, postponeRun, startSession } from '../../src/session/lifecycle.ts';
import type { Commit, SessionState } from '../../src/session/ports.ts';
import { stateAfter } from '../../src/session/state-after.ts';
import { NEW_RUN, aliceSession } from '../../src/testing/sessions.ts';

const MAX_ATTEMPTS = 5;
const RUN = 'run';

function started(): SessionState {
  const session = aliceSession(0);
  const commit = startSession(session, { ...NEW_RUN, id: RUN }, 0, undefined);
  return after({ session, active: [], latest: null }, commit);
}

function after(state: SessionState, commit: Commit | undefined): SessionState {
  return commit === undefined ? state : stateAfter(state, commit);
}

/** The worker before is dead. */
function taken(state: SessionState, now = 0): SessionState {
  const options = { workerId: randomUUID(), isDead: () => true, maxAttempts: MAX_ATTEMPTS, now };
  return after(state, claimRun(state, RUN, options));
}

function withCheckpoints(state: SessionState, count: number): SessionState {
  const { session } = state;
  const stored = { head: randomUUID(), lastOrdinal: session.lastOrdinal + count };
  return { ...state, session: { ...session, ...stored } };
}

const runOf = ({ active, latest }: SessionState) => active[0] ?? latest;

describe('deaths of the process', () => {
  it('in a row, without a new checkpoint, give the run up', () => {
    let state = taken(started());
    for (let death = 1; death < MAX_ATTEMPTS; death += 1) {
      // The input and what `__start__` makes of it are no progress, together or one by one.
      if (death <= 2) state = withCheckpoints(state, 1);
      state = taken(state);
      expect(runOf(state)).toMatchObject({ status: 'RUNNING', deaths: death });
    }
    expect(runOf(taken(state))).toMatchObject({
      status: 'FAILED',
      attempt: MAX_ATTEMPTS,
      error: { code: 'ATTEMPTS_EXHAUSTED' },
    });
  });

  it('do not give up a run that stores a checkpoint in between', () => {
    let state = withCheckpoints(taken(started()), 1);
    for (let death = 0; death < 4 * MAX_ATTEMPTS; death += 1) {
      state = taken(state);
      expect(runOf(state)?.status).toBe('RUNNING');
      if (death % 3 === 0) state = withCheckpoints(state, 1);
    }
    state = taken(withCheckpoints(state, 1));
    expect(runOf(state)).toMatchObject({ deaths: 0 });
  });
});

describe('hand-overs for the store’s sake', () => {
  it('are counted, and the next attempt begins later each time, until one stores a checkpoint', () => {
    let now = 0;
    let state = taken(started(), now);
    const pauses: number[] = [];
    const postpone = () => {
      state = after(state, postponeRun(state, RUN, state.session.epoch, now));
      const notBefore = runOf(state)?.base?.notBefore ?? 0;
      pauses.push((notBefore - now) / 1000);
      expect(taken(state, notBefore - 1)).toBe(state);
      now = notBefore;
      state = taken(state, now);
    };
    for (let n = 0; n < 11; n += 1) postpone();
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    expect(runOf(state)).toMatchObject({ status: 'RUNNING', attempt: 12, deaths: 0 });
    state = withCheckpoints(state, 3);
    postpone();
    expect(pauses.at(-1)).toBe(1);
  });
});

it('a clock that is set back does not hold a postponed run', () => {
  const hour = 3_600_000;
  let state = taken(started(), hour);
  state = after(state, postponeRun(state, RUN, state.session.epoch, hour));
  expect(runOf(taken(state, hour))?.attempt).toBe(1);
  expect(runOf(taken(state, 0))?.attempt).toBe(2);
});
