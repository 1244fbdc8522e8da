// What a run's owner and the log are told of an error, whatever it is.
import { afterEach, expect, it } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { learnSecrets } from '../../src/secrets.ts';
import { describeThrown } from '../../src/telemetry/log.ts';
import { toRunError } from '../../src/worker/run-error.ts';

afterEach(() => learnSecrets({}));

const told = (error: unknown) => toRunError(error, (each) => (each === error ? 'node' : null));
const messages = (error: unknown) => told(error).causes?.map(({ message }) => message);

it('has the chain of causes, nearest first', () => {
  const error = new Error('top', {
    cause: new TypeError('middle', { cause: new GatewayError('LIMIT_EXCEEDED', 'bottom') }),
  });
  expect(told(error)).toEqual({
    code: 'GRAPH_ERROR',
    message: 'Error: top',
    node: 'node',
    causes: [
      { code: 'GRAPH_ERROR', message: 'TypeError: middle', node: null },
      { code: 'LIMIT_EXCEEDED', message: 'bottom', node: null },
    ],
  });
});

it('unpacks what an AggregateError is made of', () => {
  const inner = new AggregateError([new Error('c')], 'b', { cause: new Error('d') });
  expect(messages(new AggregateError([new Error('a'), inner], 'top'))).toEqual([
    'Error: a',
    'AggregateError: b',
    'Error: c',
    'Error: d',
  ]);
});

it('is bounded: by number, by depth, by length, and where causes go round', () => {
  const wide = new AggregateError(
    Array.from({ length: 100 }, (_, n) => new Error(`${n}`)),
    'wide',
  );
  expect(messages(wide)).toHaveLength(10);
  let deep = new Error('bottom');
  for (let n = 0; n < 100; n += 1) deep = new Error(`${n}`, { cause: deep });
  expect(messages(deep)).toHaveLength(5);
  const round = new Error('round');
  round.cause = round;
  expect(messages(round)).toEqual([]);
  expect(messages(new Error('x', { cause: new Error('y'.repeat(1e6)) }))?.[0]?.length).toBeLessThan(
    10_100,
  );
});

it.each([undefined, null, 'a word', 7, { name: 'Odd', message: 'shape' }, Object.create(null)])(
  'takes anything that can be thrown',
  (thrown) => {
    expect(told(thrown)).toMatchObject({ code: 'GRAPH_ERROR', causes: [] });
  },
);

it('the log takes an error of any shape, and no secret of it', () => {
  learnSecrets({ API_KEY: 'sk-0123456789abcdef' });
  const odd = Object.assign(
    new AggregateError([Object.create(null), new Error('refused sk-0123456789abcdef')], 'outer'),
    { stack: 5, cause: Object.assign(new Error('none'), { message: Object.create(null) }) },
  );
  expect(describeThrown(odd, true)).toEqual({
    type: 'AggregateError',
    message: 'outer',
    errors: ['Error: something that has no words', expect.stringMatching(/^Error: refused [^s]/)],
    cause: expect.objectContaining({
      type: 'Error',
      message: 'Error: something that has no words',
    }) as unknown,
  });
  expect(describeThrown(odd, false)).toMatchObject({ type: 'AggregateError', stack: '' });
});
