// Long histories, made by the fenced steps of one attempt without a graph that would have to run for hours.
import { randomBytes } from 'node:crypto';
import { type BaseCheckpointSaver, uuid6 } from '@langchain/langgraph-checkpoint';
import { claimRun, settleRun, startSession } from '../src/session/lifecycle.ts';
import type { Attempt, Backend } from '../src/session/ports.ts';
import { newSession } from '../src/session/session.ts';

/** A settled session of so many checkpoints, each with a state of its own, as fenced steps have put them. */
export async function seedHistory(
  backend: Backend,
  checkpoints: number,
  stateBytes: number,
): Promise<string> {
  const attempt = await openAttempt(backend);
  const { sessionId, runId, epoch } = attempt;
  await putAll(backend.savers.attempt(attempt), sessionId, checkpoints, stateBytes);
  await backend.sessions.change(sessionId, 'system', (state) =>
    settleRun(state, runId, epoch, { status: 'SUCCEEDED' }, Date.now()),
  );
  return sessionId;
}

/** A new session, whose run is this attempt's. */
export async function openAttempt(backend: Backend): Promise<Attempt> {
  const now = Date.now();
  const given = { ownerId: 'local', graphId: 'loop', task: null, metadata: {}, configurable: {} };
  const session = newSession({ ...given, context: null, recursionLimit: null, ttlMs: null, now });
  const newRun = {
    id: session.id,
    kind: 'START',
    input: {},
    work: { type: 'input', input: {} },
    configurable: {},
    recursionLimit: null,
    checkpointId: null,
  } as const;
  await backend.sessions.create(startSession(session, newRun, now, undefined));
  const options = { workerId: 'bench', isDead: () => false, maxAttempts: 1, now };
  const begun = await backend.sessions.change(session.id, 'system', (state) =>
    claimRun(state, session.id, options),
  );
  return {
    sessionId: session.id,
    runId: session.id,
    epoch: begun?.session.epoch ?? 0,
    describeCheckpoint: () => ({ next: ['step'], changedKeys: ['text', 'count'] }),
    nodeOf: () => Promise.resolve('step'),
    checkSize: () => undefined,
    onLogged: () => undefined,
    onRefused: (error) => {
      throw error;
    },
  };
}

async function putAll(
  saver: BaseCheckpointSaver,
  threadId: string,
  checkpoints: number,
  stateBytes: number,
): Promise<void> {
  let parent: string | undefined;
  for (let step = 0; step < checkpoints; step += 1) {
    const id = uuid6(step);
    const version = saver.getNextVersion(step);
    const versions = { text: version, count: version, 'branch:to:step': version };
    await saver.put(
      {
        configurable: {
          thread_id: threadId,
          checkpoint_ns: '',
          ...(parent !== undefined && { checkpoint_id: parent }),
        },
      },
      {
        v: 4,
        id,
        ts: new Date().toISOString(),
        channel_values: {
          text: randomBytes((stateBytes * 3) / 4).toString('base64'),
          count: step,
          'branch:to:step': null,
        },
        channel_versions: versions,
        versions_seen: { step: {} },
      },
      { source: 'loop', step, parents: {} },
      versions,
    );
    parent = id;
  }
}
