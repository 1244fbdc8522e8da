// Who waits for whom among the steps of one attempt: only later steps for earlier ones of the same namespace.
import { setImmediate } from 'node:timers/promises';
import { array, assert, asyncProperty, boolean, constantFrom, nat, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CheckpointStep,
  type Step,
  StepOrder,
  type WritesStep,
} from '../../src/backends/step-order.ts';

const nameOf = (step: Step<null>) => (step.type === 'writes' ? step.taskId : step.checkpointId);

/** An order whose commits are recorded, each as the names of its steps. */
function recorded(joins: boolean, refused?: string) {
  const commits: string[][] = [];
  const order = new StepOrder<null>(async (steps) => {
    await setImmediate();
    const names = steps.map(nameOf);
    if (refused !== undefined && names.includes(refused)) throw new Error('the store is away');
    commits.push(names);
  }, joins);
  return { commits, order };
}

function writes(taskId: string, replaces = false): () => Promise<WritesStep> {
  const where = { namespace: '', checkpointId: '', taskPath: '' };
  return async () => ({
    type: 'writes',
    ...where,
    taskId,
    writes: [],
    replaces,
    bytes: 0,
    event: null,
  });
}

function checkpoint(checkpointId: string): () => Promise<CheckpointStep<null>> {
  const described = { namespace: '', parentId: null, createdAt: 0, step: 0, changedKeys: [] };
  return async () => ({
    type: 'checkpoint',
    ...described,
    checkpointId,
    source: 'LOOP',
    bytes: 0,
    event: { type: 'NodeFinished', namespace: '', node: 'n', error: null },
    content: null,
  });
}

/** Begun after what the same turn has begun already. */
const then = <Result>(work: () => Promise<Result>) => Promise.resolve().then(work);

describe('steps of one attempt', () => {
  it('of two subgraphs in the same turn do not wait for each other', async () => {
    const { commits, order } = recorded(true);
    await Promise.all([
      order.writes('left:1', writes('w1')),
      order.writes('right:2', writes('w2')),
      then(() => order.checkpoint('left:1', checkpoint('c1'))),
      then(() => order.checkpoint('right:2', checkpoint('c2'))),
    ]);
    expect(commits).toEqual([
      ['w1', 'c1'],
      ['w2', 'c2'],
    ]);
  });

  it("of several tasks are stored with the checkpoint that they make, but for a special channel's", async () => {
    const { commits, order } = recorded(true);
    await Promise.all([
      order.writes('', writes('w1')),
      order.writes('', writes('special', true)),
      order.writes('', writes('w2')),
      then(() => order.checkpoint('', checkpoint('c1'))),
    ]);
    expect(commits).toEqual([['special'], ['w1', 'w2', 'c1']]);
  });

  it('are stored one after the other where a backend does not store them together', async () => {
    const { commits, order } = recorded(false);
    await Promise.all([
      order.writes('', writes('w1')),
      order.writes('', writes('w2')),
      order.checkpoint('', checkpoint('c1')),
    ]);
    expect(commits).toEqual([['w1'], ['w2'], ['c1']]);
  });

  it('of one namespace in the same turn do not wait for each other', async () => {
    const { commits, order } = recorded(true);
    await Promise.all([
      order.writes('', writes('w1')),
      order.writes('', writes('w2')),
      then(() => order.checkpoint('', checkpoint('c1'))),
      then(() => order.checkpoint('', checkpoint('c2'))),
    ]);
    expect(commits.flat().toSorted()).toEqual(['c1', 'c2', 'w1', 'w2']);
  });

  it.each([
    ['before its checkpoint', true, false],
    ['with its checkpoint', false, true],
    ['where nothing is stored together', false, false],
  ])('after one that was refused %s are not stored', async (_, replaces, joins) => {
    const { commits, order } = recorded(joins, 'w1');
    const asked = await Promise.allSettled([
      order.writes('', writes('w1', replaces)),
      then(() => order.checkpoint('', checkpoint('c1'))),
    ]);
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(order.writes('', writes('w2'))).rejects.toThrow('the store is away');
    expect(commits).toEqual([]);
  });

  it('that cannot be serialized are not stored, and nothing after them', async () => {
    const { commits, order } = recorded(true);
    const broken = () => Promise.reject(new Error('too large'));
    await expect(order.writes('', broken)).rejects.toThrow('too large');
    await expect(order.checkpoint('', checkpoint('c1'))).rejects.toThrow('too large');
    expect(commits).toEqual([]);
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
      asyncProperty(steps, boolean(), async (given, joins) => {
        const { commits, order } = recorded(joins);
        const begun: string[] = [];
        await Promise.all(
          given.map(async ({ kind, namespace, turns }, n) => {
            for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
            const name = `${namespace}/${kind}/${n}`;
            begun.push(name);
            if (kind === 'checkpoint') await order.checkpoint(namespace, checkpoint(name));
            else await order.writes(namespace, writes(name, kind === 'replace'));
          }),
        );
        const stored = commits.flat();
        expect(stored.toSorted()).toEqual(begun.toSorted());
        for (const [n, name] of begun.entries()) {
          if (!name.includes('/checkpoint/')) continue;
          const own = begun
            .slice(0, n)
            .filter(
              (other) =>
                other.split('/')[0] === name.split('/')[0] && !other.includes('/checkpoint/'),
            );
          for (const earlier of own)
            expect(stored.indexOf(earlier)).toBeLessThan(stored.indexOf(name));
        }
      }),
      { numRuns: 300 },
    );
  });
});
