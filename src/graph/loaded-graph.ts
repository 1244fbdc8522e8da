import type { BaseCheckpointSaver, BaseStore } from '@langchain/langgraph-checkpoint';
import { invalidInput, messageFor } from '../errors.ts';
import { isPlainObject } from '../session/json-input.ts';
import type { AnsweredQuestion } from '../session/arguments.ts';
import type { Interrupt } from '../session/progress.ts';
import type { RunOptions } from '../session/run.ts';
import {
  type CompiledGraph,
  graphOfAgent,
  isCompiledGraph,
  isGraphBuilder,
  withCheckpointer,
} from './compiled-graph.ts';
import { GraphSchemas, type Members } from './graph-schemas.ts';
import type { GraphDefaults } from './graph-defaults.ts';
import type { GraphEntry } from './langgraph-json.ts';
import { type JsonSchema, hasNatives, published } from './json-schema.ts';
import type { GraphQuestion } from './question-schema.ts';
import { checkAnswer, questionOf } from './questions.ts';
import { describeIssue, describeRefusal, issuesOf, pathOf } from './schema-issues.ts';
import { withNatives } from './native-values.ts';

export interface GraphDrawing {
  readonly nodes: readonly { readonly id: string; readonly name: string }[];
  readonly edges: readonly {
    readonly source: string;
    readonly target: string;
    readonly label: string | null;
    readonly conditional: boolean;
  }[];
}

type GraphFactory = (config: object) => unknown;

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const START = '__start__';
const END = '__end__';

/** What a run is asked to do, beside its work. */
export interface AskedOfRun {
  readonly configurable: Readonly<Record<string, unknown>>;
  /** Null: none was given. */
  readonly context: Readonly<Record<string, unknown>> | null;
  readonly options: RunOptions;
  readonly goto: readonly string[];
}

/** How much of a name is told that nothing has. */
const LONGEST_TOLD = 100;

/** A drawing of Mermaid's without anything in it. */
const NOTHING_DRAWN = 'graph TD;\n';

/** What a graph finds beside what a run is given. */
export interface GraphSurroundings {
  readonly defaults?: GraphDefaults | undefined;
  /** LangGraph's store, for a graph that has none of its own. */
  readonly store?: BaseStore | undefined;
  /** What it declares that it asks. */
  readonly questions?: readonly GraphQuestion[];
  /** Takes what the operator should know of. */
  readonly warn?: (warning: string) => void;
}

/** What a graph says of its values, beside JSON Schemas. */
export interface GraphDeclaration {
  readonly id: string;
  /** What langgraph.json says that its types are called. */
  readonly graphqlName: string | null;
  readonly state: Members;
  /** Null where it declares none. */
  readonly input: Members | null;
  readonly questions: readonly GraphQuestion[];
}

/** A graph that langgraph.json names, ready to be run with a checkpointer of ours. */
export class LoadedGraph {
  readonly id: string;
  readonly description: string | null;
  /** The graph as it looks without any configuration of a user; null where its function makes none without. */
  readonly graph: CompiledGraph | null;
  /** What LANGGRAPH_CONFIG gives each run of it. */
  readonly defaults: GraphDefaults;
  readonly #factory: GraphFactory | undefined;
  readonly #schemas: GraphSchemas | null;
  readonly #store: BaseStore | undefined;
  readonly #graphqlName: string | null;
  readonly #questions: readonly GraphQuestion[];
  #declaration: GraphDeclaration | undefined;

  private constructor(
    entry: GraphEntry,
    graph: CompiledGraph | null,
    factory: GraphFactory | undefined,
    schemas: GraphSchemas | null,
    { defaults = {}, store, questions = [] }: GraphSurroundings,
  ) {
    this.id = entry.id;
    this.description = entry.description ?? (graph && descriptionOf(graph));
    this.defaults = defaults;
    this.#graphqlName = entry.graphqlName ?? null;
    this.#questions = questions;
    this.graph = graph;
    this.#factory = factory;
    this.#schemas = schemas;
    this.#store = store;
  }

