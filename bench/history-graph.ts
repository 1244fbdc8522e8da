// The graph whose histories are measured.
import { Annotation, START, StateGraph } from '@langchain/langgraph';

export const loop = new StateGraph(
  Annotation.Root({ text: Annotation<string>, count: Annotation<number> }),
)
  .addNode('step', ({ count }) => ({ count: count + 1 }))
  .addEdge(START, 'step')
  .addEdge('step', 'step');
