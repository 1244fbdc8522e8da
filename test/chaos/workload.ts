// What users do meanwhile: they start sessions, wait for them, answer what they ask, and watch some from their beginning.
import { setTimeout as sleep } from 'node:timers/promises';
import { as } from '../support/caller.ts';
import { Refused } from '../support/client.ts';
import { type Event, type State, User } from '../support/user.ts';
import type { Fleet } from './fleet.ts';

export type GraphId = 'logged' | 'ask' | 'subgraphsBeside' | 'sendsToSubgraph' | 'deepBeside';

export interface Finished {
  readonly id: string;
  readonly user: string;
  readonly graphId: GraphId;
  readonly state: State;
  readonly watched: readonly Event[] | null;
}

const STEP_MS = 60;
/** What a user starts, one after the other. */
const GRAPHS: readonly GraphId[] = [
  'logged',
  'ask',
  'subgraphsBeside',
  'logged',
  'sendsToSubgraph',
  'logged',
  'deepBeside',
];
/** Every so many sessions is watched. */
const WATCHED = 3;
/** Clocks are off by up to two days, and for a moment after the storm, too. */
export const TOKEN_SECONDS = 3 * 86_400;

/** One session after another, until it is over. */
export async function work(
  fleet: Fleet,
  user: number,
  over: () => boolean,
  done: Finished[],
): Promise<void> {
  for (let n = 0; !over(); n += 1) {
    const name = `user-${user}`;
    const here = (turn: number) => new User(fleet.gatewayUrl(turn), as(name, TOKEN_SECONDS));
    const graphId = GRAPHS[n % GRAPHS.length] ?? 'logged';
    const input =
      graphId === 'logged' || graphId === 'ask'
        ? { effects: `${fleet.folder}/effects`, delayMs: STEP_MS }
        : { task: 'go' };
    const id = await persist((turn) =>
      here(turn).start({ graphId, input, idempotencyKey: `session ${user} ${n}` }),
    );
    const watching = n % WATCHED === 0 ? watchToTheEnd(here, id) : null;
    let state = await settled(here, id);
    if (state.status === 'INTERRUPTED') {
      const answers = state.interrupts.map(({ interruptId }) => ({ interruptId, value: 'yes' }));
      const request = { sessionId: id, answers, idempotencyKey: `answer ${id}` };
      await persist((turn) => here(turn).resume(request));
      state = await settled(here, id);
    }
    done.push({ id, user: name, graphId, state, watched: await watching });
  }
}

type At = (turn: number) => User;

async function settled(here: At, id: string): Promise<State> {
  for (;;) {
    const state = await persist((turn) => here(turn).settled(id, 5));
    if (!['QUEUED', 'RUNNING'].includes(state.status)) return state;
  }
}

/** Tries again, with the next gateway, what was refused for now or not answered. */
async function persist<T>(work: (turn: number) => Promise<T>): Promise<T> {
  for (let turn = 0; ; turn += 1) {
    try {
      return await work(turn);
    } catch (error) {
      if (error instanceof Refused && error.errors[0]?.extensions.retryable !== true) throw error;
      await sleep(200);
    }
  }
}

/** Comes back with its last cursor as often as the feed ends, which it does when the session asks, too. */
async function watchToTheEnd(here: At, id: string): Promise<Event[]> {
  const seen: Event[] = [];
  let cursor = Buffer.from(`${id}:0`).toString('base64url');
  for (let turn = 0; ; turn += 1) {
    try {
      for await (const event of here(turn).watch(id, { after: cursor })) {
        seen.push(event);
        ({ cursor } = event);
      }
      const last = seen.at(-1);
      const isOver = last !== undefined && 'status' in last && last.status !== 'INTERRUPTED';
      if (isOver) return seen;
    } catch {
      // It was cut off.
    }
    await sleep(100);
  }
}
