// Answers against the JSON Schema that a question came with: LangGraph's `interrupt(value, { responseSchema })`.
import { type SchemaDraft, Validator } from '@cfworker/json-schema';
import { invalidInput } from '../errors.ts';
import { isPlainObject } from '../session/json-input.ts';
import type { JsonSchema } from './json-schema.ts';

/** How many of the things that are wrong an error tells. */
export const MOST_TOLD = 5;
/** Keywords whose errors only repeat an error deeper down. */
const APPLICATORS = new Set(['properties', 'items', 'prefixItems', 'allOf', '$ref', 'if']);

/** @throws GatewayError INVALID_INPUT naming the fields that the schema refuses */
export function checkAgainst(schema: JsonSchema, interruptId: string, value: unknown): void {
  const issues = issuesOf(schema, value);
  if (issues.length === 0) return;
  throw invalidInput(
    `\`answers\`: ${interruptId} is not an answer as its \`responseSchema\` has it: ${issues.slice(0, MOST_TOLD).join('; ')}`,
  );
}

function issuesOf(schema: JsonSchema, value: unknown): string[] {
  let result;
  try {
    result = new Validator(relaxed(schema) as JsonSchema, draftOf(schema)).validate(value);
  } catch {
    // A schema that is none itself is the graph's fault, and no reason to refuse an answer.
    return [];
  }
  if (result.valid) return [];
  const leaves = result.errors.filter(({ keyword }) => !APPLICATORS.has(keyword));
  return (leaves.length === 0 ? result.errors : leaves).map(({ instanceLocation, error }) => {
    const path = instanceLocation.replace(/^#\/?/, '').replaceAll('/', '.');
    return path === '' ? error : `\`${path}\`: ${error}`;
  });
}

/** Keywords that have values, and no schemas. */
const VALUES = new Set(['const', 'enum', 'default', 'examples']);

/**
 * The schema without what refuses answers that the graph would take: LangGraph describes what a schema gives, where keys with a
 * default are there and others are not, and reads formats by rules of their own. It is a copy, for the validator changes it.
 */
function relaxed(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(relaxed);
  if (!isPlainObject(part)) return part;
  const { format: _format, additionalProperties, required, properties, ...rest } = part;
  const isOptional = (key: unknown) =>
    isPlainObject(properties) &&
    typeof key === 'string' &&
    isPlainObject(properties[key]) &&
    'default' in properties[key];
  return {
    ...Object.fromEntries(
      Object.entries(rest).map(([key, value]) => [key, VALUES.has(key) ? value : relaxed(value)]),
    ),
    // Names of properties may be those of keywords.
    ...(isPlainObject(properties) && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, property]) => [key, relaxed(property)]),
      ),
    }),
    ...(isPlainObject(additionalProperties) && {
      additionalProperties: relaxed(additionalProperties),
    }),
    ...(Array.isArray(required) && { required: required.filter((key) => !isOptional(key)) }),
  };
}

function draftOf({ $schema }: JsonSchema): SchemaDraft {
  const uri = typeof $schema === 'string' ? $schema : '';
  if (uri.includes('draft-04')) return '4';
  if (uri.includes('draft-06') || uri.includes('draft-07')) return '7';
  return uri.includes('2019-09') ? '2019-09' : '2020-12';
}
