// Graphs for the React example: one whose model streams, one that asks.
import { AIMessage } from '@langchain/core/messages';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { END, MessagesAnnotation, START, StateGraph, interrupt } from '@langchain/langgraph';

const model = new FakeListChatModel({
  responses: ['one two three four five six seven eight'],
  sleep: 40,
});

export const talker = new StateGraph(MessagesAnnotation)
  .addNode('answer', async ({ messages }) => ({ messages: await model.invoke(messages) }))
  .addEdge(START, 'answer')
  .addEdge('answer', END)
  .compile();

export const asker = new StateGraph(MessagesAnnotation)
  .addNode('ask', () => {
    const name: unknown = interrupt('Your name?');
    return { messages: [new AIMessage(`Hello, ${String(name)}!`)] };
  })
  .addEdge(START, 'ask')
  .addEdge('ask', END)
  .compile();
