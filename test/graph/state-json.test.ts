import { AIMessage, HumanMessage } from '@langchain/core/messages';
import { describe, expect, it } from 'vitest';
import { toJson } from '../../src/graph/state-json.ts';

class Point {
  x = 1;
  get secret(): number {
    return 2;
  }
}

const circle: Record<string, unknown> = { name: 'circle' };
circle['self'] = circle;
const broken = {
  get boom(): never {
    throw new Error('no');
  },
};

describe('state is shown as JSON', () => {
  it.each([
    ['null', null, null],
    ['undefined', undefined, null],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a date that is none', new Date(Number.NaN), null],
    ['a map', new Map([['k', 1n]]), { $map: [['k', { $bigint: '1' }]] }],
    ['a set', new Set([1]), { $set: [1] }],
    ['bytes', new Uint8Array([1, 2]), { $bytes: 'AQI=' }],
    ['NaN', [Number.NaN, Infinity], [{ $number: 'NaN' }, { $number: 'Infinity' }]],
    ['an error', new RangeError('far'), { name: 'RangeError', message: 'far' }],
    ['an instance', new Point(), { x: 1 }],
    ['a function in an object', { f: () => 1, g: 2 }, { g: 2 }],
    ['a hole in an array', [undefined, 1], [null, 1]],
    ['a circle', circle, { name: 'circle', self: { $circular: true } }],
    ['what throws', { broken }, { broken: { $unreadable: 'no' } }],
  ])('%s', (_name, value, shown) => {
    expect(toJson(value)).toEqual(shown);
    expect(() => JSON.stringify(toJson(value))).not.toThrow();
  });

  it('however deep it is nested', () => {
    let deep: unknown = 'bottom';
    for (let n = 0; n < 5000; n += 1) deep = { deep };
    expect(() => JSON.stringify(toJson(deep))).not.toThrow();
  });

  it('messages, by type and content, without LangChain’s own form', () => {
    const messages = [
      new HumanMessage('hi'),
      new AIMessage({ content: 'calling', tool_calls: [{ id: '1', name: 'f', args: { a: 1 } }] }),
    ];
    const shown = toJson(messages);
    expect(shown).toMatchObject([
      { type: 'human', content: 'hi' },
      { type: 'ai', content: 'calling', tool_calls: [{ name: 'f', args: { a: 1 } }] },
    ]);
    expect(JSON.stringify(shown)).not.toContain('"lc"');
  });
});
