// Workflows in the manner of LangGraph's documentation.
import { Document } from '@langchain/core/documents';
import { BaseRetriever } from '@langchain/core/retrievers';
import {
  Annotation,
  END,
  type LangGraphRunnableConfig,
  MessagesAnnotation,
  MessagesZodState,
  ReducedValue,
  START,
  Send,
  StateGraph,
  StateSchema,
  entrypoint,
  getPreviousState,
  task,
} from '@langchain/langgraph';
import { registry, withLangGraph } from '@langchain/langgraph/zod';
import { typedUi } from '@langchain/langgraph-sdk/react-ui/server';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';
import { ScriptedModel } from './scripted-model.ts';

const texts = Annotation<string[]>({ reducer: (a, b) => a.concat(b), default: () => [] });

class WordRetriever extends BaseRetriever {
  lc_namespace = ['test'];
  readonly #texts = ['Cats sleep a lot.', 'Dogs bark at night.', 'Fish swim in water.'];

  override async _getRelevantDocuments(query: string): Promise<Document[]> {
    const words = query.toLowerCase().match(/\w+/g) ?? [];
    return this.#texts
      .filter((text) => words.some((word) => text.toLowerCase().includes(word)))
      .map((pageContent) => new Document({ pageContent, metadata: { source: 'memory' } }));
  }
}

/** Retrieval: documents are found, graded, and what they say is answered; without any, the question is put anew. */
export const rag = new StateGraph(
  Annotation.Root({
    ...MessagesAnnotation.spec,
    documents: Annotation<Document[]>,
    rewrites: Annotation<number>({ reducer: (a, b) => a + b, default: () => 0 }),
  }),
)
  .addNode('retrieve', async ({ messages }) => ({
    documents: await new WordRetriever().invoke(messages.at(-1)?.text ?? ''),
  }))
  .addNode('rewrite', () => ({ rewrites: 1, messages: [{ role: 'human', content: 'cats' }] }))
  .addNode('generate', async ({ messages, documents }) => ({
    messages: [
      await new ScriptedModel(() => `I read: ${documents[0]?.pageContent}`).invoke(messages),
    ],
  }))
  .addEdge(START, 'retrieve')
  .addConditionalEdges('retrieve', ({ documents, rewrites }) =>
    documents.length > 0 || rewrites > 0 ? 'generate' : 'rewrite',
  )
  .addEdge('rewrite', 'retrieve')
  .addEdge('generate', END);

/** Map-reduce by Send. */
export const mapReduce = new StateGraph(
  Annotation.Root({ subjects: Annotation<string[]>, jokes: texts, best: Annotation<string> }),
)
  .addNode('joke', ({ subject }: { subject: string }) => ({ jokes: [`A joke about ${subject}`] }))
  .addNode('choose', ({ jokes }) => ({ best: jokes.toSorted()[0] }))
  .addConditionalEdges(START, ({ subjects }) =>
    subjects.map((subject) => new Send('joke', { subject })),
  )
  .addEdge('joke', 'choose');

/** Reflection: a draft is written and criticised until it is long enough. */
export const reflection = new StateGraph(MessagesAnnotation)
  .addNode('generate', async ({ messages }) => ({
    messages: [
      await new ScriptedModel((all) => `Draft number ${Math.ceil(all.length / 2)}`).invoke(
        messages,
      ),
    ],
  }))
  .addNode('reflect', async ({ messages }) => {
    const critique = await new ScriptedModel(() => 'Make it better').invoke(messages);
    return { messages: [{ role: 'human', content: critique.text }] };
  })
  .addEdge(START, 'generate')
  .addConditionalEdges('generate', ({ messages }) => (messages.length > 5 ? END : 'reflect'))
  .addEdge('reflect', 'generate');

/** Plan and execute: a plan is made, each of its steps is done, and the plan shortened. */
export const planAndExecute = new StateGraph(
  Annotation.Root({
    goal: Annotation<string>,
    plan: Annotation<string[]>,
    past: Annotation<[string, string][]>({ reducer: (a, b) => a.concat(b), default: () => [] }),
    response: Annotation<string>,
  }),
)
  .addNode('planner', ({ goal }) => ({ plan: [`find ${goal}`, `read ${goal}`, `tell ${goal}`] }))
  .addNode('execute', ({ plan: [step = ''] }) => ({ past: [[step, `did ${step}`]] }))
  .addNode('replan', ({ plan, past }) =>
    plan.length > 1
      ? { plan: plan.slice(1) }
      : { plan: [], response: past.map(([, result]) => result).join(', ') },
  )
  .addEdge(START, 'planner')
  .addEdge('planner', 'execute')
  .addEdge('execute', 'replan')
  .addConditionalEdges('replan', ({ response }) => (response ? END : 'execute'));

