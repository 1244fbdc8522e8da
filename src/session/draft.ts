// Collects one commit: the session's new state, its events, and its runs.
import { Buffer } from 'node:buffer';
import type { Commit, SessionState } from './ports.ts';
import type { DurableDetail, LogEntry } from './progress.ts';
import { type Run, type RunError, isActive, moveRun } from './run.ts';
import { type Session, statusOf, touched } from './session.ts';

/** New work as asked for; the session gives it a number and a status. */
export type NewRun = Pick<
  Run,
  | 'id'
  | 'kind'
  | 'input'
  | 'work'
  | 'configurable'
  | 'recursionLimit'
  | 'options'
  | 'caller'
  | 'checkpointId'
>;

/** Gathers one commit. Events get their numbers here, and each status event tells the status the session then has. */
export class Draft {
  #session: Session;
  readonly #runs: Map<string, Run>;
  readonly #changed = new Map<string, Run>();
  readonly #events: LogEntry[] = [];
  readonly #now: number;

  constructor(state: SessionState, now: number) {
    this.#now = now;
    this.#session = touched(state.session, now);
    this.#runs = new Map(state.active.map((run) => [run.id, run]));
  }

  patch(changes: Partial<Session>): void {
    const session = { ...this.#session, ...changes };
    this.#session = { ...session, status: statusOf(session.restStatus, this.#active()) };
  }

  nextEpoch(): void {
    this.patch({ epoch: this.#session.epoch + 1 });
  }

  replace(run: Run): void {
    this.#runs.set(run.id, run);
    this.#changed.set(run.id, run);
    this.patch({});
  }

  log(runId: string | null, detail: DurableDetail): void {
    const sequence = this.#session.lastEvent + 1;
    this.patch({ lastEvent: sequence });
    this.#events.push({ sequence, runId, at: this.#now, detail });
  }

  queue(newRun: NewRun): void {
    const number = this.#session.lastRun + 1;
    const { input, work, configurable, options, caller } = newRun;
    const given = Buffer.byteLength(JSON.stringify([input, work, configurable, options, caller]));
    this.patch({ lastRun: number, storedBytes: this.#session.storedBytes + given });
    this.#announce({
      ...newRun,
      sessionId: this.#session.id,
      number,
      origin: null,
      status: 'QUEUED',
      attempt: 0,
      deaths: 0,
      workerId: null,
      base: null,
      createdAt: this.#now,
      startedAt: null,
      finishedAt: null,
      error: null,
    });
  }

  begin(run: Run, deaths: number, workerId: string): void {
    this.nextEpoch();
    this.patch({ asking: false });
    const { head, epoch, lastOrdinal } = this.#session;
    const base = run.base ?? { head, epoch, ordinal: lastOrdinal, endOrdinal: null };
    // LangGraph stores two checkpoints before a graph's first node runs: the input, and what `__start__` makes of it.
    const beforeNodes = base.ordinal + (run.work.type === 'input' ? 2 : 0);
    this.#announce(
      moveRun(run, 'RUNNING', {
        attempt: run.attempt + 1,
        deaths,
        workerId,
        startedAt: run.startedAt ?? this.#now,
        base: {
          ...base,
          attemptOrdinal: Math.max(lastOrdinal, beforeNodes),
          notBefore: null,
        },
      }),
    );
  }

  settle(
    run: Run,
    status: 'INTERRUPTED' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED',
    error: RunError | null,
    restStatus: Session['restStatus'] = status,
  ): void {
    this.patch({ restStatus });
    const base = run.base && { ...run.base, endOrdinal: this.#session.lastOrdinal };
    this.#announce(moveRun(run, status, { workerId: null, finishedAt: this.#now, error, base }));
  }

  /** Cancels all active runs; one higher epoch shuts out the one that runs. */
  cancelActive(): void {
    this.nextEpoch();
    for (const run of this.#active()) this.settle(run, 'CANCELLED', null);
  }

  commit(parts: Omit<Commit, 'session' | 'runs' | 'events'> = {}): Commit {
    return {
      session: this.#session,
      runs: [...this.#changed.values()],
      events: this.#events,
      ...parts,
    };
  }

  #announce(run: Run): void {
    this.replace(run);
    this.log(run.id, {
      type: 'RunStatusChanged',
      status: run.status,
      sessionStatus: this.#session.status,
      attempt: run.attempt,
      error: run.error,
    });
  }

  #active(): Run[] {
    return [...this.#runs.values()].filter(isActive);
  }
}
