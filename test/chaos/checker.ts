// Checks what must hold of every session, whatever faults it met, from durable acceptance to settled stays settled: by its
// state, its log, and what its watchers saw.
import { as } from '../support/caller.ts';
import { type Event, User, durableSequences, upTo } from '../support/user.ts';
import type { Fleet } from './fleet.ts';
import { type Finished, type GraphId, TOKEN_SECONDS } from './workload.ts';

/** What graphs with subgraphs beside each other end with, in the order of the alphabet. */
const TRAILS: Readonly<Record<Exclude<GraphId, 'logged' | 'ask'>, readonly string[]>> = {
  subgraphsBeside: ['joined 4', 'left first', 'left second', 'right first', 'right second'],
  sendsToSubgraph: [
    'gathered 9',
    'split',
    ...Array.from({ length: 4 }, () => 'work first'),
    ...Array.from({ length: 4 }, () => 'work second'),
  ],
  deepBeside: [
    'joined 10',
    ...['left', 'right'].flatMap((name) => [
      `${name} begins`,
      `${name} both`,
      `${name} two first`,
      `${name} two second`,
    ]),
    'right ends',
    'yes',
  ].toSorted(),
};

const STEPS = upTo(10).map((n) => `step${n}`);

/** @returns what does not hold */
export async function check(fleet: Fleet, finished: Finished): Promise<string[]> {
  const { id, user, graphId, state, watched } = finished;
  const violations: string[] = [];
  const must = (holds: boolean, what: string) => {
    if (!holds) violations.push(`session ${id} (${graphId}): ${what}`);
  };
  must(
    state.status === 'SUCCEEDED' && state.next.length === 0,
    `it ended as ${state.status}: ${JSON.stringify(state.latestRun?.error)}`,
  );
  const from = Buffer.from(`${id}:0`).toString('base64url');
  const reader = new User(fleet.gatewayUrl(0), as(user, TOKEN_SECONDS));
  const log = await reader.events(id, { after: from });
  const sequences = durableSequences(log);
  must(
    sequences.every((sequence, n) => sequence === n + 1),
    `its log has gaps: ${sequences.join()}`,
  );
  const nodes = log.flatMap((event) =>
    event.type === 'NodeFinished' && 'node' in event ? [event.node] : [],
  );
  const trail = (state.values as { trail?: string[] } | null)?.trail ?? [];
  if (graphId === 'logged') {
    must(nodes.join() === STEPS.join(), `its nodes finished as ${nodes.join()}`);
    const steps = trail.map((line) => line.split(' ')[1]);
    must(steps.join() === STEPS.join(), `its state has the steps ${steps.join()}`);
  } else if (graphId === 'ask') {
    must(
      trail.filter((line) => line.endsWith('yes')).length === 2,
      `its answers are ${trail.join()}`,
    );
  } else {
    const expected = TRAILS[graphId].join();
    must(trail.toSorted().join() === expected, `its subgraphs said ${trail.toSorted().join()}`);
  }
  const steps = log.flatMap((event) =>
    event.type === 'CheckpointSaved' && 'step' in event && event.namespace === ''
      ? [event.step]
      : [],
  );
  must(
    steps.every((step, n) => step === n - 1),
    `its checkpoints are of the steps ${steps.join()}`,
  );
  must(attemptsRise(log), 'an attempt is not higher than the one before');
  if (watched !== null) {
    const seen = watched.filter((event) => durableSequences([event]).length > 0);
    must(JSON.stringify(seen) === JSON.stringify(log), 'a watcher saw something else than its log');
  }
  return violations;
}

/** Of each run: RUNNING again only with a higher attempt, and nothing after it has settled. */
function attemptsRise(log: readonly Event[]): boolean {
  let last = 0;
  for (const event of log) {
    if (event.type !== 'RunStatusChanged' || !('attempt' in event)) continue;
    if (event.status === 'QUEUED') last = 0;
    if (event.status !== 'RUNNING') continue;
    if (event.attempt <= last) return false;
    last = event.attempt;
  }
  return true;
}
