import { expect, it } from 'vitest';
import pino from 'pino';
import { toClientError } from '../../src/graphql/errors.ts';

const log = pino({ level: 'silent' });

/** What V8 itself throws. */
function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

it('tells an answer that is too large from a request that is too deep, and from a fault of ours', () => {
  const tooLarge = thrownBy(() => 'x'.repeat(2 ** 30));
  expect(toClientError(tooLarge, log).extensions['code']).toBe('LIMIT_EXCEEDED');
  const down = (): unknown => [down()];
  const tooDeep = thrownBy(down);
  expect(toClientError(tooDeep, log).extensions['code']).toBe('INVALID_INPUT');
  const ours = thrownBy(() => Array.from({ length: 2 }).fill(0).with(5, 0));
  expect(toClientError(ours, log).extensions['code']).toBe('INTERNAL');
});
