// LangGraph's filters of the store: a value that a key must have, or operators that its value must satisfy.
import { invalidInput } from '../errors.ts';
import { checkJsonObject } from '../session/json-input.ts';

export type Filter = Readonly<Record<string, unknown>>;

const MOST_BYTES = 8192;
const MOST_KEYS = 50;

export function matches(value: Readonly<Record<string, unknown>>, filter: Filter): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    const own = Object.hasOwn(value, key) ? value[key] : undefined;
    const operators = operatorsOf(wanted);
    if (operators === null) return own === wanted;
    return operators.every(([name, operand]) => OPERATORS.get(name)?.(own, operand) ?? false);
  });
}

/** @throws GatewayError INVALID_INPUT for a filter that is none, or too large */
export function checkFilter(filter: unknown): Filter {
  const checked = checkJsonObject('filter', filter, MOST_BYTES);
  if (Object.keys(checked).length > MOST_KEYS)
    throw invalidInput(`\`filter\` has more than ${MOST_KEYS} keys.`);
  for (const wanted of Object.values(checked)) {
    const unknown = operatorsOf(wanted)?.find(([name]) => !OPERATORS.has(name));
    if (unknown !== undefined) throw invalidInput(`\`filter\` has no operator "${unknown[0]}".`);
  }
  return checked;
}

function operatorsOf(wanted: unknown): [string, unknown][] | null {
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) return null;
  const entries = Object.entries(wanted);
  return entries.some(([name]) => name.startsWith('$')) ? entries : null;
}

/** As LangGraph compares: numbers, and what reads as one. */
function numberOf(value: unknown): number {
  return typeof value === 'object' || typeof value === 'symbol' ? NaN : Number(value);
}

const OPERATORS: ReadonlyMap<string, (value: unknown, operand: unknown) => boolean> = new Map([
  ['$eq', (value, operand) => value === operand],
  ['$ne', (value, operand) => value !== operand],
  ['$gt', (value, operand) => numberOf(value) > numberOf(operand)],
  ['$gte', (value, operand) => numberOf(value) >= numberOf(operand)],
  ['$lt', (value, operand) => numberOf(value) < numberOf(operand)],
  ['$lte', (value, operand) => numberOf(value) <= numberOf(operand)],
  ['$in', (value, operand) => Array.isArray(operand) && operand.includes(value)],
  ['$nin', (value, operand) => !Array.isArray(operand) || !operand.includes(value)],
] as [string, (value: unknown, operand: unknown) => boolean][]);
