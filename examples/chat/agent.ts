// A chat agent with tools, for OpenAI and every endpoint that speaks its chat completions.
// Settings: OPENAI_API_KEY, OPENAI_BASE_URL (OpenAI itself where it is not set) and MODEL.
import { ChatOpenAI } from '@langchain/openai';
import { createAgent, createMiddleware } from 'langchain';
import { TOOLS } from './tools.ts';

const DEFAULT_MODEL = 'gpt-4o-mini';

const PURPOSE = 'Chats, and can tell the time, calculate, and look up the words of this gateway.';

const SYSTEM_PROMPT =
  'You are a helpful assistant. Use your tools for the time, for arithmetic and for words of the Session Gateway. Answer briefly.';

/**
 * Makes the agent's graph from the settings of the moment. Without a key there is a graph as well, so that it can be
 * listed and drawn; its description says what is missing, and a call of it fails by saying so.
 */
export function agent() {
  const apiKey = readKey();
  const model = process.env['MODEL'] || DEFAULT_MODEL;
  const { graph } = createAgent({
    model: openModel(model, apiKey),
    tools: TOOLS,
    systemPrompt: SYSTEM_PROMPT,
    middleware: [requireKey],
  });
  return Object.assign(graph, { description: describe(model, apiKey) });
}

/** Ahead of the client, which would retry and wrap an error of its own. It adds no node, so the graph stays the same. */
const requireKey = createMiddleware({
  name: 'RequireKey',
  wrapModelCall: (request, handler) => {
    if (readKey() === '') {
      throw new Error(
        'Set OPENAI_API_KEY (and OPENAI_BASE_URL for an endpoint other than OpenAI) and start the program again: the chat agent has no key for its model.',
      );
    }
    return handler(request);
  },
});

function readKey(): string {
  return process.env['OPENAI_API_KEY']?.trim() ?? '';
}

function openModel(model: string, apiKey: string): ChatOpenAI {
  const baseURL = process.env['OPENAI_BASE_URL'];
  return new ChatOpenAI({
    model,
    // The client refuses to be made without a key.
    apiKey: apiKey || 'not-set',
    // No `streaming: true`: LangGraph streams wherever somebody listens to messages, while the option makes a plain
    // `invoke` fetch a tokenizer from the internet, and wait for it where there is none.
    maxRetries: 2,
    // Other endpoints know chat completions only.
    useResponsesApi: false,
    ...(baseURL && { configuration: { baseURL } }),
  });
}

function describe(model: string, apiKey: string): string {
  return apiKey === ''
    ? `${PURPOSE} OPENAI_API_KEY is not set: runs fail until it is.`
    : `${PURPOSE} OPENAI_API_KEY is set; the model is ${model}.`;
}
