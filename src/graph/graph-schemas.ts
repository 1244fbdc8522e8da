// JSON Schemas of a graph's input, state, output and context. What a project tells LangGraph of its schemas (reducers,
// `MessagesZodState`) is kept by its own copy of LangGraph, so they are read with that copy.
import { toJsonSchema } from '@langchain/core/utils/json_schema';
import { schemaMetaRegistry } from '@langchain/langgraph/zod';
import {
  getConfigTypeSchema,
  getInputTypeSchema,
  getOutputTypeSchema,
  getStateTypeSchema,
} from '@langchain/langgraph/zod/schema';
import type { CompiledGraph } from './compiled-graph.ts';
import { manifestOf, modulesOf } from './project-packages.ts';

type Reader = (graph: unknown, registry?: unknown) => unknown;

/** A copy of LangGraph, as far as it reads schemas. */
interface Copy {
  readonly getInputTypeSchema: Reader;
  readonly getStateTypeSchema: Reader;
  readonly getOutputTypeSchema: Reader;
  readonly getConfigTypeSchema: Reader;
  readonly schemaMetaRegistry: typeof schemaMetaRegistry;
}

const OWN = {
  getInputTypeSchema,
  getStateTypeSchema,
  getOutputTypeSchema,
  getConfigTypeSchema,
  schemaMetaRegistry,
} as Copy;

/** Where a builder keeps the schemas that it was given. */
const DECLARED = [
  '_schemaRuntimeDefinition',
  '_inputRuntimeDefinition',
  '_outputRuntimeDefinition',
  '_configRuntimeSchema',
] as const;

export class GraphSchemas {
  readonly #copy: Copy;

  private constructor(copy: Copy) {
    this.#copy = copy;
  }

  /** @param file where the graph comes from */
  static async open(file: string, graph: CompiledGraph): Promise<GraphSchemas> {
    const { builder } = graph;
    const declares =
      isObject(builder) && DECLARED.some((name) => (builder[name] ?? undefined) !== undefined);
    return new GraphSchemas(declares ? await copyOf(file) : OWN);
  }

  /** Each is null where the graph declares none. */
  input(graph: CompiledGraph): unknown {
    return this.#read('getInputTypeSchema', graph);
  }

  state(graph: CompiledGraph): unknown {
    return this.#read('getStateTypeSchema', graph);
  }

  output(graph: CompiledGraph): unknown {
    return this.#read('getOutputTypeSchema', graph);
  }

  context(graph: CompiledGraph): unknown {
    return this.#read('getConfigTypeSchema', graph);
  }

  #read(name: Exclude<keyof Copy, 'schemaMetaRegistry'>, graph: CompiledGraph): unknown {
    try {
      return this.#copy[name](graph) ?? null;
    } catch {
      return this.#readEach(name, graph);
    }
  }

  /** A member that JSON Schema has no form for becomes one that may be anything; the others stay. */
  #readEach(name: Exclude<keyof Copy, 'schemaMetaRegistry'>, graph: CompiledGraph): unknown {
    const { schemaMetaRegistry: registry } = this.#copy;
    let extended: unknown;
    // The copy asks the registry for the schema that it is about to convert.
    const asked: Pick<typeof registry, 'getExtendedChannelSchemas'> = {
      getExtendedChannelSchemas: (schema, effects) => {
        extended = registry.getExtendedChannelSchemas(schema, effects);
        throw new Error('that is all that was asked for');
      },
    };
    try {
      this.#copy[name](graph, asked);
    } catch {
      // Thrown above.
    }
    if (extended === undefined) return null;
    try {
      const options = { unrepresentable: 'any' } as Parameters<typeof toJsonSchema>[1];
      return withExtras(toJsonSchema(extended as Parameters<typeof toJsonSchema>[0], options));
    } catch {
      return null;
    }
  }
}

/** LangGraph writes what it adds to a schema into its description. */
const EXTRAS = 'lg:';

function withExtras(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withExtras);
  if (!isObject(schema)) return schema;
  const copy = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, withExtras(value)]),
  );
  const { description } = copy;
  if (typeof description !== 'string' || !description.startsWith(EXTRAS)) return copy;
  delete copy['description'];
  return { ...copy, ...(JSON.parse(description.slice(EXTRAS.length)) as object) };
}

/** The copy that a file imports. Ours where there is none to be found. */
async function copyOf(file: string): Promise<Copy> {
  const manifest = manifestOf('@langchain/langgraph', file);
  if (manifest === undefined) return OWN;
  try {
    const [zod, schema] = (await modulesOf(manifest, ['./zod', './zod/schema'])) as [
      Pick<Copy, 'schemaMetaRegistry'>,
      Omit<Copy, 'schemaMetaRegistry'>,
    ];
    return { ...schema, schemaMetaRegistry: zod.schemaMetaRegistry };
  } catch {
    return OWN;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
