import { expect, it } from 'vitest';
import { checkJson } from '../../src/session/json-input.ts';

const many = (count: number, value: unknown) => Array<unknown>(count).fill(value);
const keys = (count: number) => Object.fromEntries(many(count, 0).map((_, n) => [`k${n}`, 0]));

// The list or object around them counts, too.
it.each([
  ['numbers', many(99_998, 1), many(99_999, 1)],
  ['empty objects', many(49_999, {}), many(50_000, {})],
  ['keys', keys(24_999), keys(25_000)],
])('takes as many %s as the event loop bears, and no more', (_name, most, tooMany) => {
  expect(() => checkJson('input', most, Infinity)).not.toThrow();
  expect(() => checkJson('input', tooMany, Infinity)).toThrow(
    '`input` has more than 100000 values; a list or an object counts as 2, a key as 3.',
  );
});
