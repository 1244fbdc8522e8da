// The types that graphs add to the schema: of their states, inputs, questions and answers.
import { invalidInput } from '../errors.ts';
import type { Members } from '../graph/graph-schemas.ts';
import type { GraphDeclaration } from '../graph/loaded-graph.ts';
import type { GraphQuestion } from '../graph/question-schema.ts';
import { lowerFirst, pascalCase } from './names.ts';
import {
  type Found,
  type KeySchema,
  SchemaReader,
  type SharedNames,
  sharedNames,
} from './read-schema.ts';
import { Definitions } from './sdl.ts';
import type { ObjectShape, Shape } from './shape.ts';

export interface QuestionTypes {
  readonly question: GraphQuestion;
  /** Whose question it is, for messages. */
  readonly owner: string;
  /** The question's type. A value that is no object is in its field `value`. */
  readonly ask: ObjectShape;
  readonly isBoxed: boolean;
  /** The field of AnswerValue. */
  readonly field: string;
  readonly answer: Shape;
}

export interface GraphTypes {
  readonly graphId: string;
  /** Null where it declares no state. */
  readonly state: ObjectShape | null;
  /** The field of GraphInput, and what it takes; null where the graph declares no input. */
  readonly input: { readonly field: string; readonly shape: ObjectShape } | null;
  readonly questions: readonly QuestionTypes[];
}

/** The fields that all states and questions have. */
const RESERVED = ['json'];

/** The types of a question that graphs ask without declaring it. */
export function questionTypesOf(
  prefix: string,
  question: GraphQuestion,
  owner: string,
): QuestionTypes {
  return questionTypes(prefix, '', question, owner, sharedNames());
}

/**
 * @param taken names of the gateway's own types
 * @throws GatewayError INVALID_INPUT for two graphs, or two keys, of one name
 */
export function typesOfGraphs(
  declarations: readonly GraphDeclaration[],
  taken: ReadonlySet<string>,
  warn: (warning: string) => void,
): GraphTypes[] {
  const ids = new Map<string, string>();
  return declarations.flatMap((declaration) => {
    const { id } = declaration;
    const prefix = prefixOf(declaration, taken);
    if (prefix === undefined) {
      warn(
        `Graph "${id}" has no types, for its id has no letter that GraphQL knows; name it by \`graphqlName\`.`,
      );
      return [];
    }
    // The field of GraphInput is the same for names that differ in their case alone.
    const other = ids.get(lowerFirst(prefix));
    if (other !== undefined) {
      throw invalidInput(
        `Types: graphs "${other}" and "${id}" are both ${prefix} in GraphQL; give one a \`graphqlName\` in langgraph.json, or set GRAPH_TYPES=false.`,
      );
    }
    ids.set(lowerFirst(prefix), id);
    return [typesOf(declaration, prefix)];
  });
}

/** What the names of a graph's types begin with; one that the gateway's own begin with has `Graph` behind it. */
function prefixOf(
  { id, graphqlName }: GraphDeclaration,
  taken: ReadonlySet<string>,
): string | undefined {
  const name = pascalCase(graphqlName ?? id);
  if (name === undefined) return undefined;
  const isTaken = (given: string) =>
    [...taken].some(
      (type) =>
        type === given || (type.startsWith(given) && /^[A-Z]/.test(type.slice(given.length))),
    );
  let prefix = name;
  while (isTaken(prefix)) prefix += 'Graph';
  return prefix;
}