/** A router, and nodes that are waited for though they end at different times. */
export const routing = new StateGraph(Annotation.Root({ kind: Annotation<string>, trail: texts }))
  .addNode('route', ({ kind }) => ({ trail: [`routed ${kind}`] }))
  .addNode('poem', () => ({ trail: ['poem'] }))
  .addNode('story', () => ({ trail: ['story'] }))
  .addNode('edit', () => ({ trail: ['edited'] }))
  .addNode('publish', () => ({ trail: ['published'] }), { defer: true })
  .addEdge(START, 'route')
  .addConditionalEdges('route', ({ kind }) => (kind === 'both' ? ['poem', 'story'] : [kind]))
  .addEdge('story', 'edit')
  .addEdge('edit', 'publish')
  .addEdge('poem', 'publish');

/** A node that fails at first, and is tried again. */
let failures = 0;
export const retried = new StateGraph(Annotation.Root({ said: Annotation<string> }))
  .addNode(
    'shaky',
    () => {
      failures += 1;
      if (failures % 2 === 1) throw new Error('not yet');
      return { said: 'at last' };
    },
    { retryPolicy: { maxAttempts: 3, initialInterval: 1 } },
  )
  .addEdge(START, 'shaky');

/** Custom progress, and values of all kinds. */
export const progress = new StateGraph(Annotation.Root({ total: Annotation<number> }))
  .addNode('count', (_state, config: LangGraphRunnableConfig) => {
    for (const n of [1, 2, 3]) config.writer?.({ done: n, of: 3 });
    config.writer?.('text');
    config.writer?.(null);
    return { total: 3 };
  })
  .addEdge(START, 'count');

/** Generative UI: components that the client draws. */
const UiState = Annotation.Root({ ...MessagesAnnotation.spec, ui: Annotation<unknown[]> });
export const generativeUi = new StateGraph(UiState)
  .addNode('show', async ({ messages }, config: LangGraphRunnableConfig) => {
    const answer = await new ScriptedModel(() => 'Here it is.').invoke(messages);
    typedUi<{ weather: () => null }>(config as never).push(
      { id: 'ui-1', name: 'weather', props: { city: 'Paris' } },
      { message: answer },
    );
    return { messages: [answer] };
  })
  .addEdge(START, 'show');

const shout = task('shout', async (word: string) => word.toUpperCase());
/** The functional API, which remembers what it returned before. */
export const functional = entrypoint('functional', async ({ word }: { word: string }) => {
  const before = getPreviousState<string[]>() ?? [];
  const loud = await Promise.all([shout(word), shout(`${word}!`)]);
  return entrypoint.final({ value: { loud, before: before.length }, save: [...before, ...loud] });
});

/** Zod 3, with a reducer. */
const Zod3State = z3.object({
  tags: withLangGraph(z3.array(z3.string()) as never, {
    reducer: { schema: z3.string(), fn: (all: string[], one: string) => [...all, one] },
    default: () => [],
  }),
  count: z3.number().default(1),
});
export const zod3 = new StateGraph(Zod3State as never)
  .addNode('tag', ((state: { count: number }) => ({ tags: `seen ${state.count}` })) as never)
  .addEdge(START, 'tag');

/** Zod 4, with a reducer, and an input and an output of their own. */
const Zod4State = z.object({
  tags: z.array(z.string()).register(registry, {
    reducer: { schema: z.string(), fn: (all: string[], one: string) => [...all, one] },
    default: () => [],
  }),
  secret: z.string().optional(),
  answer: z.string().optional(),
});
export const zod4 = new StateGraph({
  state: Zod4State,
  input: z.object({ secret: z.string() }),
  output: z.object({ answer: z.string() }),
})
  .addNode('tag', ({ secret }) => ({ tags: `of ${secret?.length} letters`, answer: 'none of it' }))
  .addEdge(START, 'tag');

/** LangGraph's ready state of messages. */
export const zodMessages = new StateGraph(MessagesZodState)
  .addNode('speak', async ({ messages }) => ({
    messages: [await new ScriptedModel((all) => `Message ${all.length}`).invoke(messages)],
  }))
  .addEdge(START, 'speak');

/** A state of a StateSchema. */
const Schema = new StateSchema({
  topic: z.string(),
  notes: new ReducedValue(
    z.array(z.string()).default(() => []),
    {
      inputSchema: z.string(),
      reducer: (all: string[], one: string) => [...all, one],
    },
  ),
});
export const stateSchema = new StateGraph(Schema)
  .addNode('note', ({ topic }) => ({ notes: `about ${topic}` }))
  .addEdge(START, 'note');

/** A runtime context that must be given. */
export const context = new StateGraph(
  Annotation.Root({ greeting: Annotation<string> }),
  z.object({ userName: z.string(), polite: z.boolean().default(true) }),
)
  .addNode('greet', (_state, runtime) => {
    const { userName, polite } = runtime.context ?? {};
    return { greeting: `${polite ? 'Good day' : 'Hi'}, ${userName}` };
  })
  .addEdge(START, 'greet');
