import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { AnswersInFlight } from '../../src/graphql/answers.ts';
import { type Services, createRequestContext } from '../../src/graphql/context.ts';
import { ALL_PERMITTED } from '../../src/session/policy.ts';
import { TurnsPerUser } from '../../src/session/turns-per-user.ts';
import type { Session } from '../../src/session/session.ts';

it('gives each user so many turns at once, in the order in which they asked, and forgets who has none', async () => {
  const asked = fc.array(fc.record({ user: fc.constantFrom('a', 'b', 'c'), fails: fc.boolean() }));
  await fc.assert(
    fc.asyncProperty(
      asked,
      fc.integer({ min: 1, max: 4 }),
      fc.scheduler(),
      async (all, most, s) => {
        const turns = new TurnsPerUser(most);
        const running = new Map<string, number>();
        const begun: number[] = [];
        const taken = all.map(({ user, fails }, n) =>
          turns.take(user, async () => {
            begun.push(n);
            const now = (running.get(user) ?? 0) + 1;
            expect(now).toBeLessThanOrEqual(most);
            running.set(user, now);
            await s.schedule(Promise.resolve());
            running.set(user, (running.get(user) ?? 0) - 1);
            if (fails) throw new Error(`${n} fails`);
            return n;
          }),
        );
        const settled = Promise.allSettled(taken);
        await s.waitFor(settled);
        expect(await settled).toEqual(
          all.map(({ fails }, value) =>
            fails
              ? { status: 'rejected', reason: new Error(`${value} fails`) }
              : { status: 'fulfilled', value },
          ),
        );
        for (const user of ['a', 'b', 'c']) {
          const own = begun.filter((n) => all[n]?.user === user);
          expect(own).toEqual(own.toSorted((one, other) => one - other));
        }
        expect(turns.users).toBe(0);
      },
    ),
  );
});

it('lets nobody wait for the turns of others', async () => {
  const turns = new TurnsPerUser(1);
  const { promise, resolve } = Promise.withResolvers<string>();
  const first = turns.take('a', () => promise);
  const second = turns.take('a', () => 'second');
  expect(await turns.take('b', () => 'of b')).toBe('of b');
  resolve('first');
  expect(await Promise.all([first, second])).toEqual(['first', 'second']);
});

it('lets the next one begin where a turn never ends, or waits for another turn', async () => {
  const turns = new TurnsPerUser(1, 20);
  const never = turns.take('a', () => new Promise<never>(() => undefined));
  const within = turns.take('a', () => turns.take('a', () => 'within'));
  expect(await within).toBe('within');
  expect(await Promise.race([never, turns.take('a', () => 'next')])).toBe('next');
  expect(turns.users).toBe(0);
});

it('reads nothing for who has left, or has more answers unread than fit', async () => {
  let reads = 0;
  const answers = new AnswersInFlight({ maxBytes: 100, maxPerUser: 10, maxBytesPerUser: 100 });
  const services = {
    answers,
    turns: new TurnsPerUser(1),
    policy: ALL_PERMITTED,
    graphs: { current: () => Promise.resolve((reads += 1)) },
    closing: new AbortController().signal,
  } as unknown as Services;
  const session = { id: 's' } as Session;
  const contextOf = (answer: ReturnType<AnswersInFlight['begin']>) =>
    createRequestContext({ id: 'a' }, services, { lastEventId: null, answer });
  const gone = answers.begin('a');
  gone[Symbol.dispose]();
  await expect(contextOf(gone).stateOf(session)).rejects.toThrow('The client has left');
  const full = answers.begin('a');
  full.take('x'.repeat(90), 'values');
  // There is some room, as long as it is not known to be too little.
  const next = answers.begin('a');
  expect(await contextOf(next).stateOf(session)).toBe(1);
  expect(() => next.take('x'.repeat(20), 'values')).toThrow('ANSWER_BYTES_PER_USER');
  next[Symbol.dispose]();
  await expect(contextOf(answers.begin('a')).stateOf(session)).rejects.toThrow(
    'ANSWER_BYTES_PER_USER',
  );
  expect(reads).toBe(1);
  full[Symbol.dispose]();
  expect(await contextOf(answers.begin('a')).stateOf(session)).toBe(2);
});
