// Six nodes that do next to nothing: what it takes to run them is what it takes to run a graph at all.
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';

const State = Annotation.Root({
  input: Annotation<string>,
  trail: Annotation<string[]>({ reducer: (trail, more) => [...trail, ...more], default: () => [] }),
});

const step = (name: string) => () => ({ trail: [name] });

export const sixNodes = new StateGraph(State)
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
  .addEdge('six', END);

/** Never answers. */
export const hanging = new StateGraph(State)
  .addNode('hang', () => new Promise<never>(() => undefined))
  .addEdge(START, 'hang');
