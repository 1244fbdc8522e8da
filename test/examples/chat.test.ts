import { AIMessageChunk, HumanMessage } from '@langchain/core/messages';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { agent } from '../../examples/chat/agent.ts';
import { calculate } from '../../examples/chat/calculator.ts';
import { calculator, currentTime, lookUpWord } from '../../examples/chat/tools.ts';
import { openModelServer } from './chat-completions.ts';

const INPUT = { messages: [new HumanMessage('What is 6 times 7?')] };

beforeEach(() => {
  vi.stubEnv('OPENAI_API_KEY', 'test-key');
  vi.stubEnv('MODEL', undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Streamed as the gateway does it: tokens of the model, and what the tools gave. */
async function talk(graph: ReturnType<typeof agent>) {
  const tokens: string[] = [];
  const results: unknown[] = [];
  for await (const [message] of await graph.stream(INPUT, { streamMode: 'messages' })) {
    if (message.type === 'tool') results.push(message.content);
    else if (AIMessageChunk.isInstance(message) && message.text !== '') tokens.push(message.text);
  }
  return { tokens, results };
}

describe('the agent', () => {
  test('calls a tool, hands its result to the model, and streams the answer token by token', async () => {
    await using server = await openModelServer([
      { tool: 'calculator', args: { expression: '6 * 7' } },
      { tokens: ['It', ' is', ' 42', '.'] },
    ]);
    vi.stubEnv('OPENAI_BASE_URL', server.url);
    const { tokens, results } = await talk(agent());
    expect(results).toEqual(['42']);
    expect(tokens).toEqual(['It', ' is', ' 42', '.']);
    expect(server.requests).toHaveLength(2);
    expect(server.requests[1]?.messages.at(-1)).toMatchObject({ role: 'tool', content: '42' });
  });

  test('asks the endpoint for the default model, as a stream, with its key and its tools', async () => {
    await using server = await openModelServer([{ tokens: ['Hello'] }]);
    vi.stubEnv('OPENAI_BASE_URL', server.url);
    expect((await talk(agent())).tokens).toEqual(['Hello']);
    expect(server.requests[0]).toMatchObject({
      model: 'gpt-4o-mini',
      stream: true,
      authorization: 'Bearer test-key',
    });
    expect(server.requests[0]?.tools.map((tool) => tool.function.name)).toEqual([
      'current_time',
      'calculator',
      'look_up_word',
    ]);
  });

  test('asks for the model that MODEL names, and tells it in the list of graphs', async () => {
    await using server = await openModelServer([{ tokens: ['Hello'] }]);
    vi.stubEnv('OPENAI_BASE_URL', server.url);
    vi.stubEnv('MODEL', 'small-one');
    const graph = agent();
    await talk(graph);
    expect(server.requests[0]?.model).toBe('small-one');
    expect(graph.description).toContain('OPENAI_API_KEY is set; the model is small-one.');
    expect(graph.description).not.toContain('test-key');
  });

  test('without a key is listed as such, and fails at once by saying what to set', async () => {
    await using server = await openModelServer([]);
    vi.stubEnv('OPENAI_BASE_URL', server.url);
    vi.stubEnv('OPENAI_API_KEY', undefined);
    const graph = agent();
    expect(graph.description).toContain('OPENAI_API_KEY is not set');
    await expect(talk(graph)).rejects.toThrow(/^Set OPENAI_API_KEY /);
    expect(server.requests).toEqual([]);
  });
});

describe('the calculator', () => {
  test.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['2 ^ 3 ^ 2', 512],
    ['-2 ^ 2', -4],
    ['2 ^ -1', 0.5],
    ['10 - 4 - 3', 3],
    ['7 % 4 / 2', 1.5],
    ['.5 + 1.5e1', 15.5],
  ])('%s is %d', (expression, result) => {
    expect(calculate(expression)).toBe(result);
  });

  test.each([
    ['process.exit()', '"process.exit()" is not arithmetic.'],
    ['', 'ends too early'],
    ['1 +', 'ends too early'],
    ['1 2', '"2" was not expected.'],
    ['* 2', 'A number was expected instead of "*".'],
    ['(1', 'A closing parenthesis is missing.'],
    ['1 / 0', 'divided by zero'],
    ['9 ^ 9999', 'not a finite number'],
    ['('.repeat(200), 'nested too deeply'],
    ['-'.repeat(200), 'nested too deeply'],
  ])('refuses %s', (expression, reason) => {
    expect(() => calculate(expression)).toThrow(reason);
  });
});

describe('the tools', () => {
  test('tell the time of a place, the meaning of a word, and what was wrong', async () => {
    vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z'), toFake: ['Date'] });
    try {
      expect(await currentTime.invoke({ timeZone: 'Asia/Tokyo' })).toContain(
        '1 March 2026 at 21:00',
      );
      expect(await currentTime.invoke({ timeZone: 'Mars' })).toContain('"Mars" is not a time zone');
      expect(await calculator.invoke({ expression: '1 / 0' })).toMatch(/^Error: /);
      expect(await lookUpWord.invoke({ word: 'Checkpoints' })).toContain('The state of a session');
      expect(await lookUpWord.invoke({ word: 'constructor' })).toContain('is not in the glossary');
    } finally {
      vi.useRealTimers();
    }
  });
});
