// Memory in the manner of LangGraph's documentation: of a thread, across threads, and of a subgraph.
import { RemoveMessage } from '@langchain/core/messages';
import {
  Annotation,
  type LangGraphRunnableConfig,
  MessagesAnnotation,
  START,
  StateGraph,
  getStore,
} from '@langchain/langgraph';
import { ScriptedModel } from './scripted-model.ts';

const texts = Annotation<string[]>({ reducer: (a, b) => a.concat(b), default: () => [] });

/** Remembers what its user has told it, in whichever thread. */
export const memoryAgent = new StateGraph(MessagesAnnotation)
  .addNode('call', async ({ messages }, config: LangGraphRunnableConfig) => {
    const namespace = ['memories', String(config.configurable?.['user_id'])];
    const known = (await config.store?.search(namespace)) ?? [];
    const last = messages.at(-1)?.text ?? '';
    const remember = /remember (?<what>.+)/i.exec(last)?.groups?.['what'];
    if (remember !== undefined) await config.store?.put(namespace, remember, { data: remember });
    const facts = known.map(({ value }) => String(value['data'])).toSorted();
    const model = new ScriptedModel(() => `I know: ${facts.join(', ') || 'nothing'}.`);
    return { messages: [await model.invoke(messages)] };
  })
  .addEdge(START, 'call');

/** Finds what it remembers by meaning. */
export const semanticMemory = new StateGraph(
  Annotation.Root({ learn: Annotation<string[]>, ask: Annotation<string>, found: texts }),
)
  .addNode('memorize', async ({ learn }) => {
    for (const text of learn ?? []) await getStore()?.put(['facts'], text, { text, kind: 'fact' });
    return {};
  })
  .addNode('recall', async ({ ask }) => {
    const found = await getStore()?.search(['facts'], { query: ask, limit: 2 });
    return { found: (found ?? []).map(({ key, score }) => `${key} ${score?.toFixed(3)}`) };
  })
  .addEdge(START, 'memorize')
  .addEdge('memorize', 'recall');

/** Deletes all but the newest messages. */
export const shortMemory = new StateGraph(MessagesAnnotation)
  .addNode('speak', async ({ messages }) => ({
    messages: [await new ScriptedModel((all) => `I see ${all.length}`).invoke(messages)],
  }))
  .addNode('forget', ({ messages }) => ({
    messages: messages.slice(0, -3).map(({ id }) => new RemoveMessage({ id: id ?? '' })),
  }))
  .addEdge(START, 'speak')
  .addEdge('speak', 'forget');

/** A subgraph that keeps its own state from one call to the next. */
const counter = new StateGraph(Annotation.Root({ calls: texts, last: Annotation<string> }))
  .addNode('count', ({ calls }) => ({ calls: ['call'], last: `call ${calls.length + 1}` }))
  .addEdge(START, 'count')
  .compile({ checkpointer: true });
export const subgraphMemory = new StateGraph(
  Annotation.Root({ calls: Annotation<unknown>, last: Annotation<string> }),
)
  .addNode('outer', async (_state, config) => {
    const { last } = await counter.invoke({}, config);
    return { last };
  })
  .addEdge(START, 'outer');
