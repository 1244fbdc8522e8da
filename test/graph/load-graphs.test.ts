// Any project's graphs: the formats of LangGraph's CLI, from each kind of file.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemorySaver } from '@langchain/langgraph-checkpoint';
import { describe, expect, it } from 'vitest';
import { readLanggraphJson } from '../../src/graph/langgraph-json.ts';
import { loadGraphs } from '../../src/graph/load-graphs.ts';
import type { LoadedGraph } from '../../src/graph/loaded-graph.ts';
import { temporaryFolder } from '../support/program.ts';

const FOLDER = join(import.meta.dirname, '../graphs');

async function load(path: string, exportName: string): Promise<LoadedGraph> {
  const file = join(FOLDER, path);
  const graphs = await loadGraphs([{ id: 'g', description: null, file, exportName }]);
  const graph = graphs.get('g');
  if (graph === undefined) throw new Error('not loaded');
  return graph;
}

async function run(graph: LoadedGraph, input: unknown): Promise<unknown> {
  const compiled = await graph.instantiate({}, new MemorySaver());
  const config = { configurable: { thread_id: 't' } };
  await Array.fromAsync(await compiled.stream(input, config));
  return (await compiled.getState(config)).values;
}

describe('an export may be', () => {
  it.each([
    ['graphs.ts', 'steps', 'a builder'],
    ['graphs.ts', 'askTwice', 'a compiled graph'],
    ['graphs.ts', 'promised', 'a promise of one'],
    ['graphs.ts', 'configured', 'a function of config'],
    ['formats/agent.mts', 'agent', 'a prebuilt agent, by a .js specifier'],
    ['formats/view.tsx', 'default', 'a default export of a .tsx file'],
    ['formats/functional.js', 'graph', 'an entrypoint of the functional API'],
  ])('%s:%s, %s', async (path, name) => {
    expect((await load(path, name)).nodes.length).toBeGreaterThan(0);
  });
});

it('the functional API is drawn with names', async () => {
  const functional = await load('formats/functional.js', 'graph');
  const { nodes, edges } = await functional.drawing(false);
  expect(nodes.map(({ id }) => id)).toEqual(['__start__', 'functional', '__end__']);
  expect(edges.map(({ source, target }) => [source, target])).toEqual([
    ['__start__', 'functional'],
    ['functional', '__end__'],
  ]);
});

it('a member that JSON Schema has no form for hides no other', async () => {
  const declared = await load('formats/schemas.ts', 'stateSchema');
  const properties = { name: { type: 'string' } };
  expect(declared.stateSchema).toMatchObject({ properties });
  expect(declared.inputSchema).toMatchObject({ properties });
  const zod3 = await load('formats/schemas.ts', 'zod3');
  expect(zod3.inputSchema).toMatchObject({ properties: { tags: { type: 'string' } } });
  expect(zod3.stateSchema).toMatchObject({ properties: { tags: { type: 'array' } } });
});

it('a graph keeps its own store, and the user’s object is not changed', async () => {
  const { store, graph } = (await import(join(FOLDER, 'formats/plain.mjs'))) as {
    store: { get(namespace: string[], key: string): Promise<{ value: unknown } | null> };
    graph: { checkpointer?: unknown };
  };
  const loaded = await load('formats/plain.mjs', 'graph');
  await run(loaded, { task: 'kept' });
  expect((await store.get(['kept'], 'task'))?.value).toEqual({ task: 'kept' });
  expect(graph.checkpointer).toBeUndefined();
});

it('plain words become a human message, or the state key `task`, or are refused', async () => {
  const agent = await load('formats/agent.mts', 'agent');
  expect(agent.wordsToInput('task', 'hello')).toEqual({
    messages: [{ role: 'user', content: 'hello' }],
  });
  const steps = await load('graphs.ts', 'steps');
  expect(steps.wordsToInput('task', 'hello')).toEqual({ task: 'hello' });
  const typed = await load('graphs.ts', 'typed');
  expect(() => typed.wordsToInput('message', 'hello')).toThrow('`message`');
});

describe('what a graph asks', () => {
  const file = join(FOLDER, 'typed/questions.ts');
  const entry = { id: 'g', description: null, file, exportName: 'dated' };
  const failure = (interrupts: { file: string; exportName: string }) =>
    loadGraphs([{ ...entry, interrupts }]).then(
      () => undefined,
      (error: unknown) => String(error),
    );

  it('is read from where langgraph.json says, or the error names that place', async () => {
    const graphs = await loadGraphs([
      { ...entry, interrupts: { file, exportName: 'datedQuestions' } },
    ]);
    expect(graphs.get('g')?.declaration.questions.map(({ name }) => name)).toEqual(['when']);
    expect(await failure({ file: '/nowhere.ts', exportName: 'x' })).toContain(
      '`interrupts` (/nowhere.ts:x): Error: there is no such file',
    );
    expect(await failure({ file, exportName: 'dated' })).toContain('has no schema as its `ask`');
  });

  it('and whatever else an entry has that is not known is told, with the likely key', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'langgraph.json');
    const graph = { path: './a.ts:graph', interupts: './a.ts:questions' };
    writeFileSync(path, JSON.stringify({ graphs: { a: graph } }));
    const { warnings } = await readLanggraphJson(path);
    expect(warnings).toEqual([
      expect.stringContaining(
        '`graphs.a.interupts` is not known, and has no effect. Is it `interrupts`?',
      ),
    ]);
  });
});
