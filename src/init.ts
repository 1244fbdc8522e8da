// What a new project begins with: a langgraph.json, and a graph that needs no model and no key.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidInput } from './errors.ts';

const LANGGRAPH_JSON = `{
  "graphs": {
    "greeter": { "path": "./graph.ts:graph", "interrupts": "./graph.ts:questions" }
  }
}
`;

const GRAPH = `import { END, START, StateGraph, interrupt } from '@langchain/langgraph';
import { z } from 'zod';

const State = z.object({
  name: z.string().describe('Whom to greet'),
  greeting: z.string().optional(),
});

const ask = z.object({ draft: z.string() });
const answer = z.object({ send: z.boolean(), instead: z.string().optional() });

/** What the graph asks: forms, types and checks are made of it. */
export const questions = { review: { ask, answer } };

export const graph = new StateGraph(State)
  .addNode('write', ({ name }) => ({ greeting: \`Hello, \${name}!\` }))
  .addNode('review', ({ greeting = '' }) => {
    // The run stops here until somebody answers, be it days.
    const { send, instead }: z.infer<typeof answer> = interrupt({ draft: greeting });
    return { greeting: send ? (instead ?? greeting) : '' };
  })
  .addEdge(START, 'write')
  .addEdge('write', 'review')
  .addEdge('review', END)
  .compile();
`;

const PACKAGE = `{
  "private": true,
  "type": "module",
  "scripts": { "dev": "session-gateway dev", "start": "session-gateway" },
  "dependencies": {
    "@langchain/core": "^1.4.0",
    "@langchain/langgraph": "^1.7.3",
    "session-gateway": "*",
    "zod": "^4.6.7"
  }
}
`;

/**
 * Writes the first files of a project into a folder, where there are none.
 * @returns what to do next
 * @throws GatewayError INVALID_INPUT naming a file that is there already
 */
export async function init(folder: string): Promise<string> {
  const files = { 'langgraph.json': LANGGRAPH_JSON, 'graph.ts': GRAPH };
  const there = Object.keys(files).find((name) => existsSync(join(folder, name)));
  if (there !== undefined) throw invalidInput(`${there} is there already; nothing was written.`);
  const hasPackage = existsSync(join(folder, 'package.json'));
  const written = { ...files, ...(!hasPackage && { 'package.json': PACKAGE }) };
  for (const [name, content] of Object.entries(written))
    await writeFile(join(folder, name), content, { flag: 'wx' });
  const install = hasPackage
    ? 'npm install @langchain/langgraph @langchain/core zod'
    : 'npm install';
  return `Wrote ${Object.keys(written).join(', ')}. Next:\n\n  ${install}\n  npx session-gateway dev\n`;
}
