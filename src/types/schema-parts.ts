// What JSON Schemas say, a part at a time.
import { type JsonSchema, dereference } from '../graph/json-schema.ts';
import { isPlainObject } from '../session/json-input.ts';
import { pascalCase } from './names.ts';
import type { Direction } from './shape.ts';

const INT32 = [-(2 ** 31), 2 ** 31 - 1] as const;

/** What a constant may be in GraphQL, by its type in JavaScript. */
export const CONSTANTS: ReadonlyMap<string, 'String' | 'Float' | 'Boolean'> = new Map([
  ['string', 'String'],
  ['number', 'Float'],
  ['boolean', 'Boolean'],
]);

export function isText(schema: JsonSchema): boolean {
  return schema['type'] === 'string' || typeof schema['const'] === 'string';
}

/** The values of an enum or a constant; undefined among them for anything else. */
export function valuesOf(schema: JsonSchema): unknown[] {
  if ('const' in schema) return [schema['const']];
  return Array.isArray(schema['enum']) ? schema['enum'] : [undefined];
}

/** What a value may be: each `anyOf`, each type of a list of types, and parts of an intersection as one. */
export function alternativesOf(
  schema: JsonSchema,
  root: JsonSchema,
  seen: ReadonlySet<JsonSchema> = new Set(),
): JsonSchema[] {
  const { anyOf, oneOf, allOf, type } = schema;
  if (Array.isArray(allOf)) return [intersectionOf(allOf, root)];
  const given: unknown = anyOf ?? oneOf;
  if (Array.isArray(given)) {
    const above = new Set(seen).add(schema);
    return given.flatMap((one) => {
      if (!isPlainObject(one)) return [{}];
      const found = dereference(one, root).schema;
      // A union within it is of it, unless it is the union that it is in; what has a name of its own stays behind it.
      const inner = 'anyOf' in found || 'oneOf' in found || Array.isArray(found['type']);
      if (above.has(found)) return [];
      return inner ? alternativesOf(found, root, above) : [one];
    });
  }
  if (!Array.isArray(type)) return [schema];
  return type.map((one: unknown) => (one === 'null' ? { type: 'null' } : { ...schema, type: one }));
}

/** All of its objects as one; anything where they are none. */
function intersectionOf(parts: readonly unknown[], root: JsonSchema): JsonSchema {
  const schemas = parts.map((part) => (isPlainObject(part) ? dereference(part, root).schema : {}));
  if (!schemas.every((schema) => isPlainObject(schema['properties']))) return {};
  return {
    type: 'object',
    properties: Object.assign({}, ...schemas.map(({ properties }) => properties)) as JsonSchema,
    required: schemas.flatMap(({ required }) => (Array.isArray(required) ? required : [])),
  };
}

export function isNull(schema: JsonSchema): boolean {
  return schema['type'] === 'null' || ('const' in schema && schema['const'] === null);
}

export function isObjectSchema(schema: JsonSchema): boolean {
  return isPlainObject(schema['properties']);
}

export function isListSchema(schema: JsonSchema, root: JsonSchema): boolean {
  return alternativesOf(dereference(schema, root).schema, root).some(
    (one) => dereference(one, root).schema['type'] === 'array',
  );
}

export function isInt32({
  type,
  minimum,
  maximum,
  exclusiveMinimum,
  exclusiveMaximum,
}: JsonSchema) {
  const least = minimum ?? exclusiveMinimum;
  const most = maximum ?? exclusiveMaximum;
  return type === 'integer' && isWithin(least) && isWithin(most);
}

export function isWithin(value: unknown): boolean {
  return typeof value === 'number' && value >= INT32[0] && value <= INT32[1];
}

/** The keys that each object must have. */
export function requiredKeysOf({ required }: JsonSchema): string[] {
  return Array.isArray(required) ? required.filter((key) => typeof key === 'string') : [];
}

export function constOf(schema: JsonSchema, key: string, root: JsonSchema): unknown {
  const properties = isPlainObject(schema['properties']) ? schema['properties'] : {};
  const member = properties[key];
  if (!isPlainObject(member)) return undefined;
  const found = dereference(member, root).schema;
  const values = found['enum'];
  if (Array.isArray(values) && values.length === 1) return values[0] as unknown;
  return found['const'];
}

export function textOfConstant(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A constant as a part of a name. */
export function wordOf(value: unknown): string | undefined {
  return CONSTANTS.has(typeof value) ? pascalCase(JSON.stringify(value)) : undefined;
}

/** The key whose constant tells the objects apart. */
export function tagOf(objects: readonly JsonSchema[], root: JsonSchema): string | undefined {
  const [first] = objects;
  if (first === undefined) return undefined;
  return requiredKeysOf(first).find((key) => {
    const values = objects.map((one) =>
      requiredKeysOf(one).includes(key) ? constOf(one, key, root) : undefined,
    );
    const names = values.map(wordOf);
    const isGood = (name: string | undefined) => name !== undefined && name !== '';
    return names.every(isGood) && new Set(names).size === names.length;
  });
}

/** Whether the keys that objects must have tell them apart. */
export function haveDistinctKeys(objects: readonly JsonSchema[]): boolean {
  const sets = objects.map((one) => requiredKeysOf(one).toSorted().join('\n'));
  return new Set(sets).size === sets.length;
}

export function textOf(schema: JsonSchema, key: 'description' | 'title'): string | undefined {
  const text = schema[key];
  return typeof text === 'string' && text.trim() !== '' ? text : undefined;
}

/** What a schema says beside its alternatives. */
export function described(schema: JsonSchema): JsonSchema {
  const description = textOf(schema, 'description');
  return description === undefined ? {} : { description };
}

export function descriptionOf(
  schema: JsonSchema,
  root: JsonSchema,
  otherwise: string,
  direction: Direction,
): string {
  const text =
    textOf(schema, 'description') ??
    textOf(dereference(schema, root).schema, 'description') ??
    otherwise;
  const { default: byDefault } = schema;
  if (byDefault === undefined || direction === 'output') return text;
  return `${text.replace(/\.?$/, '.')} \`${JSON.stringify(byDefault)}\` when left out.`;
}
