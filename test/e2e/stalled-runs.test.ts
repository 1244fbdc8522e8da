// A run that holds a slot without any progress is reported by log and metric; one that goes on is not.
import { expect, it } from 'vitest';
import { startProgram } from '../support/program.ts';
import { User } from '../support/user.ts';

it('a run without progress is reported once, and no longer once it has ended', async () => {
  await using program = await startProgram({ ENV: 'development', RUN_STALLED_AFTER: '1s' });
  const alice = new User(program.url);
  const stalled = async () => {
    const metrics = await (await fetch(new URL('/metrics', program.url))).text();
    return /^session_gateway_runs_stalled (\d+)$/m.exec(metrics)?.[1];
  };
  const reports = () => program.output().match(/"msg":"a running run makes no progress/g) ?? [];
  // Takes 20 ms a step for 4 s.
  const busy = await alice.start({ graphId: 'slow', task: 'x' });
  const id = await alice.start({ graphId: 'hanging', task: 'x' });
  await expect.poll(stalled).toBe('1');
  await alice.settled(busy);
  expect(await stalled()).toBe('1');
  expect(reports()).toHaveLength(1);
  expect(program.output()).toContain(`"sessionId":"${id}"`);
  await alice.cancel(id);
  await expect.poll(stalled).toBe('0');
});
