import { expect, it } from 'vitest';
import { LoopTurns } from '../../src/worker/loop-turns.ts';

it('lets one caller go on in a turn, in their order', async () => {
  const turns = new LoopTurns();
  let turn = 0;
  let isOver = false;
  const count = () => {
    turn += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const taken: [name: string, turn: number][] = [];
  await Promise.all(
    ['a', 'b', 'c'].map((name) => turns.next().then(() => taken.push([name, turn]))),
  );
  isOver = true;
  expect(taken.map(([name]) => name)).toEqual(['a', 'b', 'c']);
  expect(new Set(taken.map(([, at]) => at)).size).toBe(3);
});
