import { Annotation, START, StateGraph, interrupt } from '@langchain/langgraph';

const State = Annotation.Root({ said: Annotation<unknown> });

/** Tells who is calling, then asks, so that its session can be answered. */
export const told = new StateGraph(State)
  .addNode('tell', (_state, { configurable }) => ({
    said: {
      user: configurable?.['langgraph_auth_user'],
      id: configurable?.['langgraph_auth_user_id'],
    },
  }))
  .addNode('ask', () => ({ said: interrupt<string, unknown>('well?') }))
  .addEdge(START, 'tell')
  .addEdge('tell', 'ask')
  .compile();
