// Random bytes out of the pool are as those of the system: all that is asked for, and never the same twice.
import { expect, it } from 'vitest';
import '../../src/pooled-random.ts';

const isFilled = (values: ArrayLike<number>) => Array.from(values).some((value) => value !== 0);

it('gives no bytes twice, however many are asked for', () => {
  const seen = new Set<string>();
  for (let n = 0; n < 5000; n += 1)
    seen.add(Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex'));
  expect(seen.size).toBe(5000);
});

it('fills what it is given, and nothing beside it', () => {
  const whole = new Uint8Array(64);
  const part = whole.subarray(16, 48);
  expect(crypto.getRandomValues(part)).toBe(part);
  expect(isFilled(part)).toBe(true);
  expect(isFilled(whole.subarray(0, 16)) || isFilled(whole.subarray(48))).toBe(false);
  expect(isFilled(crypto.getRandomValues(new Uint8Array(60_000)))).toBe(true);
  expect(isFilled(crypto.getRandomValues(new Uint32Array(16)))).toBe(true);
  expect(crypto.getRandomValues(new Uint8Array(0))).toHaveLength(0);
});
