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
import type { Channel, CompiledGraph } from './compiled-graph.ts';
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts';
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

/** A key of a graph's state or input. */
export interface Member {
  /** Draft 2020-12 or 7. */
  readonly schema: JsonSchema;
  /** What the schema's references are in. */
  readonly root: JsonSchema;
  readonly isRequired: boolean;
  /** Whether it holds LangChain's messages. */
  readonly isMessages: boolean;
}

/** By key, as the graph declares them. */
export type Members = ReadonlyMap<string, Member>;

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

  /** The keys of its state, those alone too of which only the reducer tells what they hold. */
  stateMembers(graph: CompiledGraph): Members {
    const declared = this.#members(definitionOf(graph, '_schemaRuntimeDefinition'), 'state');
    const keys = graph.streamChannelsList.filter((key) => !key.startsWith('__'));
    const holdsMessages = (key: string) => reducesMessages(graph.channels[key]);
    // Where nothing is known of any key, a type would say nothing.
    if (!keys.some((key) => declared?.has(key) === true || holdsMessages(key))) return new Map();
    return new Map(
      keys.map((key) => {
        const member = declared?.get(key) ?? UNDECLARED;
        return [key, holdsMessages(key) ? { ...member, isMessages: true } : member];
      }),
    );
  }

  /** The keys of what it takes; null where it declares none. Without a schema for the input alone, no key is required. */
  inputMembers(graph: CompiledGraph): Members | null {
    const own = definitionOf(graph, '_inputRuntimeDefinition');
    const isPartial = own === undefined || typeof own === 'symbol';
    const members = this.#members(
      isPartial ? definitionOf(graph, '_schemaRuntimeDefinition') : own,
      'input',
    );
    if (members === null) return null;
    return new Map(
      [...members].map(([key, member]) => [
        key,
        {
          ...member,
          isRequired: member.isRequired && !isPartial,
          isMessages: member.isMessages || reducesMessages(graph.channels[key]),
        },
      ]),
    );
  }

  #members(definition: unknown, of: 'state' | 'input'): Members | null {
    if (!isObject(definition)) return null;
    if (isStateSchema(definition)) return membersOfFields(definition.fields, of);
    try {
      const extended: unknown = this.#copy.schemaMetaRegistry.getExtendedChannelSchemas(
        definition as never,
        { withReducerSchema: of === 'input', withJsonSchemaExtrasAsDescription: true },
      );
      const root = withExtras(jsonSchemaOf(extended));
      if (!isObject(root) || !isObject(root['properties'])) return null;
      const required = Array.isArray(root['required']) ? root['required'] : [];
      return new Map(
        Object.entries(root['properties']).map(([key, given]) => {
          const schema = isObject(given) ? given : {};
          const isMessages = schema['langgraph_type'] === 'messages';
          return [key, { schema, root, isRequired: required.includes(key), isMessages }];
        }),
      );
    } catch {
      return null;
    }
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

function definitionOf(graph: CompiledGraph, name: (typeof DECLARED)[number]): unknown {
  return isObject(graph.builder) ? (graph.builder[name] ?? undefined) : undefined;
}

/** LangGraph's own reducers of messages, in whichever copy. */
const REDUCERS_OF_MESSAGES = new Set(['messagesStateReducer', 'messagesDeltaReducer']);

export function reducesMessages(channel: Channel | undefined): boolean {
  const reducer: unknown =
    channel && (Reflect.get(channel, 'operator') ?? Reflect.get(channel, 'reducer'));
  return typeof reducer === 'function' && REDUCERS_OF_MESSAGES.has(reducer.name);
}

/** A key of which only its name is known. */
const UNDECLARED: Member = { schema: {}, root: {}, isRequired: false, isMessages: false };

/** By which LangGraph tells its StateSchema. */
const STATE_SCHEMA = Symbol.for('langgraph.state.state_schema');

interface StateSchema {
  readonly fields: Readonly<Record<string, unknown>>;
}

function isStateSchema(definition: object): definition is StateSchema {
  return STATE_SCHEMA in definition && 'fields' in definition && isObject(definition.fields);
}

function membersOfFields(fields: StateSchema['fields'], of: 'state' | 'input'): Members {
  return new Map(
    Object.entries(fields).map(([key, field]) => {
      const { valueSchema, inputSchema, schema, jsonSchemaExtra } =
        isObject(field) && !('~standard' in field) ? field : {};
      const reduced = of === 'input' ? inputSchema : valueSchema;
      // What is no reduced value is a schema, or has one.
      const own = jsonSchemaOf(reduced ?? schema ?? field) ?? {};
      const extra = isObject(jsonSchemaExtra) ? jsonSchemaExtra : {};
      const isMessages = extra['langgraph_type'] === 'messages';
      // LangGraph checks those keys of an input that are given.
      return [key, { schema: { ...own, ...extra }, root: own, isRequired: false, isMessages }];
    }),
  );
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
