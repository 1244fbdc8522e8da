// Chats: one with a model that streams, one with as many messages as are asked for, one without ids or a schema.
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import {
  Annotation,
  END,
  MessagesAnnotation,
  START,
  StateGraph,
  StateSchema,
  MessagesValue,
  interrupt,
} from '@langchain/langgraph';
import { z } from 'zod';

const model = new FakeListChatModel({ responses: ['Hello, world'], sleep: 1 });

export const chat = new StateGraph(MessagesAnnotation)
  .addNode('answer', async ({ messages }) => ({ messages: await model.invoke(messages) }))
  .addEdge(START, 'answer')
  .addEdge('answer', END)
  .compile();

const Long = new StateSchema({
  count: z.int32(),
  other: z.string().optional(),
  messages: MessagesValue,
});

/** Writes so many, and asks: what one of two tasks has written then is in no checkpoint yet. */
export const long = new StateGraph(Long)
  .addNode('write', ({ count }) => ({
    other: 'x'.repeat(1000),
    messages: Array.from(
      { length: count },
      (_, n) => new HumanMessage({ id: `m${n}`, content: `${n}` }),
    ),
  }))
  .addNode('last', () => ({
    messages: [
      new AIMessage({
        id: 'call',
        content: [
          { type: 'text', text: 'Let me ' },
          { type: 'text', text: 'look.' },
        ],
        tool_calls: [{ id: 'c1', name: 'look', args: { at: 'it' } }],
        // LangChain's types have it only where a model's output is typed, too.
        usage_metadata: { input_tokens: 3, output_tokens: 4, total_tokens: 7 } as never,
      }),
      new ToolMessage({
        id: 'result',
        tool_call_id: 'c1',
        name: 'look',
        content: 'no',
        status: 'error',
      }),
    ],
  }))
  .addNode('ask', () => {
    interrupt('more?');
    return {};
  })
  .addEdge(START, 'write')
  .addEdge('write', 'last')
  .addEdge('write', 'ask')
  .addEdge('last', END)
  .addEdge('ask', END)
  .compile();

const Plain = Annotation.Root({
  messages: Annotation<BaseMessage[] | { role: string; content: string }[]>({
    reducer: (before, after) => [...before, ...after] as BaseMessage[],
    default: () => [],
  }),
});

export const plain = new StateGraph(Plain)
  .addNode('answer', () => ({ messages: [{ role: 'assistant', content: 'plain' }] }))
  .addEdge(START, 'answer')
  .addEdge('answer', END)
  .compile();
