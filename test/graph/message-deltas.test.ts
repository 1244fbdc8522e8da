import { AIMessageChunk, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MessageDeltas, joinChunks } from '../../src/graph/message-deltas.ts';
import type { MessageDelta } from '../../src/session/progress.ts';

beforeEach(() => void vi.useFakeTimers());

afterEach(() => void vi.useRealTimers());

const METADATA = { langgraph_node: 'speak', langgraph_checkpoint_ns: 'speaker:1|speak:2' };

function open() {
  const told: MessageDelta[] = [];
  const messages = new MessageDeltas((delta) => told.push(delta));
  const write = (content: string, more: object = {}) =>
    messages.write(new AIMessageChunk({ id: 'm', content, ...more }), METADATA, 'speaker:1');
  return { told, messages, write };
}

it('tells the first piece at once, and what follows a frame at a time', () => {
  const { told, write } = open();
  for (const piece of ['a', 'b', 'c']) write(piece);
  expect(told.map(({ text }) => text)).toEqual(['a']);
  vi.advanceTimersByTime(40);
  write('d');
  expect(told).toMatchObject([
    { offset: 0, text: 'a', begins: true, node: 'speak', namespace: 'speaker:1' },
    { offset: 1, text: 'bc', begins: false, chunk: { content: 'bc' } },
    { offset: 3, text: 'd' },
  ]);
});

it('tells a message from its beginning, and forgets it with its task', () => {
  const { told, messages, write } = open();
  write('a');
  write('b');
  expect(messages.soFar()).toMatchObject([{ offset: 0, text: 'ab', chunk: { content: 'ab' } }]);
  // What was told of it first is told before.
  expect(told.map(({ text }) => text).join('')).toBe('ab');
  expect(messages.end('1')).toEqual([]);
  expect(messages.end('2')).toEqual(['m']);
  expect(messages.soFar()).toEqual([]);
});

it('tells the text of chunks that LangChain refuses to join', () => {
  const { told, messages, write } = open();
  write('a');
  write('b', { additional_kwargs: { score: 'high' } });
  write('c', { additional_kwargs: { score: ['list'] } });
  vi.advanceTimersByTime(40);
  expect(told.map(({ text }) => text)).toEqual(['a', 'bc']);
  expect(messages.soFar()).toMatchObject([{ text: 'abc', chunk: { content: 'abc' } }]);
  const chunks = told.map(({ chunk }) => chunk);
  expect(joinChunks(chunks)).toMatchObject({ content: 'abc' });
});

it('joins tool calls that are written a piece at a time', () => {
  const piece = (args: string, index = 0) => ({
    tool_call_chunks: [{ args, index, type: 'tool_call_chunk' as const }],
  });
  const { told, messages, write } = open();
  write('', piece('{"a":'));
  write('', piece('1}'));
  messages.flush();
  expect(joinChunks(told.map(({ chunk }) => chunk))).toMatchObject({
    tool_call_chunks: [{ args: '{"a":1}', index: 0 }],
  });
});

it("makes a delta's chunk once, when somebody reads it", () => {
  const { told, messages, write } = open();
  const concat = vi.spyOn(AIMessageChunk.prototype, 'concat');
  for (const piece of ['a', 'b', 'c']) write(piece);
  messages.flush();
  expect(concat).not.toHaveBeenCalled();
  expect(told.at(-1)).toMatchObject({ text: 'bc', chunk: { content: 'bc' } });
  expect(told.at(-1)?.chunk).toBe(told.at(-1)?.chunk);
  expect(concat).toHaveBeenCalledTimes(1);
  concat.mockRestore();
});

it("tells a tool's message whole", () => {
  const { told, messages } = open();
  const answer = new ToolMessage({ id: 't', content: 'means tea', tool_call_id: 'c' });
  messages.write(answer, METADATA, '');
  messages.write(new HumanMessage({ id: 'h', content: 'hello' }), METADATA, '');
  messages.flush();
  expect(told).toMatchObject([{ messageId: 't', role: 'TOOL', text: 'means tea', begins: true }]);
});