  /** @throws Error saying what the export is instead of a graph. */
  static async open(
    entry: GraphEntry,
    exported: unknown,
    surroundings: GraphSurroundings = {},
  ): Promise<LoadedGraph> {
    const { defaults = {}, warn = () => undefined } = surroundings;
    const itself = toGraph(exported);
    if (itself !== undefined) {
      const schemas = await GraphSchemas.open(entry.file, itself);
      return new LoadedGraph(entry, itself, undefined, schemas, surroundings);
    }
    if (typeof exported !== 'function' || isClass(exported)) {
      const kind = typeof exported === 'function' ? 'a class' : nameKind(exported);
      throw new Error(`its export is ${kind}, not a graph, a builder or a function that makes one`);
    }
    const factory: GraphFactory = (config) => (exported as GraphFactory)(config);
    const { configurable = {} } = defaults;
    const made = await attempt(() => factory({ configurable }));
    if ('thrown' in made) {
      warn(
        `Graph "${entry.id}": its function makes none without the values of a session, so it has no drawing and no schemas ` +
          `(LANGGRAPH_CONFIG gives it defaults): ${messageFor(made.thrown)}`,
      );
      return new LoadedGraph(entry, null, factory, null, surroundings);
    }
    const graph = graphIn(made.value);
    const schemas = await GraphSchemas.open(entry.file, graph);
    return new LoadedGraph(entry, graph, factory, schemas, surroundings);
  }

