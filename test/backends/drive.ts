// Drives sessions of the graphs in shapes.ts, each by the same rule, so that two of them can be held against each other.
import type { CheckpointRow } from '../../src/session/ports.ts';
import type { Session } from '../../src/session/session.ts';
import { ALICE, type InProcess } from './in-process.ts';
import type { TestBackend } from './open-test-backend.ts';

export const OWNER = { ownerId: ALICE.id };
const HISTORY = { namespace: '', source: null, run: null };
const ALL = { first: 1000, after: null };
export const MOST_RUNS = 20;

export async function start(gateway: InProcess, input: unknown): Promise<string> {
  const { session } = await gateway.sessions.start(ALICE, { input });
  return session.id;
}

/** Drives the session until nothing is left to do. */
export async function driveToEnd(
  gateway: InProcess,
  id: string,
  atRest: (session: Session) => Promise<unknown> = () => Promise.resolve(),
): Promise<Session> {
  let session = await gateway.settled(id);
  for (let n = 0; n < MOST_RUNS; n += 1) {
    await atRest(session);
    if (await isDone(gateway, session)) return session;
    session = await goOn(gateway, session);
  }
  throw new Error(`session ${id} does not come to an end`);
}

export async function isDone(gateway: InProcess, session: Session): Promise<boolean> {
  const { next, interrupts } = await gateway.graphs.current(session);
  return next.length === 0 && interrupts.length === 0;
}

/** Answers each question with its own words, or else goes on from where it stopped. */
export async function goOn(gateway: InProcess, session: Session): Promise<Session> {
  const { interrupts } = await gateway.graphs.current(session);
  const answers = interrupts.map(({ interruptId, value }) => ({
    interruptId,
    value: `answer to ${String(value)}`,
  }));
  await gateway.sessions.resume(ALICE, {
    sessionId: session.id,
    onBusy: 'REJECT',
    ...(answers.length > 0 && { answers }),
  });
  return gateway.settled(session.id);
}

/** What the session shows of its state, as JSON. */
export async function stateOf(gateway: InProcess, session: Session): Promise<unknown> {
  const { values, next, interrupts } = await gateway.graphs.current(session);
  return JSON.parse(JSON.stringify({ values, next, interrupts }));
}

/** What a checkpoint shows. */
export async function viewOf(
  gateway: InProcess,
  session: Session,
  row: CheckpointRow,
): Promise<unknown> {
  const checkpoint = { session, row };
  const { parentId, createdAt, step, source, changedKeys } = row;
  return {
    shown: { parentId, createdAt, step, source, changedKeys },
    metadata: await gateway.checkpoints.metadata(checkpoint),
    values: await gateway.checkpoints.values(checkpoint, null),
    next: await gateway.checkpoints.next(checkpoint),
    interrupts: await gateway.checkpoints.interrupts(checkpoint),
  };
}

/** The graph's own checkpoints, oldest first. */
export async function historyOf(
  { backend }: TestBackend,
  { id }: Pick<Session, 'id'>,
): Promise<CheckpointRow[]> {
  const { items } = await backend.sessions.listCheckpoints(id, OWNER, HISTORY, ALL);
  return items.toReversed();
}
