import { expect, it } from 'vitest';
import pino from 'pino';
import { GraphQLError } from 'graphql';
import { GatewayError } from '../../src/errors.ts';
import { toClientError } from '../../src/graphql/errors.ts';
import { learnSecrets } from '../../src/secrets.ts';

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

it('no secret of the environment reaches a client, whatever kind of error holds it', () => {
  const secret = 'sk-of-the-environment-01';
  learnSecrets({ MODEL_API_KEY: secret });
  for (const error of [
    new GatewayError('GRAPH_ERROR', `the model refused ${secret}`),
    new GraphQLError(`Variable "$x" got invalid value "${secret}"`),
    new GraphQLError('outer', { originalError: new GatewayError('INVALID_INPUT', secret) }),
    new Error(secret),
  ]) {
    const told = toClientError(error, log);
    expect(JSON.stringify([told, told.extensions])).not.toContain(secret);
  }
  learnSecrets({});
});
