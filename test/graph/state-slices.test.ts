// What is read and shown in slices is what it would be at once.
import { AIMessage, HumanMessage } from '@langchain/core/messages';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { serializer } from '../../src/backends/serializer.ts';
import { toJson, toJsonInSlices } from '../../src/graph/state-json.ts';

const leaf = fc.oneof(
  fc.integer(),
  fc.string(),
  fc.constant(null),
  fc.boolean(),
  fc.date({ noInvalidDate: true }),
  fc.constant(new Map<unknown, unknown>([['a', new Set([1, new Date(5)])]])),
  fc.constant(undefined),
  fc.constant(Number.NaN),
  fc.constant(12n),
  fc.constant({ lc: 2, type: 'constructor', id: ['Set'], method: null, args: [[1]], kwargs: {} }),
  fc.constant({ lg_name: 'Send', node: 'a', args: 1, extra: 2 }),
  fc.constant(new HumanMessage({ content: 'hi', additional_kwargs: { at: new Date(7) } })),
  fc.constant(new AIMessage({ content: [{ type: 'text', text: 'yes' }], id: '1' })),
);
const value = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('tree'), { maxLength: 5 }),
    fc.dictionary(fc.string(), tie('tree'), { maxKeys: 5 }),
    leaf.map((one) => Array.from({ length: 150 }, () => one)),
  ),
})).tree;

it('of any state', async () => {
  await fc.assert(
    fc.asyncProperty(value, async (state) => {
      const shown = toJson(state);
      expect(await toJsonInSlices(state)).toEqual(shown);
      const back = await serializer.loadsTyped(...(await serializer.dumpsTyped(state)));
      expect(await toJsonInSlices(back)).toEqual(toJson(back));
      expect(toJson(back)).toEqual(shown);
    }),
    { numRuns: 100 },
  );
});

it('of one that points back at itself', async () => {
  const list: unknown[] = Array.from({ length: 200 }, (_, n) => ({ n }));
  const state = { list, again: list, name: 'x' };
  list.push(state);
  expect(await toJsonInSlices(state)).toEqual(toJson(state));
});

it('and others have their turn meanwhile', async () => {
  const state = { trail: Array.from({ length: 400_000 }, (_, n) => ({ n })) };
  const [type, data] = await serializer.dumpsTyped(state);
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  const back = await serializer.loadsTyped(type, data);
  const whileRead = turns;
  expect(await toJsonInSlices(back)).toEqual(state);
  clearInterval(timer);
  expect(whileRead).toBeGreaterThan(1);
  expect(turns - whileRead).toBeGreaterThan(1);
});