function typesOf({ id, state, input, questions }: GraphDeclaration, prefix: string): GraphTypes {
  const owner = `graph "${id}"`;
  const names = sharedNames();
  const output = new SchemaReader(prefix, 'output', owner, names);
  const stateFields = output
    .fields(keySchemasOf(state), prefix, RESERVED)
    // Before its first step, a session has nothing of its state.
    .map((field) => ({ ...field, nullable: true }));
  const taking = new SchemaReader(prefix, 'input', owner, names);
  const inputFields = input === null ? [] : taking.fields(keySchemasOf(input), prefix, []);
  const object = (name: string, description: string, fields: ObjectShape['fields']) =>
    fields.length === 0 ? null : ({ kind: 'object', name, description, fields } as const);
  const inputShape = object(prefix, `The input of ${owner}.`, inputFields);
  return {
    graphId: id,
    state: object(`${prefix}State`, `The state of ${owner}.`, stateFields),
    input: inputShape && { field: lowerFirst(prefix), shape: inputShape },
    questions: questions.map((question) =>
      questionTypes(prefix, pascalCase(question.name) ?? '', question, owner, names),
    ),
  };
}

function keySchemasOf(members: Members): KeySchema[] {
  return [...members]
    .filter(([key]) => !key.startsWith('__'))
    .map(([key, member]) => ({ key, ...member }));
}

function questionTypes(
  prefix: string,
  word: string,
  question: GraphQuestion,
  owner: string,
  names: SharedNames,
): QuestionTypes {
  const { name, ask, answer } = question;
  const typeName = `${prefix}${word}Question`;
  const description = `Question "${name}" of ${owner}.`;
  const asking = new SchemaReader(prefix, 'output', owner, names);
  const asked = asking.read(ask.json, ask.json, typeName, name);
  // A question whose type contains itself: the type within needs a name of its own.
  const { shape, nullable } = asking.hasItselfWithin(ask.json)
    ? new SchemaReader(prefix, 'output', owner, names).read(
        ask.json,
        ask.json,
        `${typeName}Value`,
        name,
      )
    : asked;
  const isBoxed = shape.kind !== 'object';
  const fields =
    shape.kind === 'object'
      ? shape.fields.map(besideJson)
      : [{ key: 'value', name: 'value', description, shape, nullable, optional: false }];
  const answering = new SchemaReader(prefix, 'input', owner, names);
  const answered: Found = answering.read(answer.json, answer.json, `${prefix}${word}Answer`, name);
  return {
    question,
    owner,
    ask: { kind: 'object', name: typeName, description, fields },
    isBoxed,
    field: lowerFirst(prefix) + word,
    answer: answered.shape,
  };
}

function besideJson(field: ObjectShape['fields'][number]): ObjectShape['fields'][number] {
  return RESERVED.includes(field.name) ? { ...field, name: `${field.name}_` } : field;
}

/** What all of them add to the schema, in SDL. @throws GatewayError INVALID_INPUT for two types of one name */
export function sdlOf(
  types: readonly GraphTypes[],
  common: readonly QuestionTypes[],
  taken: ReadonlySet<string>,
): string {
  const definitions = new Definitions(taken);
  const inputs: string[] = [];
  const answers: string[] = [];
  const addQuestion = ({ ask, answer, field, question, owner }: QuestionTypes) => {
    definitions.addOutput(ask, owner, 'Question', JSON_OF_QUESTION);
    answers.push(
      definitions.field(
        field,
        definitions.inputType(answer, owner),
        `An answer to question "${question.name}" of ${owner}.`,
      ),
    );
  };
  for (const { graphId, state, input, questions } of types) {
    const owner = `graph "${graphId}"`;
    if (state !== null) definitions.addOutput(state, owner, 'GraphState', JSON_OF_STATE);
    if (input !== null) {
      inputs.push(
        definitions.field(
          input.field,
          definitions.inputType(input.shape, owner),
          `Input of ${owner}.`,
        ),
      );
    }
    questions.forEach(addQuestion);
  }
  common.forEach(addQuestion);
  return [
    ...definitions.all(),
    ...(inputs.length === 0 ? [] : [`extend input GraphInput {\n${inputs.join('\n')}\n}`]),
    ...(answers.length === 0 ? [] : [`extend input AnswerValue {\n${answers.join('\n')}\n}`]),
  ].join('\n\n');
}

const JSON_OF_STATE = {
  type: 'JSON!',
  description: 'All of the state, as `Session.values` shows it.',
};
const JSON_OF_QUESTION = { type: 'JSON', description: 'The question as the graph asks it.' };
