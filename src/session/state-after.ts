import type { Commit, SessionState } from './ports.ts';
import { isActive } from './run.ts';

/** The session's state once `commit`, which was decided over `state`, is stored. */
export function stateAfter(state: SessionState, commit: Commit): SessionState {
  const runs = new Map(state.active.map((run) => [run.number, run]));
  if (state.latest !== null) runs.set(state.latest.number, state.latest);
  for (const run of commit.runs ?? []) runs.set(run.number, run);
  const all = [...runs.values()].toSorted((a, b) => a.number - b.number);
  return { session: commit.session, active: all.filter(isActive), latest: all.at(-1) ?? null };
}
