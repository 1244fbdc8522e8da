// Nodes of every kind of output: keys, nothing, a key several times, a subgraph's, a tool's messages, too much, an error.
import {
  Annotation,
  Command,
  END,
  MessagesAnnotation,
  START,
  StateGraph,
  entrypoint,
  task,
} from '@langchain/langgraph';
import { AIMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ToolNode } from '@langchain/langgraph/prebuilt';
import { z } from 'zod';

const add = Annotation<string[]>({ reducer: (a, b) => a.concat(b), default: () => [] });
const State = Annotation.Root({ ...MessagesAnnotation.spec, trail: add, text: Annotation<string> });

const child = new StateGraph(Annotation.Root({ trail: add }))
  .addNode('within', () => ({ trail: ['within'] }))
  .addEdge(START, 'within')
  .compile();

const lookUp = tool(({ word }) => `means ${word}`, {
  name: 'lookUp',
  description: 'Looks up a word.',
  schema: z.object({ word: z.string() }),
});

function callsTool() {
  const call = { id: 'call-1', name: 'lookUp', args: { word: 'tea' }, type: 'tool_call' } as const;
  return { messages: [new AIMessage({ id: 'asked', content: '', tool_calls: [call] })] };
}

export const writing = new StateGraph(State)
  .addNode('keys', () => ({ trail: ['a'], text: 'small' }))
  .addNode('nothing', () => ({}))
  .addNode('twice', () => [{ trail: ['b'] }, new Command({ update: { trail: ['c'] } })])
  .addNode('child', child)
  .addNode('call', callsTool)
  .addNode('tools', new ToolNode([lookUp]))
  .addNode('large', () => ({ text: 'x'.repeat(100_000) }))
  .addNode('fails', () => {
    throw new Error('no');
  })
  .addEdge(START, 'keys')
  .addEdge('keys', 'nothing')
  .addEdge('nothing', 'twice')
  .addEdge('twice', 'child')
  .addEdge('child', 'call')
  .addEdge('call', 'tools')
  .addEdge('tools', 'large')
  .addEdge('large', 'fails')
  .addEdge('fails', END);

const double = task('double', (n: number) => n * 2);

export const writingFunctional = entrypoint('doubled', async (n: number) => ({
  doubled: await double(n),
}));
