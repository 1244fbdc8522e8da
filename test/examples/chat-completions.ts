// A small server that speaks OpenAI's chat completions, streamed as server-sent events, from a script.
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** One answer of the model: text in pieces, or the call of a tool. */
export type Turn =
  | { readonly tokens: readonly string[] }
  | { readonly tool: string; readonly args: object };

const requestBody = z.object({
  model: z.string(),
  stream: z.boolean(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })),
  tools: z.array(z.object({ function: z.object({ name: z.string() }) })),
});

export interface ModelRequest extends z.infer<typeof requestBody> {
  readonly authorization: string | undefined;
}

export interface ModelServer extends AsyncDisposable {
  /** For OPENAI_BASE_URL. */
  readonly url: string;
  readonly requests: readonly ModelRequest[];
}

/**
 * Answers each request with the next turn, and with 500 once there is none left.
 * @param pauseMs how long it takes for each piece
 */
export async function openModelServer(turns: readonly Turn[], pauseMs = 0): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const server = createServer((request, response) => {
    answer(request, response, turns, requests, pauseMs).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  turns: readonly Turn[],
  requests: ModelRequest[],
  pauseMs: number,
): Promise<void> {
  if (request.url !== '/v1/chat/completions') throw new Error(`No such path: ${request.url}`);
  const turn = turns[requests.length];
  const body = requestBody.parse(await json(request));
  requests.push({ ...body, authorization: request.headers.authorization });
  if (turn === undefined) throw new Error('The script has no further turn.');
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const choice of choicesOf(turn)) {
    const chunk = {
      id: `chatcmpl-${requests.length}`,
      object: 'chat.completion.chunk',
      created: 0,
      model: body.model,
      choices: [{ index: 0, ...choice }],
    };
    if (pauseMs > 0) await sleep(pauseMs);
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  }
  response.end('data: [DONE]\n\n');
}

function choicesOf(turn: Turn): object[] {
  const start = { delta: { role: 'assistant', content: '' }, finish_reason: null };
  if ('tokens' in turn) {
    const text = turn.tokens.map((content) => ({ delta: { content }, finish_reason: null }));
    return [start, ...text, { delta: {}, finish_reason: 'stop' }];
  }
  // The arguments come in two pieces, as they do from the real service.
  const args = JSON.stringify(turn.args);
  const call = { index: 0, id: 'call_1', type: 'function' };
  return [
    start,
    toolDelta({ ...call, function: { name: turn.tool, arguments: args.slice(0, 5) } }),
    toolDelta({ index: 0, function: { arguments: args.slice(5) } }),
    { delta: {}, finish_reason: 'tool_calls' },
  ];
}

function toolDelta(call: object): object {
  return { delta: { tool_calls: [call] }, finish_reason: null };
}
