// A graph by LangGraph alone: `stream` with its own saver and store in memory.
import { randomUUID } from 'node:crypto';
import { Command, InMemoryStore, MemorySaver } from '@langchain/langgraph';
import { embed } from '../graphs/compat/embed.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { Scenario, Turn } from './scenarios.ts';

/** What is used of a compiled graph. */
interface Graph {
  checkpointer: unknown;
  store: unknown;
  stream(input: unknown, options: object): Promise<AsyncIterable<[unknown, string, unknown]>>;
  getState(config: object): Promise<{
    readonly values: unknown;
    readonly tasks: readonly { readonly interrupts: readonly Question[] }[];
  }>;
}

interface Question {
  readonly id?: string;
  readonly value: unknown;
}

interface Chunk {
  readonly id?: string;
  readonly text: string;
  readonly getType: () => string;
}

/** @param exported a builder, a compiled graph, or an agent that has one */
export async function runPlain(exported: unknown, scenario: Scenario): Promise<Outcome[]> {
  const graph = compiled(exported);
  graph.checkpointer = new MemorySaver();
  graph.store = new InMemoryStore({
    index: {
      dims: 26,
      fields: ['text'],
      embeddings: {
        embedDocuments: embed,
        embedQuery: async (text: string) => (await embed([text]))[0] ?? [],
      } as never,
    },
  });
  const outcomes: Outcome[] = [];
  for (const turns of scenario.threads) {
    const { configurable, context = {} } = scenario;
    const config = { configurable: { ...configurable, thread_id: randomUUID() } };
    let questions: readonly Question[] = [];
    for (const turn of turns) {
      const texts = new Map<string, string>();
      const custom: unknown[] = [];
      const options = {
        ...config,
        context,
        metadata: { run_id: randomUUID() },
        streamMode: ['messages', 'custom'],
        subgraphs: true,
      };
      for await (const [, mode, data] of await graph.stream(inputOf(turn, questions), options)) {
        if (mode === 'custom') custom.push(data);
        else {
          const [chunk] = data as [Chunk];
          const id = chunk.id ?? '';
          if (['ai', 'tool'].includes(chunk.getType()))
            texts.set(id, (texts.get(id) ?? '') + chunk.text);
        }
      }
      const { values, tasks } = await graph.getState(config);
      questions = tasks.flatMap(({ interrupts }) => interrupts);
      const interrupts = questions.map(({ value }) => value);
      outcomes.push(outcomeOf({ values, interrupts, texts: [...texts.values()], custom }));
    }
  }
  return outcomes;
}

function compiled(exported: unknown): Graph {
  const { graph, compile } = exported as { graph?: unknown; compile?: () => Graph };
  if (typeof compile === 'function') return compile.call(exported);
  const isAgent = typeof graph === 'object' && graph !== null && 'stream' in graph;
  return (isAgent ? graph : exported) as Graph;
}

function inputOf(turn: Turn, questions: readonly Question[]): unknown {
  if (turn === 'continue') return null;
  if ('input' in turn) return turn.input;
  const answers = questions.map(({ id = '' }, n) => [id, turn.answers[n]]);
  return new Command({ resume: Object.fromEntries(answers) as Record<string, unknown> });
}
