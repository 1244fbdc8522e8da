import { expect, it } from 'vitest';
import { UserShares } from '../../src/worker/user-shares.ts';

const run = (id: string) => ({ id, sessionId: id, attempt: 0 });

it('takes up what was begun elsewhere before what waits to be begun', () => {
  const shares = new UserShares(1);
  shares.begin(run('a1'), 'alice');
  for (const id of ['a2', 'a3']) shares.begin(run(id), 'alice');
  for (const id of ['a4', 'a5']) shares.begin({ ...run(id), attempt: 1 }, 'alice');
  expect(shares.end('a1')?.id).toBe('a4');
  shares.begin({ ...run('a4'), attempt: 1 }, 'alice');
  expect(shares.end('a4')?.id).toBe('a5');
  shares.begin({ ...run('a5'), attempt: 1 }, 'alice');
  expect(shares.end('a5')?.id).toBe('a2');
});

it('parks a user’s runs beyond their share, in order, and nobody else’s', () => {
  const shares = new UserShares(2);
  expect(['a1', 'a2', 'a3', 'a4'].map((id) => shares.begin(run(id), 'alice'))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(shares.begin(run('b1'), 'bob')).toBe(true);
  // A decision may be made anew, and a queue may deliver again.
  expect(shares.begin(run('a1'), 'alice')).toBe(true);
  expect(shares.begin(run('a3'), 'alice')).toBe(false);
  expect(shares.parked).toBe(2);
  expect(shares.end('b1')).toBeUndefined();
  expect(shares.end('a1')?.id).toBe('a3');
  expect(shares.isParked('a3')).toBe(false);
  expect(shares.begin(run('a3'), 'alice')).toBe(true);
  // One that was taken elsewhere meanwhile lets the next one go on.
  expect(shares.end('a2')?.id).toBe('a4');
  expect(shares.end('a4')).toBeUndefined();
  expect(shares.end('never begun')).toBeUndefined();
  expect(shares.parked).toBe(0);
});
