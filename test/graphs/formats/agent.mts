import { FakeListChatModel } from '@langchain/core/utils/testing';
import { createReactAgent } from '@langchain/langgraph/prebuilt';
import { name } from './name.js';

export const agent = createReactAgent({
  llm: new FakeListChatModel({ responses: [name] }),
  tools: [],
});
