// Typed inputs and answers are JSON to whatever looks at them: the operator's rules, and what executes them.
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { RequestContext } from '../../src/graphql/context.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { LoadedGraph } from '../../src/graph/loaded-graph.ts';
import { readQuestions } from '../../src/graph/questions.ts';
import { END, START, StateGraph } from '@langchain/langgraph';
import { QUESTION } from '../../src/session/arguments.ts';

const graph = new StateGraph(z.object({ 'unit-price': z.number(), kind: z.enum(['a-1', 'b']) }))
  .addNode('step', () => ({}))
  .addEdge(START, 'step')
  .addEdge('step', END)
  .compile();

it('rules see the JSON, and not which question an answer is to', async () => {
  const entry = { id: 'order', description: null, file: import.meta.filename, exportName: 'graph' };
  const questions = readQuestions({ sure: { ask: z.string(), answer: z.boolean() } });
  const { schema } = createSchema([await LoadedGraph.open(entry, graph, { questions })]);
  const permitted: unknown[] = [];
  const done: unknown[] = [];
  const context = {
    user: { id: 'alice' },
    services: {
      policy: {
        permit(_user: unknown, event: string, value: object) {
          permitted.push([event, structuredClone(value)]);
          return Promise.resolve({ rule: null, isNamed: false });
        },
      },
      turns: { take: (_user: string, act: () => unknown) => act() },
      backend: { sessions: { find: () => Promise.resolve(null) } },
      sessions: {
        start: (_user: unknown, input: object) => void done.push(input),
        resume: (_user: unknown, input: object) => void done.push(input),
      },
    },
    actor: { ownerId: 'alice' },
  } as unknown as RequestContext;
  const mutations = schema.getMutationType()?.getFields() ?? {};
  const call = (name: string, input: object) =>
    mutations[name]?.resolve?.({}, { input }, context, {} as never);

  const input = { 'unit-price': 2, kind: 'a-1' };
  await call('startSession', { graph: { order: { unitPrice: 2, kind: 'a_1' } } });
  expect(done.at(-1)).toMatchObject({ graphId: 'order', input });
  expect(permitted.at(-1)).toMatchObject([
    'threads:create_run',
    { assistant_id: 'order', kwargs: { input } },
  ]);

  const sessionId = '00000000-0000-4000-8000-000000000000';
  const answers = [{ interruptId: 'i', answer: { orderSure: true } }];
  await call('resumeSession', { sessionId, work: { answers }, onBusy: 'REJECT' });
  const [event, { kwargs }] = permitted.at(-1) as [string, { kwargs: unknown }];
  expect(event).toBe('threads:create_run');
  expect(kwargs).toMatchObject({ command: { resume: [{ interruptId: 'i', value: true }] } });
  expect(JSON.stringify(kwargs)).not.toContain('sure');
  expect(done.at(-1)).toMatchObject({
    answers: [{ value: true, [QUESTION]: { graphId: 'order', name: 'sure' } }],
  });
});
