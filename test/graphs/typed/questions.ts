// Questions of LangChain's and LangGraph's own forms, and one that says what its answer may be.
import { Annotation, END, START, StateGraph, interrupt } from '@langchain/langgraph';
import { z } from 'zod';

const State = Annotation.Root({ answer: Annotation<unknown> });

const asking = (ask: () => unknown) =>
  new StateGraph(State)
    .addNode('ask', () => ({ answer: ask() }))
    .addEdge(START, 'ask')
    .addEdge('ask', END)
    .compile();

export const hitl = asking(() =>
  interrupt({
    actionRequests: [{ name: 'send', args: { to: 'bob' }, description: 'Send it?' }],
    reviewConfigs: [{ actionName: 'send', allowedDecisions: ['approve', 'edit', 'reject'] }],
  }),
);

export const inbox = asking(() =>
  interrupt([
    {
      action_request: { action: 'send', args: { to: 'bob' } },
      config: { allow_ignore: true, allow_respond: true, allow_edit: true, allow_accept: true },
      description: 'Send it?',
    },
  ]),
);

export const datedQuestions = {
  when: { ask: z.literal('When?'), answer: z.object({ due: z.date(), tags: z.set(z.string()) }) },
};

/** Tells what it was given, as JSON has no form for it. */
export const dated = asking(() => {
  const { due, tags } = interrupt<string, { due: Date; tags: Set<string> }>('When?');
  return [due instanceof Date && due.getUTCFullYear(), tags instanceof Set && tags.size];
});

const responseSchema = z.object({ size: z.number().int().min(1), color: z.enum(['red', 'blue']) });

export const withSchema = asking(() => interrupt('Which?', { responseSchema }));
