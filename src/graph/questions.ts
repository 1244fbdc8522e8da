// The questions that a graph declares, and their answers.
import { invalidInput } from '../errors.ts';
import type { AnsweredQuestion } from '../session/arguments.ts';
import { isPlainObject } from '../session/json-input.ts';
import type { Interrupt } from '../session/progress.ts';
import { COMMON_QUESTIONS } from './common-questions.ts';
import { CheckedSchema, type GraphQuestion } from './question-schema.ts';
import { MOST_TOLD, checkAgainst } from './response-schema.ts';

/**
 * What langgraph.json's `interrupts` names: `{ approval: { ask, answer } }`.
 * @throws Error saying what is wrong with it
 */
export function readQuestions(exported: unknown): GraphQuestion[] {
  if (!isPlainObject(exported)) throw new Error('it is not an object of questions');
  return Object.entries(exported).map(([name, question]) => {
    const schemaOf = (part: 'ask' | 'answer') => {
      const schema = CheckedSchema.of(isPlainObject(question) ? question[part] : undefined);
      if (schema === undefined)
        throw new Error(`question "${name}" has no schema as its \`${part}\``);
      return schema;
    };
    return { name, ask: schemaOf('ask'), answer: schemaOf('answer') };
  });
}

/** The first question that a value is. */
export async function questionOf(
  questions: readonly GraphQuestion[],
  value: unknown,
): Promise<GraphQuestion | undefined> {
  for (const question of questions) if (await isAsked(question, value)) return question;
  return undefined;
}

async function isAsked({ ask, view }: GraphQuestion, value: unknown): Promise<boolean> {
  return (await ask.issues(view ? view(value) : value)).length === 0;
}

/**
 * Checks an answer against what its question says of it, or else against the schema that the question came with.
 * @param graphId of the graph that asks
 * @param questions what it declares
 * @param named the question that a typed answer is to; null for one that is JSON
 * @throws GatewayError INVALID_INPUT naming the field
 */
export async function checkAnswer(
  graphId: string,
  questions: readonly GraphQuestion[],
  { interruptId, value: asked, responseSchema }: Interrupt,
  value: unknown,
  named: AnsweredQuestion | null,
): Promise<void> {
  const known = named?.graphId === null ? COMMON_QUESTIONS : questions;
  const isNamed = ({ name }: GraphQuestion) =>
    named === null || (name === named.name && (named.graphId ?? graphId) === graphId);
  const open: GraphQuestion[] = [];
  for (const question of known)
    if (isNamed(question) && (await isAsked(question, asked))) open.push(question);
  if (named !== null && open.length === 0)
    throw invalidInput(`\`answers\`: ${interruptId} is not question "${named.name}".`);
  // A declared schema checks more than the JSON Schema that is made of one.
  if (open.length > 0) await checkAgainstOne(open, interruptId, value);
  else if (isPlainObject(responseSchema)) checkAgainst(responseSchema, interruptId, value);
}

/** @throws GatewayError INVALID_INPUT if it answers none of the questions, saying why for the first */
async function checkAgainstOne(
  questions: readonly GraphQuestion[],
  interruptId: string,
  value: unknown,
): Promise<void> {
  let first: string | undefined;
  for (const { name, answer } of questions) {
    const issues = await answer.issues(value);
    if (issues.length === 0) return;
    first ??= `question "${name}": ${issues.slice(0, MOST_TOLD).join('; ')}`;
  }
  throw invalidInput(`\`answers\`: ${interruptId} is not an answer to ${first ?? 'anything'}`);
}