  /** The graph for one run or look at a session: made by the user's function, where there is one. */
  async instantiate(
    configurable: Readonly<Record<string, unknown>>,
    saver: BaseCheckpointSaver,
  ): Promise<CompiledGraph> {
    const graph = await this.#made(configurable);
    return withCheckpointer(graph, saver, this.#store);
  }

  /**
   * The input for plain words: a human message where the graph has `messages`, else the state key `task`.
   * @throws GatewayError INVALID_INPUT where the graph has neither.
   */
  wordsToInput(field: 'task' | 'message', words: string): Readonly<Record<string, unknown>> {
    if (this.graph === null) {
      throw invalidInput(
        `\`${field}\`: what graph "${this.id}" takes is known only once it runs; give \`input\` instead.`,
      );
    }
    if ('messages' in this.graph.channels) {
      return { messages: [{ role: 'user', content: words }] };
    }
    if ('task' in this.graph.channels) return { task: words };
    throw invalidInput(
      `\`${field}\`: graph "${this.id}" has neither \`messages\` nor \`task\` in its state; give \`input\` instead.`,
    );
  }

  /** @throws GatewayError INVALID_INPUT with the field that the graph's schema refuses. */
  async checkInput(input: unknown): Promise<void> {
    if (this.graph === null) return;
    if (
      this.graph.builder !== undefined &&
      (typeof input !== 'object' || input === null || Array.isArray(input))
    ) {
      throw invalidInput(
        `\`input\` must be an object with the keys of graph "${this.id}"'s state.`,
      );
    }
    try {
      await this.graph._validateInput?.(structuredClone(this.natively(input)));
    } catch (cause) {
      throw invalidInput(
        `\`input\` is refused by the schema of graph "${this.id}": ${describeRefusal(cause)}`,
        cause,
      );
    }
  }

  /** What JSON stands for in an input or an edit of the graph, whose schemas may have dates and the like. */
  natively<Value>(value: Value): Value {
    const { input, state } = this.declaration;
    if (!isPlainObject(value)) return value;
    const entries = Object.entries(value).map(([key, item]): [string, unknown] => {
      const member = input?.get(key) ?? state.get(key);
      return [key, member ? withNatives(item, member.schema, member.root) : item];
    });
    const isChanged = entries.some(([key, item]) => item !== value[key]);
    return isChanged ? (Object.fromEntries(entries) as Value) : value;
  }

  /** Whether answers to questions that it declares may have dates and the like. */
  get hasNativeAnswers(): boolean {
    return this.#questions.some(({ answer }) => hasNatives(answer.json));
  }

  /** What JSON stands for as an answer to a question that the graph declares. */
  async nativeAnswer({ value: asked }: Interrupt, answer: unknown): Promise<unknown> {
    const question = await questionOf(this.#questions, asked);
    return question === undefined ? answer : withNatives(answer, question.answer.json);
  }

  /** JSON Schema of the answers that it declares for a question; undefined where it declares none. */
  async answerSchema(asked: unknown): Promise<JsonSchema | undefined> {
    const question = await questionOf(this.#questions, asked);
    return question && published(question.answer.json);
  }

  /**
   * Checks an answer to a question that the graph asks.
   * @param named the question that a typed answer is to; null for one that is JSON
   * @throws GatewayError INVALID_INPUT naming the field
   */
  async checkAnswer(
    asked: Interrupt,
    value: unknown,
    named: AnsweredQuestion | null,
  ): Promise<void> {
    await checkAnswer(this.id, this.#questions, asked, value, named);
  }

  /**
   * Checks an edit against the schema of the state, as far as it goes: it names some of the keys.
   * @throws GatewayError INVALID_INPUT with the field that the schema refuses
   */
  async checkEdit(values: Readonly<Record<string, unknown>>, edited: CompiledGraph): Promise<void> {
    const { builder } = edited;
    if (typeof builder !== 'object' || builder === null) return;
    if (!('_schemaRuntimeDefinition' in builder)) return;
    const { _schemaRuntimeDefinition: value } = builder;
    if (value === undefined) return;
    const asInput: unknown = Object.create(builder, { _inputRuntimeDefinition: { value } });
    const graph = Object.create(edited, { builder: { value: asInput } }) as CompiledGraph;
    try {
      await graph._validateInput?.(structuredClone(values));
    } catch (cause) {
      const issues = issuesOf(cause)?.filter((issue) => (pathOf(issue)[0] ?? '') in values);
      if (issues?.length === 0) return;
      const refusal = issues?.map(describeIssue).join('; ') ?? describeRefusal(cause);
      throw invalidInput(
        `\`values\` are refused by the schema of graph "${this.id}": ${refusal}`,
        cause,
      );
    }
  }

  /**
   * Checks what a run is asked to do, by the graph that it will have.
   * @throws GatewayError INVALID_INPUT naming the node that the graph does not have, or what its context schema refuses
   */
  async checkRun({ context, options, goto, ...asked }: AskedOfRun): Promise<void> {
    const configurable = { ...this.defaults.configurable, ...asked.configurable };
    const { interruptBefore = [], interruptAfter = [] } = options;
    const isPlain = [interruptBefore, interruptAfter, goto].every(({ length }) => length === 0);
    if (this.#factory !== undefined && isPlain && context === null) return;
    // A function that fails now fails the run, which tells why.
    const graph = await this.#made(configurable).catch(() => undefined);
    if (graph === undefined) return;
    const has = (name: string) => name === '*' || Object.hasOwn(graph.nodes, name);
    this.#checkNodes(graph, 'interruptBefore', interruptBefore, has);
    this.#checkNodes(graph, 'interruptAfter', interruptAfter, has);
    // A node that can be gone to has a channel of its own; those of the functional API have none.
    this.#checkNodes(graph, 'goto', goto, (name) => `branch:to:${name}` in graph.channels);
    try {
      await this.contextFor(graph, context, configurable);
    } catch (cause) {
      throw invalidInput(
        `\`context\` is refused by the schema of graph "${this.id}": ${describeRefusal(cause)}`,
        cause,
      );
    }
  }

  /**
   * The context to call the graph with. Without one it is `{}`, or what `withConfig` has set; a graph whose schema wants more
   * may read `configurable` as its context, as it did before LangGraph had contexts, and is then given none.
   * @throws what the graph's context schema throws
   */
  async contextFor(
    graph: CompiledGraph,
    context: Readonly<Record<string, unknown>> | null,
    configurable: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, unknown>> | undefined> {
    const given = { ...this.defaults.context, ...context };
    const isGiven = context !== null || this.defaults.context !== undefined;
    if (!isGiven && graph.config?.context !== undefined) return undefined;
    try {
      await graph._validateContext?.(structuredClone(given));
      return given;
    } catch (error) {
      if (isGiven) throw error;
      try {
        await graph._validateContext?.(structuredClone(configurable));
      } catch {
        throw error;
      }
      return undefined;
    }
  }

  #checkNodes(
    graph: CompiledGraph,
    field: string,
    names: readonly string[],
    has: (name: string) => boolean,
  ): void {
    const unknown = names.filter((name) => !has(name)).map((name) => name.slice(0, LONGEST_TOLD));
    if (unknown.length === 0) return;
    const known = Object.keys(graph.nodes).filter((name) => !name.startsWith('__'));
    throw invalidInput(
      `\`${field}\`: graph "${this.id}" has no node "${unknown.join('", "')}"; it has ${known.join(', ')}.`,
    );
  }

  /** The graph that a function makes of this, or the graph itself. */
  async #made(configurable: Readonly<Record<string, unknown>>): Promise<CompiledGraph> {
    if (this.graph !== null && this.#factory === undefined) return this.graph;
    const config = { configurable: { ...this.defaults.configurable, ...configurable } };
    return graphIn(await this.#factory?.(config));
  }

  async mermaid(xray: boolean): Promise<string> {
    if (this.graph === null) return NOTHING_DRAWN;
    return (await this.graph.getGraphAsync({ xray })).drawMermaid();
  }

  /** The nodes and edges; with `xray` a subgraph's nodes stand for it, each named by the way to it: `sub:node`. */
  async drawing(xray: boolean): Promise<GraphDrawing> {
    if (this.graph === null) return { nodes: [], edges: [] };
    const { nodes, edges } = await this.graph.getGraphAsync({ xray });
    const sources = new Set(edges.map(({ source }) => source));
    const targets = new Set(edges.map(({ target }) => target));
    // The functional API draws what goes in and comes out as nodes, and names none of them by its id.
    const named = new Map(
      Object.values(nodes).map(({ id, name }) => {
        if (!UUID.test(id)) return [id, { id, name }];
        const isEnd = sources.has(id) ? !targets.has(id) && START : END;
        return [id, { id: isEnd || name, name: isEnd || name }];
      }),
    );
    const keyOf = (id: string) => named.get(id)?.id ?? id;
    return {
      nodes: [...named.values()],
      edges: edges.map(({ source, target, data, conditional = false }) => ({
        source: keyOf(source),
        target: keyOf(target),
        label: typeof data === 'string' ? data : null,
        conditional,
      })),
    };
  }

  get nodes(): string[] {
    return Object.keys(this.graph?.nodes ?? {}).filter((name) => !name.startsWith('__'));
  }

  /** JSON Schema of the input, where the graph declares one. */
  get inputSchema(): unknown {
    return this.#schema('input');
  }

  /** JSON Schema of the state, where the graph declares one. */
  get stateSchema(): unknown {
    return this.#schema('state');
  }

  /** JSON Schema of what it comes to, where the graph declares one. */
  get outputSchema(): unknown {
    return this.#schema('output');
  }

  /** JSON Schema of the runtime context, where the graph declares one. */
  get contextSchema(): unknown {
    return this.#schema('context');
  }

  get declaration(): GraphDeclaration {
    this.#declaration ??= this.#declare();
    return this.#declaration;
  }

  #declare(): GraphDeclaration {
    const { graph } = this;
    const schemas = this.#schemas;
    return {
      id: this.id,
      graphqlName: this.#graphqlName,
      questions: this.#questions,
      state: graph && schemas ? schemas.stateMembers(graph) : new Map(),
      input: graph && schemas && schemas.inputMembers(graph),
    };
  }

  #schema(of: 'input' | 'state' | 'output' | 'context'): unknown {
    return this.graph && this.#schemas ? this.#schemas[of](this.graph) : null;
  }
}

/** @throws GatewayError INVALID_INPUT for a key that the state does not have */
export function checkKeys(graph: CompiledGraph, values: Readonly<Record<string, unknown>>): void {
  const known = graph.streamChannelsList;
  const unknown = Object.keys(values).filter((key) => !known.includes(key) || key.startsWith('__'));
  if (unknown.length === 0) return;
  throw invalidInput(
    `\`values\`: the state has no key "${unknown.join('", "')}"; it has ${known.join(', ')}.`,
  );
}

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

async function attempt(
  act: () => unknown,
): Promise<{ readonly value: unknown } | { readonly thrown: unknown }> {
  try {
    return { value: await act() };
  } catch (thrown) {
    return { thrown };
  }
}

/** @throws Error where a function has made something else */
function graphIn(made: unknown): CompiledGraph {
  const graph = toGraph(made);
  if (graph === undefined)
    throw new Error(`its function gives ${nameKind(made)} instead of a graph`);
  return graph;
}

function toGraph(value: unknown): CompiledGraph | undefined {
  if (isCompiledGraph(value)) return value;
  const agent = graphOfAgent(value);
  if (agent !== undefined) return agent;
  if (!isGraphBuilder(value)) return undefined;
  const compiled = value.compile();
  return isCompiledGraph(compiled) ? compiled : undefined;
}

function descriptionOf(graph: CompiledGraph): string | null {
  return 'description' in graph && typeof graph.description === 'string' ? graph.description : null;
}

function nameKind(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}
