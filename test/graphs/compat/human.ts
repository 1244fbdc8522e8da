// A human in the loop, in the manner of LangGraph's documentation.
import { tool } from '@langchain/core/tools';
import {
  Annotation,
  Command,
  END,
  MessagesAnnotation,
  START,
  StateGraph,
  entrypoint,
  interrupt,
  task,
} from '@langchain/langgraph';
import { createReactAgent } from '@langchain/langgraph/prebuilt';
import { createAgent, humanInTheLoopMiddleware } from 'langchain';
import { z } from 'zod';
import { ScriptedModel, toolAnswers } from './scripted-model.ts';

const texts = Annotation<string[]>({ reducer: (a, b) => a.concat(b), default: () => [] });

const sendEmail = tool(({ to }) => `Sent to ${to}.`, {
  name: 'send_email',
  description: 'Sends an email.',
  schema: z.object({ to: z.string() }),
});

/** Each call of a tool is approved, edited or rejected. */
export const approval = createAgent({
  model: new ScriptedModel((messages) => {
    const [answer] = toolAnswers(messages);
    return answer === undefined
      ? { tool: 'send_email', args: { to: 'ann@example.org' } }
      : `Result: ${answer}`;
  }),
  tools: [sendEmail],
  middleware: [
    humanInTheLoopMiddleware({
      interruptOn: { send_email: { allowedDecisions: ['approve', 'edit', 'reject'] } },
    }),
  ],
});

/** A tool that asks. */
export const askingTool = createReactAgent({
  llm: new ScriptedModel((messages) => {
    const [answer] = toolAnswers(messages);
    return answer === undefined
      ? { tool: 'ask_human', args: { question: 'Which colour?' } }
      : `They like ${answer}.`;
  }),
  tools: [
    tool(async ({ question }: { question: string }) => interrupt<object, string>({ question }), {
      name: 'ask_human',
      description: 'Asks the human.',
      schema: z.object({ question: z.string() }),
    }),
  ],
});

/** Goes one way or the other by the answer. */
export const approveOrReject = new StateGraph(Annotation.Root({ trail: texts }))
  .addNode(
    'approve',
    () => new Command({ goto: interrupt<object, boolean>({ proceed: '?' }) ? 'go' : 'stop' }),
    { ends: ['go', 'stop'] },
  )
  .addNode('go', () => ({ trail: ['went'] }))
  .addNode('stop', () => ({ trail: ['stopped'] }))
  .addEdge(START, 'approve');

/** Asks until the answer is right. */
export const validating = new StateGraph(Annotation.Root({ age: Annotation<number> }))
  .addNode('ask', () => {
    let question = 'How old are you?';
    for (;;) {
      const answer = interrupt<string, unknown>(question);
      if (typeof answer === 'number' && answer >= 0) return { age: answer };
      question = `"${String(answer)}" is not an age.`;
    }
  })
  .addEdge(START, 'ask');

/** Questions of parallel nodes, answered at once. */
export const parallelQuestions = new StateGraph(Annotation.Root({ trail: texts }))
  .addNode('one', () => ({ trail: [`one: ${interrupt<string, string>('one?')}`] }))
  .addNode('two', () => ({ trail: [`two: ${interrupt<string, string>('two?')}`] }))
  .addNode('end', ({ trail }) => ({ trail: [`${trail.length} answers`] }))
  .addEdge(START, 'one')
  .addEdge(START, 'two')
  .addEdge(['one', 'two'], 'end');

/** Asks from within a subgraph of a subgraph. */
const innermost = new StateGraph(Annotation.Root({ trail: texts }))
  .addNode('ask', () => ({ trail: [`inner ${interrupt<string, string>('inner?')}`] }))
  .addEdge(START, 'ask')
  .compile();
const middle = new StateGraph(Annotation.Root({ trail: texts }))
  .addNode('before', () => ({ trail: ['before'] }))
  .addNode('innermost', innermost)
  .addEdge(START, 'before')
  .addEdge('before', 'innermost')
  .compile();
export const nestedQuestion = new StateGraph(Annotation.Root({ trail: texts }))
  .addNode('middle', middle)
  .addNode('after', () => ({ trail: ['after'] }))
  .addEdge(START, 'middle')
  .addEdge('middle', 'after');

/** Stops before a dangerous node, by a breakpoint. */
export const breakpoint = new StateGraph(Annotation.Root({ trail: texts }))
  .addNode('plan', () => ({ trail: ['planned'] }))
  .addNode('danger', () => ({ trail: ['did it'] }))
  .addEdge(START, 'plan')
  .addEdge('plan', 'danger')
  .addEdge('danger', END)
  .compile({ interruptBefore: ['danger'] });

const draft = task('draft', async (topic: string) => `A text about ${topic}.`);
/** The functional API asks whether what it wrote is right. */
export const review = entrypoint('review', async ({ topic }: { topic: string }) => {
  const text = await draft(topic);
  const verdict = interrupt<object, string>({ text, action: 'Approve?' });
  return { text, verdict };
});

/** A conversation: each answer is a turn. */
export const conversation = new StateGraph(MessagesAnnotation)
  .addNode('speak', async ({ messages }) => ({
    messages: [await new ScriptedModel((all) => `Turn ${all.length}`).invoke(messages)],
  }))
  .addNode('listen', () => ({
    messages: [{ role: 'human', content: interrupt<string, string>('Your turn.') }],
  }))
  .addEdge(START, 'speak')
  .addConditionalEdges('speak', ({ messages }) => (messages.length > 4 ? END : 'listen'))
  .addEdge('listen', 'speak');
