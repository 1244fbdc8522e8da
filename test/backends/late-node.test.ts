// Promises 3 and 5: a worker that was frozen between two steps, and taken over meanwhile, begins no further node.
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openMemoryBackend } from '../../src/backends/memory/index.ts';
import { ALICE, openInProcess } from './in-process.ts';
import { beginAttempt } from '../../src/testing/sessions.ts';
import { temporaryFolder } from '../support/program.ts';

it('a worker whose beats had a lapse asks who owns the session before it begins a node', async () => {
  using folder = temporaryFolder();
  const effects = `${folder.path}/effects`;
  const linesOf = () => (existsSync(effects) ? readFileSync(effects, 'utf8').split('\n') : ['']);
  const stepsDone = () => linesOf().length - 1;

  await using memory = openMemoryBackend();
  let sessionId = '';
  let taken: Promise<unknown> | undefined;
  const registry = {
    workerId: 'frozen',
    isDead: () => false,
    // It wakes up before its fourth node; another worker has claimed the run since its third.
    beatingSince() {
      if (stepsDone() === 3) taken ??= beginAttempt(memory, sessionId, 'other');
      return taken === undefined ? -Infinity : performance.now();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const process = await openInProcess({ ...memory, openWorkerRegistry: async () => registry }, [
    'tenSteps',
  ]);
  const started = await process.sessions.start(ALICE, {
    graphId: 'tenSteps',
    input: { effects, delayMs: 20 },
  });
  sessionId = started.session.id;
  await expect.poll(() => taken).toBeDefined();
  await process[Symbol.asyncDispose]();
  expect(stepsDone()).toBe(3);
  expect((await memory.sessions.find(sessionId, 'system'))?.epoch).toBe(2);
});
