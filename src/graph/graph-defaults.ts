// LANGGRAPH_CONFIG: what runs of each graph are given by default.
import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import { type GraphEntry, parseJson } from './langgraph-json.ts';

/** What a graph's runs get where they are given nothing else: an assistant's defaults on LangGraph's own server. */
export interface GraphDefaults {
  readonly configurable?: Readonly<Record<string, unknown>> | undefined;
  readonly context?: Readonly<Record<string, unknown>> | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly recursion_limit?: number | undefined;
}

const values = z.record(z.string(), z.unknown());
const defaultsSchema = z.record(
  z.string(),
  z.strictObject({
    configurable: values.optional(),
    context: values.optional(),
    metadata: values.optional(),
    tags: z.array(z.string()).optional(),
    recursion_limit: z.int().positive().optional(),
  }),
);

/**
 * Reads LANGGRAPH_CONFIG: defaults by graph id, as JSON.
 * @throws GatewayError INVALID_INPUT saying what is wrong with it
 */
export function readGraphDefaults(
  text: string | undefined,
  graphs: readonly GraphEntry[],
): ReadonlyMap<string, GraphDefaults> {
  if (text === undefined || text.trim() === '') return new Map();
  const parsed = defaultsSchema.safeParse(parseJson('LANGGRAPH_CONFIG', text));
  if (!parsed.success) throw invalidInput(`LANGGRAPH_CONFIG: ${z.prettifyError(parsed.error)}`);
  const ids = graphs.map(({ id }) => id);
  const unknown = Object.keys(parsed.data).filter((id) => !ids.includes(id));
  if (unknown.length > 0) {
    throw invalidInput(
      `LANGGRAPH_CONFIG names "${unknown.join('", "')}"; the graphs are ${ids.join(', ')}.`,
    );
  }
  return new Map(Object.entries(parsed.data));
}
