// What the agent can do besides talking. Each tool answers in text, errors included: the model can then try again.
import { tool } from 'langchain';
import { z } from 'zod';
import { calculate } from './calculator.ts';
import { WORDS, meaningOf } from './glossary.ts';

export const currentTime = tool(({ timeZone }) => tellTime(new Date(), timeZone), {
  name: 'current_time',
  description: 'Tells the date and time now.',
  schema: z.object({
    timeZone: z.string().default('UTC').describe('An IANA name, such as Europe/Zurich'),
  }),
});

export const calculator = tool(({ expression }) => tellResult(expression), {
  name: 'calculator',
  description: 'Calculates with + - * / % ^ and parentheses.',
  schema: z.object({
    expression: z.string().max(1000).describe('Such as 2 * (3 + 4)'),
  }),
});

export const lookUpWord = tool(({ word }) => tellMeaning(word), {
  name: 'look_up_word',
  description:
    'Tells what a word of the Session Gateway means, such as session, run or checkpoint.',
  schema: z.object({ word: z.string().max(100) }),
});

export const TOOLS = [currentTime, calculator, lookUpWord];

function tellTime(now: Date, timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      dateStyle: 'full',
      timeStyle: 'long',
      timeZone,
    }).format(now);
  } catch {
    return `Error: "${timeZone}" is not a time zone. Give an IANA name such as Europe/Zurich.`;
  }
}

function tellResult(expression: string): string {
  try {
    return String(calculate(expression));
  } catch (cause) {
    return `Error: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

function tellMeaning(word: string): string {
  return meaningOf(word) ?? `"${word}" is not in the glossary. It has: ${WORDS.join(', ')}.`;
}
