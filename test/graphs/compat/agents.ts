// Agents in the manner of LangChain's and LangGraph's documentation.
import { tool } from '@langchain/core/tools';
import { Command, MemorySaver, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { createReactAgent } from '@langchain/langgraph/prebuilt';
import { createSupervisor } from '@langchain/langgraph-supervisor';
import { createHandoffTool, createSwarm } from '@langchain/langgraph-swarm';
import { createDeepAgent } from 'deepagents';
import { createAgent, createMiddleware, summarizationMiddleware } from 'langchain';
import { z } from 'zod';
import { type Script, ScriptedModel, toolAnswers } from './scripted-model.ts';

const weather = tool(({ city }) => `It is sunny in ${city}.`, {
  name: 'weather',
  description: 'The weather of a city.',
  schema: z.object({ city: z.string() }),
});

const asksForWeather: Script = (messages) => {
  const [answer] = toolAnswers(messages);
  return answer === undefined
    ? { tool: 'weather', args: { city: 'Paris' } }
    : `As I hear: ${answer}`;
};

/** A tool-calling agent. */
export const agent = createAgent({ model: new ScriptedModel(asksForWeather), tools: [weather] });

/** The prebuilt one, which answers in a structure. */
export const reactAgent = createReactAgent({
  llm: new ScriptedModel(asksForWeather),
  tools: [weather],
  prompt: 'Be brief.',
});

/** Several tools at once, one of which fails and is told so. */
const divide = tool(
  ({ a, b }) => {
    if (b === 0) throw new Error('division by zero');
    return String(a / b);
  },
  { name: 'divide', description: 'a / b', schema: z.object({ a: z.number(), b: z.number() }) },
);
export const parallelTools = createReactAgent({
  llm: new ScriptedModel((messages) => {
    const answers = toolAnswers(messages);
    if (answers.length > 0) return `Results: ${answers.toSorted().join(' | ')}`;
    return [
      { tool: 'divide', args: { a: 6, b: 3 } },
      { tool: 'divide', args: { a: 1, b: 0 } },
      { tool: 'weather', args: { city: 'Rome' } },
    ];
  }),
  tools: [divide, weather],
});

/** An agent whose middleware keeps a state of its own. */
export const middleware = createAgent({
  model: new ScriptedModel((_messages, last) => `You said: ${last}`),
  tools: [],
  middleware: [
    createMiddleware({
      name: 'counts',
      stateSchema: z.object({ calls: z.number().default(0) }),
      beforeModel: (state) => ({ calls: state.calls + 1 }),
    }),
  ],
});

/** An agent that sums up what was said long ago. */
export const summarizing = createAgent({
  model: new ScriptedModel((_messages, last) => `Answer to ${last.slice(0, 20)}`),
  tools: [],
  middleware: [
    summarizationMiddleware({
      model: new ScriptedModel(() => 'They talked.'),
      trigger: { messages: 4 },
      keep: { messages: 2 },
    }),
  ],
});

const worker = (name: string, says: string) =>
  createReactAgent({ name, llm: new ScriptedModel(() => says), tools: [] });

/** A supervisor that hands over to two agents, one after the other. */
export const supervisor = createSupervisor({
  agents: [worker('researcher', 'Found three papers.'), worker('writer', 'Wrote a summary.')],
  llm: new ScriptedModel((messages) => {
    const hasTurned = (name: string) => messages.some((message) => message.name === name);
    if (!hasTurned('researcher')) return { tool: 'transfer_to_researcher', args: {} };
    if (!hasTurned('writer')) return { tool: 'transfer_to_writer', args: {} };
    return 'All done.';
  }),
});

/** Two agents that hand over to one another. */
export const swarm = createSwarm({
  agents: [
    createReactAgent({
      name: 'alice',
      llm: new ScriptedModel((_messages, last) =>
        last.includes('pirate') ? { tool: 'transfer_to_bob', args: {} } : 'Alice here.',
      ),
      tools: [createHandoffTool({ agentName: 'bob', description: 'Speaks as a pirate.' })],
    }),
    createReactAgent({
      name: 'bob',
      llm: new ScriptedModel(() => 'Arr, Bob here.'),
      tools: [createHandoffTool({ agentName: 'alice', description: 'Speaks politely.' })],
    }),
  ],
  defaultActiveAgent: 'alice',
});

/** A deep agent: it plans, keeps files in its state, and asks a subagent. */
export const deepAgent = createDeepAgent({
  model: new ScriptedModel((messages) => {
    switch (toolAnswers(messages).length) {
      case 0:
        return {
          tool: 'write_todos',
          args: { todos: [{ content: 'Write it down', status: 'in_progress' }] },
        };
      case 1:
        return {
          tool: 'write_file',
          args: { file_path: '/notes.md', content: 'The sky is blue.' },
        };
      case 2:
        return {
          tool: 'task',
          args: { description: 'Check the notes.', subagent_type: 'checker' },
        };
      default:
        return 'It is written and checked.';
    }
  }) as never,
  subagents: [
    {
      name: 'checker',
      description: 'Checks notes.',
      systemPrompt: 'Check the notes.',
      model: new ScriptedModel(() => 'The notes are right.') as never,
      tools: [],
    },
  ],
});

/** Agents as nodes that go where they say, by Command. */
export const network = new StateGraph(MessagesAnnotation)
  .addNode(
    'planner',
    async ({ messages }) =>
      new Command({
        goto: 'doer',
        update: { messages: [await new ScriptedModel(() => 'Plan: do it.').invoke(messages)] },
      }),
    { ends: ['doer'] },
  )
  .addNode('doer', async ({ messages }) => ({
    messages: [await new ScriptedModel((_all, last) => `Done after "${last}"`).invoke(messages)],
  }))
  .addEdge(START, 'planner')
  .compile();

/** An agent compiled with a saver of its own, which the server replaces. */
export const ownSaver = new StateGraph(MessagesAnnotation)
  .addNode('speak', async ({ messages }) => ({
    messages: [await new ScriptedModel((_all, last) => `Echo: ${last}`).invoke(messages)],
  }))
  .addEdge(START, 'speak')
  .compile({ checkpointer: new MemorySaver() });
