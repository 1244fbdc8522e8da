// Who waits for whom among the steps of one attempt: only later steps for earlier ones of the same namespace.
import { setImmediate } from 'node:timers/promises';
import { array, assert, asyncProperty, constantFrom, nat, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Step, StepQueue } from '../../src/backends/postgres/step-queue.ts';

interface Stored {
  readonly subject: string;
  readonly with?: string | undefined;
}

function recorded() {
  const stored: Stored[] = [];
  const queue = new StepQueue(async (step, checkpoint) => {
    await setImmediate();
    stored.push({ subject: step.subject, with: checkpoint?.subject });
  });
  return { stored, queue };
}

function step(subject: string, statement: Step['statement']): () => Promise<Step> {
  return async () => ({ statement, threadId: 't', event: null, subject, parameters: [] });
}

describe('steps of one attempt', () => {
  it('of two subgraphs in the same turn do not wait for each other', async () => {
    const { stored, queue } = recorded();
    await Promise.all([
      queue.writes('left:1', step('w1', 'putWrites')),
      queue.writes('right:2', step('w2', 'putWrites')),
      Promise.resolve().then(() => queue.checkpoint('left:1', step('c1', 'putCheckpoint'))),
      Promise.resolve().then(() => queue.checkpoint('right:2', step('c2', 'putCheckpoint'))),
    ]);
    expect(stored).toEqual([
      { subject: 'w1', with: 'c1' },
      { subject: 'w2', with: 'c2' },
    ]);
  });

  it('of one namespace in the same turn do not wait for each other', async () => {
    const { stored, queue } = recorded();
    await Promise.all([
      queue.writes('', step('w1', 'putWrites')),
      queue.writes('', step('w2', 'putWrites')),
      Promise.resolve().then(() => queue.checkpoint('', step('c1', 'putCheckpoint'))),
      Promise.resolve().then(() => queue.checkpoint('', step('c2', 'putCheckpoint'))),
    ]);
    expect(stored.flatMap((each) => [each.subject, each.with ?? []].flat()).toSorted()).toEqual([
      'c1',
      'c2',
      'w1',
      'w2',
    ]);
  });

  it('after one that was refused are not stored', async () => {
    const stored: string[] = [];
    const refuses = new Set(['w1']);
    const queue = new StepQueue(async ({ subject }, checkpoint) => {
      await setImmediate();
      if (refuses.has(subject)) throw new Error('the store is away');
      stored.push(subject, checkpoint?.subject ?? '');
    });
    const asked = await Promise.allSettled([
      queue.writes('', step('w1', 'replaceWrites')),
      Promise.resolve().then(() => queue.checkpoint('', step('c1', 'putCheckpoint'))),
    ]);
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(queue.writes('', step('w2', 'putWrites'))).rejects.toThrow('the store is away');
    expect(stored).toEqual([]);
  });

  it('whatever their order and namespaces are all stored, each checkpoint after its own writes', async () => {
    const steps = array(
      record({
        kind: constantFrom('writes', 'replace', 'checkpoint'),
        namespace: constantFrom('', 'a', 'b'),
        turns: nat(3),
      }),
      { maxLength: 12 },
    );
    await assert(
      asyncProperty(steps, async (given) => {
        const { stored, queue } = recorded();
        const begun: string[] = [];
        await Promise.all(
          given.map(async ({ kind, namespace, turns }, n) => {
            for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
            const subject = `${namespace}/${kind}/${n}`;
            begun.push(subject);
            if (kind === 'checkpoint')
              await queue.checkpoint(namespace, step(subject, 'putCheckpoint'));
            else {
              const statement = kind === 'writes' ? 'putWrites' : 'replaceWrites';
              await queue.writes(namespace, step(subject, statement));
            }
          }),
        );
        const order = stored.flatMap((each) => [each.subject, each.with ?? []].flat());
        expect(order.toSorted()).toEqual(begun.toSorted());
        for (const [n, subject] of begun.entries()) {
          if (!subject.includes('/checkpoint/')) continue;
          const own = begun
            .slice(0, n)
            .filter(
              (other) =>
                other.split('/')[0] === subject.split('/')[0] && !other.includes('/checkpoint/'),
            );
          for (const writes of own)
            expect(order.indexOf(writes)).toBeLessThan(order.indexOf(subject));
        }
      }),
      { numRuns: 300 },
    );
  });
});
