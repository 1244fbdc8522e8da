import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import type { Backend } from '../../src/session/ports.ts';
import { EventTrimmer } from '../../src/worker/event-trimmer.ts';

it('a session that settles while it is trimmed is trimmed again, and one that fails does not hold up the others', async () => {
  const trimmed: string[] = [];
  let failures = 1;
  const gate = Promise.withResolvers<void>();
  const sessions = {
    longHistories: () => Promise.resolve({ sessions: [], next: null }),
    trimLog: async (id: string) => {
      if (id === 'bad' && failures > 0) {
        failures -= 1;
        throw new Error('not now');
      }
      trimmed.push(id);
      if (trimmed.length === 1) await gate.promise;
      return false;
    },
  } as Partial<Backend['sessions']> as Backend['sessions'];
  const log = pino({ level: 'silent' });
  await using trimmer = new EventTrimmer({ backend: { sessions }, log, keep: 5 });
  trimmer.consider('settling');
  await vi.waitFor(() => expect(trimmed).toEqual(['settling']), 3000);
  trimmer.consider('settling');
  trimmer.consider('bad');
  trimmer.consider('other');
  gate.resolve();
  await vi.waitFor(() => expect(trimmed).toHaveLength(4), 5000);
  expect(trimmed.toSorted()).toEqual(['bad', 'other', 'settling', 'settling']);
});
