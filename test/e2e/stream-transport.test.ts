// `useStream` of LangGraph's SDK over the gateway: what is behind its hook, with this project's transport.
import { CustomStreamOrchestrator } from '@langchain/langgraph-sdk/ui';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGatewayClient, createStreamTransport } from '../../src/client/index.ts';
import { JWT_SECRET, as } from '../support/caller.ts';
import { openEnvironment } from '../support/environments.ts';
import { type Program, startProgram } from '../support/program.ts';
import { startSwitchingProxy } from '../support/services/switching-proxy.ts';

const parts = new AsyncDisposableStack();
let program: Program;

beforeAll(async () => {
  const { settings } = parts.use(await openEnvironment('sqlite'));
  program = parts.use(await startProgram({ ...settings, JWT_SECRET }));
});
afterAll(() => parts.disposeAsync());

/** As the hook opens it. */
function open(graphId: string, { url = program.url, threadId = null as string | null } = {}) {
  const sessions: string[] = [];
  const custom: unknown[] = [];
  const client = createGatewayClient({ url, headers: as('alice') });
  const transport = createStreamTransport({
    client,
    graphId,
    onSession: (sessionId) => sessions.push(sessionId),
  });
  let thread = threadId;
  const stream = new CustomStreamOrchestrator<Record<string, unknown>>({
    transport,
    // The hook keeps it between renders.
    get threadId() {
      return thread;
    },
    onThreadId: (id) => (thread = id),
    onCustomEvent: (payload) => custom.push(payload),
  });
  return { stream, sessions, custom };
}

it('streams a message as it is written, over connections that break, and has it whole', async () => {
  using proxy = await startSwitchingProxy([program.url]);
  const { stream, sessions } = open('talker', { url: proxy.url });
  const texts: string[] = [];
  stream.subscribe(() => {
    const text = stream.messages.findLast((message) => message.getType() === 'ai')?.text;
    if (text === undefined || text === texts.at(-1)) return;
    texts.push(text);
    if (texts.length === 3) proxy.cutAll();
  });
  const input = { messages: [{ type: 'human', content: 'hello' }] };
  await stream.submit(input, {});
  const whole = texts.at(-1) ?? '';
  expect(stream.error).toBeUndefined();
  expect(texts.length).toBeGreaterThan(3);
  // Nothing is there twice.
  for (const text of texts) expect(whole.startsWith(text)).toBe(true);
  expect(stream.messages.map((message) => message.getType())).toEqual(['human', 'ai']);

  await stream.submit(input, {});
  expect(stream.messages.map((message) => message.getType())).toEqual([
    'human',
    'ai',
    'human',
    'ai',
  ]);
  expect(sessions).toHaveLength(1);
});

it('shows a question, and takes the answer, also on a page that is loaded again', async () => {
  const first = open('askSlow');
  await first.stream.submit({}, {});
  expect(first.stream.interrupt).toMatchObject({ id: expect.any(String) });
  const again = open('askSlow', { threadId: first.sessions[0] ?? null });
  await again.stream.submit(null, { command: { resume: 'yes' } });
  expect(again.stream.error).toBeUndefined();
  expect(again.stream.values).toMatchObject({ trail: ['yes'] });
  expect(again.sessions).toEqual([]);
});

it('answers several questions by their ids', async () => {
  const { stream } = open('ask');
  await stream.submit({}, {});
  const resume = Object.fromEntries(stream.interrupts.map(({ id }) => [id ?? '', 'sure']));
  expect(Object.keys(resume)).toHaveLength(2);
  await stream.submit(null, { command: { resume } });
  expect(stream.error).toBeUndefined();
  expect(stream.values).toEqual({ trail: ['left sure', 'right sure', 'end'] });
});

it('tells why a run failed, and why one was refused', async () => {
  const failing = open('failingBeside').stream;
  await failing.submit({}, {});
  expect(String(failing.error)).toMatch(/Error/);
  const none = open('no such graph').stream;
  await none.submit({}, {});
  expect(String(none.error)).toContain('no such graph');
});
