// Graphs of two versions: the later one lacks a node that the earlier one goes on with.
import { Annotation, START, Send, StateGraph, interrupt } from '@langchain/langgraph';

const State = Annotation.Root({
  task: Annotation<string>,
  trail: Annotation<string[]>({ reducer: (a, b) => a.concat(b), default: () => [] }),
});
const Trail = Annotation.Root({ trail: State.spec.trail });
const says = (word: string) => () => ({ trail: [word] });
const asks = () => ({ trail: [`answer ${String(interrupt('go on?'))}`] });

const pausesAfterOne = { interruptAfter: ['one' as const] };

export const edgeBefore = new StateGraph(State)
  .addNode('one', says('one'))
  .addNode('two', says('two'))
  .addEdge(START, 'one')
  .addEdge('one', 'two')
  .compile(pausesAfterOne);
export const edgeAfter = new StateGraph(State)
  .addNode('one', says('one'))
  .addNode('deux', says('deux'))
  .addEdge(START, 'one')
  .addEdge('one', 'deux')
  .compile(pausesAfterOne);

export const sendBefore = new StateGraph(State)
  .addNode('one', says('one'))
  .addNode('two', says('two'))
  .addEdge(START, 'one')
  .addConditionalEdges('one', () => [new Send('two', {}), new Send('two', {})], ['two'])
  .compile(pausesAfterOne);
export const sendAfter = new StateGraph(State)
  .addNode('one', says('one'))
  .addNode('deux', says('deux'))
  .addEdge(START, 'one')
  .addConditionalEdges('one', () => [new Send('deux', {})], ['deux'])
  .compile(pausesAfterOne);

export const joinBefore = new StateGraph(State)
  .addNode('one', says('one'))
  .addNode('other', says('other'))
  .addNode('two', says('two'))
  .addEdge(START, 'one')
  .addEdge(START, 'other')
  .addEdge(['one', 'other'], 'two')
  .compile(pausesAfterOne);
export const joinAfter = new StateGraph(State)
  .addNode('one', says('one'))
  .addNode('other', says('other'))
  .addEdge(START, 'one')
  .addEdge(START, 'other')
  .compile(pausesAfterOne);

export const askBefore = new StateGraph(State)
  .addNode('one', says('one'))
  .addNode('two', asks)
  .addEdge(START, 'one')
  .addEdge('one', 'two')
  .compile();
export const askAfter = new StateGraph(State)
  .addNode('one', says('one'))
  .addEdge(START, 'one')
  .compile();

const child = (node: 'two' | 'deux') =>
  new StateGraph({ state: State, output: Trail })
    .addNode('one', says('one'))
    .addNode(node, asks)
    .addEdge(START, 'one')
    .addEdge('one', node)
    .compile();
export const withinBefore = new StateGraph(State)
  .addNode('child', child('two'))
  .addEdge(START, 'child')
  .compile();
export const withinAfter = new StateGraph(State)
  .addNode('child', child('deux'))
  .addEdge(START, 'child')
  .compile();

// Graphs whose newest state cannot be read.
const spec = { task: Annotation<string>, topic: Annotation<string> };
export const twoWriters = new StateGraph(Annotation.Root(spec))
  .addNode('begin', () => ({ topic: 'begun' }))
  .addNode('left', () => ({ topic: 'left' }))
  .addNode('right', () => ({ topic: 'right' }))
  .addEdge(START, 'begin')
  .addEdge('begin', 'left')
  .addEdge('begin', 'right');

const refusing = Annotation<string>({
  reducer: (_before, value) => {
    if (value === 'refused') throw new RangeError('the reducer refuses');
    return value;
  },
  default: () => '',
});
export const throwingReducer = new StateGraph(Annotation.Root({ ...spec, topic: refusing }))
  .addNode('begin', () => ({ topic: 'begun' }))
  .addNode('left', () => ({ topic: 'refused' }))
  .addEdge(START, 'begin')
  .addEdge('begin', 'left');

// Graphs that have not changed, though it may look so.
const first = new StateGraph(State).addNode('a', says('a')).addEdge(START, 'a').compile();
const second = new StateGraph(State)
  .addNode('b', asks)
  .addNode('c', says('c'))
  .addEdge(START, 'b')
  .addEdge('b', 'c')
  .compile();

/** Its node says that it calls two graphs, and calls the second. */
export const callsOneOfTwo = new StateGraph(State)
  .addNode(
    'calls',
    async ({ task }, config) => ({ trail: (await second.invoke({ task }, config)).trail }),
    { subgraphs: [first, second] },
  )
  .addEdge(START, 'calls')
  .compile();

/** Administrators have a node more, which fails the first time. */
export const asked = new Set<string>();
export function ofRole(config: {
  configurable?: { thread_id?: string; user?: { claims?: { role?: string } } };
}) {
  const graph = new StateGraph(State).addNode('one', says('one')).addEdge(START, 'one');
  if (config.configurable?.user?.claims?.role !== 'admin') return graph.compile();
  return graph
    .addNode('approve', (_state, { configurable }) => {
      const thread = String(configurable?.['thread_id']);
      if (asked.size < asked.add(thread).size) throw new Error('not yet');
      return { trail: ['approved'] };
    })
    .addEdge('one', 'approve')
    .compile();
}
