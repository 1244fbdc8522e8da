import { setTimeout as sleep } from 'node:timers/promises';
import { Annotation, START, StateGraph } from '@langchain/langgraph';

/** Puts three items at once, rests, and looks for them. */
export const graph = new StateGraph(Annotation.Root({ found: Annotation() }))
  .addNode('node', async (_state, { store }) => {
    await Promise.all(['a', 'b', 'c'].map((key) => store.put(['words'], key, { key })));
    await sleep(200);
    const items = await store.search(['words']);
    return { found: items.map((item) => item.key).toSorted() };
  })
  .addEdge(START, 'node')
  .compile();

/** Puts one item twice, without waiting in between. */
export const inTurn = new StateGraph(Annotation.Root({ found: Annotation() }))
  .addNode('node', async (_state, { store }) => {
    const first = store.put(['words'], 'k', { n: 1 });
    await sleep(10);
    await Promise.all([first, store.put(['words'], 'k', { n: 2 })]);
    return { found: (await store.search(['words'])).map((item) => item.value.n) };
  })
  .addEdge(START, 'node')
  .compile();
