// Steps of one attempt are stored in the order of their namespace, and wait for no other namespace.
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
      order.put('left:1', writes('w1')),
      order.put('right:2', writes('w2')),
      then(() => order.put('left:1', checkpoint('c1'))),
      then(() => order.put('right:2', checkpoint('c2'))),
    ]);
    expect(commits).toEqual([
      ['w1', 'c1'],
      ['w2', 'c2'],
    ]);
  });

  it("of several tasks are stored with the checkpoint that they make, but for a special channel's", async () => {
    const { commits, order } = recorded(true);
    await Promise.all([
      order.put('', writes('w1')),
      order.put('', writes('special', true)),
      order.put('', writes('w2')),
      then(() => order.put('', checkpoint('c1'))),
    ]);
    expect(commits).toEqual([['w1'], ['special'], ['w2', 'c1']]);
  });

  it('are stored in their order where a backend does not store them together', async () => {
    const { commits, order } = recorded(false);
    await Promise.all([
      order.put('', writes('w1')),
      order.put('', writes('w2')),
      order.put('', checkpoint('c1')),
    ]);
    expect(commits.flat()).toEqual(['w1', 'w2', 'c1']);
  });

  it('are stored as they were put, however long each takes to be serialized', async () => {
    const { commits, order } = recorded(true);
    const slow = async () => {
      for (let turn = 0; turn < 5; turn += 1) await setImmediate();
      return writes('slow')();
    };
    await Promise.all([order.put('', slow), order.put('', writes('quick'))]);
    expect(commits.flat()).toEqual(['slow', 'quick']);
  });

  it('that are put during a commit are stored in the next one', async () => {
    const { commits, order } = recorded(true);
    const first = order.put('', writes('w1'));
    await setImmediate();
    await setImmediate();
    await Promise.all([first, order.put('', writes('w2')), order.put('', writes('w3'))]);
    expect(commits).toEqual([['w1'], ['w2', 'w3']]);
  });

  it('of very many tasks, or of much, are stored in several commits', async () => {
    const { commits, order } = recorded(true);
    const names = Array.from({ length: 150 }, (_, n) => `w${n}`);
    await Promise.all(names.map((name) => order.put('', writes(name))));
    expect(commits.map(({ length }) => length)).toEqual([64, 64, 22]);
    commits.length = 0;
    const large = async () => ({ ...(await writes('large')()), bytes: 600 * 1024 });
    await Promise.all([order.put('', large), order.put('', large), order.put('', checkpoint('c'))]);
    expect(commits).toEqual([['large'], ['large', 'c']]);
  });

  it.each([
    ['before its checkpoint', true, false],
    ['with its checkpoint', false, true],
    ['where nothing is stored together', false, false],
  ])('after one that was refused %s are not stored', async (_, replaces, joins) => {
    const { commits, order } = recorded(joins, 'w1');
    const asked = await Promise.allSettled([
      order.put('', writes('w1', replaces)),
      then(() => order.put('', checkpoint('c1'))),
    ]);
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(order.put('', writes('w2'))).rejects.toThrow('the store is away');
    expect(commits).toEqual([]);
  });

  it('that cannot be serialized are not stored, and nothing after them', async () => {
    const { commits, order } = recorded(true);
    const broken = () => Promise.reject(new Error('too large'));
    await expect(order.put('', broken)).rejects.toThrow('too large');
    await expect(order.put('', checkpoint('c1'))).rejects.toThrow('too large');
    expect(commits).toEqual([]);
  });

  it('whatever their order and namespaces are all stored, each namespace in its order', async () => {
    const steps = array(
      record({
        kind: constantFrom('writes', 'replace', 'checkpoint'),
        namespace: constantFrom('', 'a', 'b'),
        turns: nat(3),
        serializing: nat(3),
      }),
      { maxLength: 12 },
    );
    await assert(
      asyncProperty(steps, boolean(), async (given, joins) => {
        const { commits, order } = recorded(joins);
        const put: string[] = [];
        await Promise.all(
          given.map(async ({ kind, namespace, turns, serializing }, n) => {
            for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
            const name = `${namespace}/${kind}/${n}`;
            put.push(name);
            const step =
              kind === 'checkpoint' ? checkpoint(name) : writes(name, kind === 'replace');
            await order.put(namespace, async () => {
              for (let turn = 0; turn < serializing; turn += 1) await setImmediate();
              return step();
            });
          }),
        );
        const within = (namespace: string, names: readonly string[]) =>
          names.filter((name) => name.startsWith(`${namespace}/`));
        for (const namespace of ['', 'a', 'b'])
          expect(within(namespace, commits.flat())).toEqual(within(namespace, put));
        for (const names of commits) {
          const kinds = names.map((name) => name.split('/')[1]);
          expect(kinds.indexOf('checkpoint')).toBeOneOf([-1, kinds.length - 1]);
          if (kinds.includes('replace')) expect(kinds).toHaveLength(1);
        }
      }),
      { numRuns: 300 },
    );
  });
});
