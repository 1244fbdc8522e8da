// The nodes that are running, for watchers who join during a run.
import { expect, it } from 'vitest';
import { RunningNodes } from '../../src/session/running-nodes.ts';

const event = (detail: Parameters<RunningNodes['add']>[0]['detail']) => ({
  runId: 'r',
  at: 0,
  detail,
});
const started = (node: string, namespace = '') =>
  event({ type: 'NodeStarted', namespace, node } as const);
const wrote = (node: string, payload: unknown) =>
  event({ type: 'CustomProgress', namespace: '', node, payload } as const);

it('has each node that runs, with its newest progress, in whatever order they are told', () => {
  const nodes = new RunningNodes();
  const all = [wrote('a', 1), started('a'), started('b'), wrote('a', 2)];
  for (const one of all) nodes.add(one);
  expect(nodes.events()).toEqual([started('a'), wrote('a', 2), started('b')]);
  expect(
    [started('a'), wrote('a', 3), wrote('b', 1), started('c')].map((e) => nodes.has(e)),
  ).toEqual([true, true, false, false]);
});

it('forgets a node once each of its tasks has ended, and no other of its name', () => {
  const nodes = new RunningNodes();
  for (const one of [started('a'), started('a'), started('a', 'sub'), wrote('a', 1)])
    nodes.add(one);
  nodes.end({ namespace: '', node: 'a' });
  expect(nodes.events()).toHaveLength(3);
  nodes.end({ namespace: '', node: 'a' });
  expect(nodes.events()).toEqual([started('a', 'sub')]);
  nodes.clear();
  expect(nodes.events()).toEqual([]);
});

it('does not grow without bound', () => {
  const nodes = new RunningNodes();
  for (let n = 0; n < 1000; n += 1) {
    nodes.add(started('same'));
    nodes.add(started(`node ${n}`));
  }
  expect(nodes.events().length).toBeLessThanOrEqual(200);
});
