// What graphs add to the schema: their types, and how values become those.
import { type GraphQLSchema, extendSchema, isObjectType, parse } from 'graphql';
import { invalidInput } from '../errors.ts';
import type { LoadedGraph } from '../graph/loaded-graph.ts';
import { HITL, HUMAN_INTERRUPT } from '../graph/common-questions.ts';
import { questionOf } from '../graph/questions.ts';
import type { AnsweredQuestion } from '../session/arguments.ts';
import { isPlainObject } from '../session/json-input.ts';
import type { Interrupt } from '../session/progress.ts';
import type { Session } from '../session/session.ts';
import { type ShowOptions, fromTyped, toTyped } from '../types/convert.ts';
import {
  type GraphTypes,
  type QuestionTypes,
  questionTypesOf,
  sdlOf,
  typesOfGraphs,
} from '../types/graph-types.ts';
import type { ObjectShape } from '../types/shape.ts';
import type { Answer } from './answers.ts';
import { MessageNode } from './message.ts';

/** A state, as a graph's own type. */
export interface StateNode {
  readonly typeName: string;
  /** As JSON. */
  readonly values: unknown;
  readonly session: Session;
}

/** A question, as a graph's own type: its fields, by their names. */
export interface QuestionNode {
  readonly __typename: string;
  readonly json: unknown;
}

export const JSON_STATE = 'JsonState';
export const JSON_QUESTION = 'JsonQuestion';

/** Questions of LangChain's and LangGraph's own parts; each schema has their types. */
const COMMON = [
  questionTypesOf('HITL', HITL, "LangChain's human-in-the-loop middleware"),
  questionTypesOf('HumanInterrupt', HUMAN_INTERRUPT, "LangGraph's `HumanInterrupt`"),
];

/** The types of a gateway's graphs. */
export class TypedGraphs {
  readonly #byGraph: ReadonlyMap<string, GraphTypes>;
  readonly #answers = new Map<string, { readonly graphId: string | null; types: QuestionTypes }>();
  readonly #inputs = new Map<string, GraphTypes>();
  readonly #types: readonly GraphTypes[];

  private constructor(types: readonly GraphTypes[]) {
    this.#types = types;
    this.#byGraph = new Map(types.map((each) => [each.graphId, each]));
    for (const each of COMMON) this.#answers.set(each.field, { graphId: null, types: each });
    for (const each of types) {
      if (each.input !== null) this.#inputs.set(each.input.field, each);
      for (const question of each.questions)
        this.#answers.set(question.field, { graphId: each.graphId, types: question });
    }
  }

  /**
   * @param own the gateway's own schema
   * @throws GatewayError INVALID_INPUT for two types of one name
   */
  static of(
    graphs: readonly LoadedGraph[],
    own: GraphQLSchema,
    warn: (warning: string) => void,
  ): TypedGraphs {
    const declarations = graphs.map((graph) => graph.declaration);
    const common = extendSchema(own, parse(sdlOf([], COMMON, namesOf(own))));
    return new TypedGraphs(typesOfGraphs(declarations, namesOf(common), warn));
  }

  /** The schema with the types of the graphs. @throws GatewayError INVALID_INPUT for two types of one name */
  extend(own: GraphQLSchema): GraphQLSchema {
    const sdl = sdlOf(this.#types, COMMON, namesOf(own));
    const schema = extendSchema(own, parse(sdl, { noLocation: true }));
    for (const { state } of this.#types) if (state !== null) resolveState(schema, state);
    return schema;
  }

  /** @param namespace of the checkpoint: a subgraph's state has no type */
  stateOf(session: Session, values: unknown, namespace = ''): StateNode {
    const type = namespace === '' ? this.#byGraph.get(session.graphId)?.state : undefined;
    return { typeName: type?.name ?? JSON_STATE, values: values ?? {}, session };
  }

  async questionOf(graphId: string, { value }: Interrupt, answer: Answer): Promise<QuestionNode> {
    const own = [...(this.#byGraph.get(graphId)?.questions ?? []), ...COMMON];
    const found = await questionOf(
      own.map(({ question }) => question),
      value,
    );
    const types = own.find(({ question }) => question === found);
    const untyped = { __typename: JSON_QUESTION, json: value };
    if (found === undefined || types === undefined) return untyped;
    const view = found.view?.(value) ?? value;
    // A question has no messages.
    const asked = { messages: () => null, answer };
    const typed = toTyped(types.ask, types.isBoxed ? { value: view } : view, asked);
    return isPlainObject(typed) ? { ...typed, __typename: types.ask.name, json: value } : untyped;
  }

  /**
   * The graph and the JSON that a typed input stands for.
   * @throws GatewayError INVALID_INPUT
   */
  inputOf(given: Readonly<Record<string, unknown>>): { graphId: string | null; input: unknown } {
    const [field = '', value] = Object.entries(given)[0] ?? [];
    if (field === 'json') {
      const { graphId = null, input } = isPlainObject(value) ? value : {};
      return { graphId: graphId as string | null, input };
    }
    const types = this.#inputs.get(field);
    if (!types?.input) throw invalidInput(`\`graph.${field}\` is no graph.`);
    const input = fromTyped(types.input.shape, value, `graph.${field}`);
    return { graphId: types.graphId, input };
  }

  /** The JSON that a typed answer stands for, and the question that it answers; null for any. */
  answerOf(
    given: Readonly<Record<string, unknown>>,
    path: string,
  ): { value: unknown; question: AnsweredQuestion | null } {
    const [field = '', value] = Object.entries(given)[0] ?? [];
    const answer = this.#answers.get(field);
    if (answer === undefined) return { value, question: null };
    const { graphId, types } = answer;
    return {
      value: fromTyped(types.answer, value, `${path}.${field}`),
      question: { graphId, name: types.question.name },
    };
  }
}

function namesOf(schema: GraphQLSchema): ReadonlySet<string> {
  return new Set(Object.keys(schema.getTypeMap()));
}

function optionsOf(session: Session, answer: Answer): ShowOptions {
  return {
    messages: (messages) =>
      messages.map((message, index) => new MessageNode(session, message, index)),
    answer,
  };
}

type WithAnswer = { readonly answer: Answer };

function resolveState(schema: GraphQLSchema, { name, fields }: ObjectShape): void {
  const type = schema.getType(name);
  if (!isObjectType(type)) throw new Error(`${name} is not in the schema`);
  const own = type.getFields();
  for (const { key, name: fieldName, shape } of fields) {
    const field = own[fieldName];
    if (field === undefined) continue;
    field.resolve = ({ values, session }: StateNode, _args: unknown, { answer }: WithAnswer) => {
      const value = isPlainObject(values) && Object.hasOwn(values, key) ? values[key] : null;
      if (value === null) return null;
      answer.take(value, `${name}.${fieldName}`);
      return toTyped(shape, value, optionsOf(session, answer));
    };
  }
  if (own['json']) own['json'].resolve = ({ values }: StateNode) => values;
}
