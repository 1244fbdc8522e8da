import { InMemoryStore } from '@langchain/langgraph';
import { Annotation, START, StateGraph } from '@langchain/langgraph';

const State = Annotation.Root({ task: Annotation });

export const store = new InMemoryStore();

/** Writes to the store it was compiled with, whatever checkpointer it is given. */
export const graph = new StateGraph(State)
  .addNode('keep', async ({ task }, config) => {
    await config.store.put(['kept'], 'task', { task });
    return {};
  })
  .addEdge(START, 'keep')
  .compile({ store });
