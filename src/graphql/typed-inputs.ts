// Typed inputs and answers become JSON before anything else looks at them: rules, limits and the log know them as that.
import { type GraphQLField, type GraphQLSchema, defaultFieldResolver } from 'graphql';
import { invalidInput } from '../errors.ts';
import { QUESTION, isGiven } from '../session/arguments.ts';
import type { RequestContext } from './context.ts';
import type { TypedGraphs } from './typed.ts';

type Given = Readonly<Record<string, unknown>>;

interface Input {
  readonly sessionId?: string;
  readonly work?: Given | null;
  readonly graph?: Given | null;
  readonly answers?: readonly GivenAnswer[] | null;
  readonly [field: string]: unknown;
}

interface GivenAnswer {
  readonly answer?: Given | null;
  readonly value?: unknown;
}

/** What a mutation may be given as its work, of which one is given at most; and what `graph` says itself. */
const WORK: Readonly<
  Record<string, { readonly fields: readonly string[]; readonly ofGraph: string[] }>
> = {
  startSession: { fields: ['input', 'task', 'graph'], ofGraph: ['graphId', 'input', 'task'] },
  resumeSession: {
    fields: ['input', 'message', 'graph', 'answers'],
    ofGraph: ['input', 'message', 'answers'],
  },
};

/** Has the mutations that start work take typed inputs. */
export function takeTypedInputs(schema: GraphQLSchema, types: TypedGraphs): GraphQLSchema {
  const fields = schema.getMutationType()?.getFields() ?? {};
  for (const [name, { fields: works, ofGraph }] of Object.entries(WORK)) {
    const field: GraphQLField<unknown, RequestContext> | undefined = fields[name];
    if (field === undefined) continue;
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = async (root, args: { input: Input }, context, info): Promise<unknown> => {
      const input = plain(withWork(args.input, works), ofGraph, types);
      return resolve(root, { ...args, input }, context, info);
    };
  }
  return schema;
}

/** The input with its `work` among its own fields. @throws GatewayError INVALID_INPUT for work beside it */
function withWork({ work, ...rest }: Input, fields: readonly string[]): Input {
  if (!work) return rest;
  checkAlone(rest, 'work', fields);
  return { ...rest, ...work };
}

/** @throws GatewayError INVALID_INPUT */
function checkAlone(input: Input, field: string, others: readonly string[]): void {
  const other = others.find((name) => isGiven(input[name]));
  if (other !== undefined) throw invalidInput(`Give either \`${field}\` or \`${other}\`.`);
}

/** @throws GatewayError INVALID_INPUT */
function plain(input: Input, beside: readonly string[], types: TypedGraphs): Input {
  const { graph, ...rest } = input;
  const answers = input.answers?.map((answer, index) => plainAnswer(answer, index, types));
  const isTyped = (graph ?? null) !== null || input.answers?.some((one) => isGiven(one.answer));
  if (!isTyped) return input;
  const changed = { ...rest, ...(answers !== undefined && { answers }) };
  if (!graph) return changed;
  checkAlone(input, 'graph', beside);
  const { graphId, input: json } = types.inputOf(graph);
  return { ...changed, ...(graphId !== null && { graphId }), input: json };
}

function plainAnswer(given: GivenAnswer, index: number, types: TypedGraphs): GivenAnswer {
  const { answer, ...rest } = given;
  if (!answer) return given;
  if (isGiven(given.value))
    throw invalidInput(`\`answers[${index}]\`: give either \`answer\` or \`value\`.`);
  const { value, question } = types.answerOf(answer, `answers[${index}].answer`);
  return { ...rest, value, ...(question !== null && { [QUESTION]: question }) };
}
