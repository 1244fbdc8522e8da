// Dates and the like in what clients send: JSON shows them in a form of its own (state-json.ts), and a graph whose schema has
// them is given them as they are.
import { isPlainObject } from '../session/json-input.ts';
import { type JsonSchema, dereference, hasNatives, nativeOf, partsOf } from './json-schema.ts';

/**
 * The value as a graph of this schema takes it. What does not fit stays as it is, for the schema to refuse.
 * @param root what the schema's references are in
 */
export function withNatives(
  value: unknown,
  schema: JsonSchema,
  root: JsonSchema = schema,
): unknown {
  return hasNatives(root) || hasNatives(schema) ? made(value, schema, root) : value;
}

function made(value: unknown, asked: unknown, root: JsonSchema): unknown {
  if (value === null || !isPlainObject(asked)) return value;
  const schema = meant(value, alternativesOf(asked, root), root);
  if (schema === undefined) return value;
  const native = nativeOf(schema);
  if (native !== undefined) return NATIVE_OF[native](value, schema) ?? value;
  if (Array.isArray(value)) {
    const { items, prefixItems } = schema;
    return sameOr(
      value,
      value.map((item: unknown, index) =>
        made(item, (Array.isArray(prefixItems) ? prefixItems[index] : undefined) ?? items, root),
      ),
    );
  }
  if (!isPlainObject(value)) return value;
  const { properties, additionalProperties } = schema;
  const changed = Object.entries(value).map(([key, item]): [string, unknown] => {
    const own = isPlainObject(properties) && Object.hasOwn(properties, key);
    return [key, made(item, own ? properties[key] : additionalProperties, root)];
  });
  return changed.some(([key, item]) => item !== value[key]) ? Object.fromEntries(changed) : value;
}

function sameOr(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  return after.some((item, index) => item !== before[index]) ? after : before;
}

/** What a value may be, without unions within unions. */
function alternativesOf(
  asked: JsonSchema,
  root: JsonSchema,
  seen = new Set<JsonSchema>(),
): JsonSchema[] {
  const { schema } = dereference(asked, root);
  if (seen.has(schema)) return [];
  seen.add(schema);
  const given: unknown = schema['anyOf'] ?? schema['oneOf'];
  if (!Array.isArray(given)) return [schema];
  return given.flatMap((one) => (isPlainObject(one) ? alternativesOf(one, root, seen) : []));
}

/**
 * The alternative that a value is meant to be, by what is seen of it without looking within: one alone, so that the time
 * grows with the value and not with its depth. Text that may be meant as text stays text.
 */
function meant(
  value: unknown,
  alternatives: readonly JsonSchema[],
  root: JsonSchema,
): JsonSchema | undefined {
  const fitting = alternatives.filter((schema) => mayBe(value, schema, root));
  const isTextAnyway = typeof value === 'string' && fitting.some((one) => !nativeOf(one));
  return isTextAnyway ? undefined : (fitting.find(hasNatives) ?? fitting[0]);
}

/** Whether a value may be of a schema, as far as its kind, its constants and its keys tell. */
function mayBe(value: unknown, schema: JsonSchema, root: JsonSchema): boolean {
  const native = nativeOf(schema);
  if (native !== undefined) return NATIVE_OF[native](value, schema) !== undefined;
  if ('const' in schema) return schema['const'] === value;
  if (Array.isArray(schema['enum'])) return schema['enum'].includes(value);
  const { type, properties, required } = schema;
  if (type !== undefined && ![type].flat().includes(kindOf(value))) {
    return kindOf(value) === 'number' && [type].flat().includes('integer');
  }
  if (!isPlainObject(value) || !isPlainObject(properties)) return true;
  const needed: readonly unknown[] = Array.isArray(required) ? required : [];
  if (!needed.every((key) => typeof key === 'string' && Object.hasOwn(value, key))) return false;
  return Object.entries(properties).every(([key, property]) => {
    if (!Object.hasOwn(value, key) || !isPlainObject(property)) return true;
    const own = dereference(property, root).schema;
    return !('const' in own) || own['const'] === value[key];
  });
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

const DIGITS = /^-?\d{1,1000}$/;
/** A day, or an instant with its offset: without one, it would be of the server's own time zone. */
const INSTANT = /^([+-]\d{6}|\d{4})-(\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?$/;

/** What each makes of the form that JSON shows; undefined for anything else. */
const NATIVE_OF = {
  date: (value: unknown) => {
    const [, year = '', day = ''] = (typeof value === 'string' && INSTANT.exec(value)) || [];
    // JavaScript takes the 31st of February for the 3rd of March.
    const begins = new Date(`${year}-${day}`);
    if (Number.isNaN(begins.getTime()) || !begins.toISOString().startsWith(`${year}-${day}`))
      return undefined;
    const date = new Date(String(value));
    return Number.isNaN(date.getTime()) ? undefined : date;
  },
  bigint: (value: unknown) => {
    const digits = isPlainObject(value) ? value['$bigint'] : undefined;
    return typeof digits === 'string' && DIGITS.test(digits) ? BigInt(digits) : undefined;
  },
  map: (value: unknown, schema: JsonSchema) => {
    const pairs = isPlainObject(value) ? value['$map'] : undefined;
    if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2))
      return undefined;
    const [keys, values] = partsOf(schema);
    return new Map(
      (pairs as [unknown, unknown][]).map(([key, item]) => [
        withNatives(key, keys),
        withNatives(item, values),
      ]),
    );
  },
  set: (value: unknown, schema: JsonSchema) => {
    const items = isPlainObject(value) ? value['$set'] : undefined;
    if (!Array.isArray(items)) return undefined;
    const [of] = partsOf(schema);
    return new Set(items.map((item: unknown) => withNatives(item, of)));
  },
};
