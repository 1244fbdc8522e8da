// The graphs that both servers are given. They import the LangGraph of this folder, as those of a user's project do.
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { Annotation, END, MessagesAnnotation, START, Send, StateGraph } from '@langchain/langgraph';

const STEPS = 20;
const STATE_BYTES = 20 * 1024;
const TOKENS = 200;
const TASKS = 50;

const append = Annotation<string[]>({
  reducer: (before, more) => [...before, ...more],
  default: () => [],
});

const step = (name: string) => () => ({ trail: [name] });

/** They do next to nothing. */
export const sixNodes = new StateGraph(
  Annotation.Root({ input: Annotation<string>, trail: append }),
)
  .addNode('one', step('one'))
  .addNode('two', step('two'))
  .addNode('three', step('three'))
  .addNode('four', step('four'))
  .addNode('five', step('five'))
  .addNode('six', step('six'))
  .addEdge(START, 'one')
  .addEdge('one', 'two')
  .addEdge('two', 'three')
  .addEdge('three', 'four')
  .addEdge('four', 'five')
  .addEdge('five', 'six')
  .addEdge('six', END)
  .compile();

const Document = Annotation.Root({
  input: Annotation<string>,
  step: Annotation<number>({ reducer: (_, next) => next, default: () => 0 }),
  text: Annotation<string>,
});

/** Each step writes 20 KB anew. */
export const twentySteps = new StateGraph(Document)
  .addNode('write', ({ step: before }) => ({
    step: before + 1,
    text: String(before).padEnd(STATE_BYTES, '-'),
  }))
  .addEdge(START, 'write')
  .addConditionalEdges('write', (state) => (state.step < STEPS ? 'write' : END))
  .compile();

/** A model says so many tokens, in about a second. */
export const tokens = new StateGraph(MessagesAnnotation)
  .addNode('speak', async ({ messages }) => {
    const model = new FakeListChatModel({ responses: ['x'.repeat(TOKENS)], sleep: 5 });
    return { messages: [await model.invoke(messages)] };
  })
  .addEdge(START, 'speak')
  .addEdge('speak', END)
  .compile();

const Tasks = Annotation.Root({ input: Annotation<string>, trail: append });

export const fanOut = new StateGraph(Tasks)
  .addNode('task', step('task'))
  .addConditionalEdges(START, ({ input }) =>
    Array.from({ length: TASKS }, () => new Send('task', { input })),
  )
  .addEdge('task', END)
  .compile();
