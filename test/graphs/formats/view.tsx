import { Annotation, START, StateGraph } from '@langchain/langgraph';

const State = Annotation.Root({ task: Annotation<string> });

export default new StateGraph(State)
  .addNode('render', () => ({ task: 'rendered' }))
  .addEdge(START, 'render');
