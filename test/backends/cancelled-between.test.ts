// A run that is cancelled once its tasks have finished, and before their checkpoint is stored, can go on.
import { expect, it } from 'vitest';
import type { Backend, CheckpointSavers } from '../../src/session/ports.ts';
import { ALICE, openInProcess } from './in-process.ts';
import { type BackendName, openTestBackend } from './open-test-backend.ts';

it.each<BackendName>(['memory', 'sqlite', 'redis', 'postgres'])('%s', async (name) => {
  await using test = await openTestBackend(name);
  let cancel: (() => Promise<unknown>) | undefined;
  const attempt: CheckpointSavers['attempt'] = (given) => {
    const saver = test.backend.savers.attempt(given);
    const put = saver.put.bind(saver);
    saver.put = async (config, checkpoint, metadata, versions) => {
      if (metadata.step === 3) await cancel?.();
      return put(config, checkpoint, metadata, versions);
    };
    return saver;
  };
  const savers = new Proxy(test.backend.savers, {
    get(target, key) {
      if (key === 'attempt') return attempt;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const backend: Backend = { ...test.backend, savers };
  await using gateway = await openInProcess(backend, ['steps']);
  let sessionId = '';
  cancel = async () => {
    cancel = undefined;
    await gateway.sessions.cancel(ALICE, sessionId);
  };
  const { session } = await gateway.sessions.start(ALICE, {
    input: { task: 'go', delayMs: 20 },
  });
  sessionId = session.id;
  expect(await gateway.settled(session.id)).toMatchObject({ status: 'CANCELLED' });
  await gateway.sessions.resume(ALICE, { sessionId: session.id, onBusy: 'REJECT' });
  const settled = await gateway.settled(session.id);
  expect(settled).toMatchObject({ status: 'SUCCEEDED' });
  const { values } = await gateway.graphs.current(settled);
  expect((values as { trail: string[] }).trail).toEqual([
    'one',
    'two',
    'three',
    'four',
    'five',
    'six',
  ]);
});
