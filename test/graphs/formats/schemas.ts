// Graphs whose states are declared in each way that LangGraph knows.
import { START, StateGraph, StateSchema } from '@langchain/langgraph';
import { withLangGraph } from '@langchain/langgraph/zod';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';

export const stateSchema = new StateGraph(
  new StateSchema({ name: z.string(), when: z.date(), odd: z.custom<symbol>() }),
)
  .addNode('node', () => ({}))
  .addEdge(START, 'node')
  .compile();

/** LangGraph's types are of Zod 4. */
type InZod4 = z.ZodObject<{ tags: z.ZodArray<z.ZodString>; when: z.ZodDate }>;

const State = z3.object({
  tags: withLangGraph(z3.array(z3.string()) as never, {
    reducer: { schema: z3.string() as never, fn: (a: string[], b: string) => [...a, b] },
    default: (): string[] => [],
  }),
  when: z3.date(),
}) as unknown as InZod4;

export const zod3 = new StateGraph(State)
  .addNode('node', () => ({}))
  .addEdge(START, 'node')
  .compile();
