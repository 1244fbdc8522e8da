// From JSON to what a typed field shows, and from a typed input to JSON.
import { GatewayError, invalidInput } from '../errors.ts';
import { isPlainObject } from '../session/json-input.ts';
import type { Field, ObjectShape, Shape, UnionShape } from './shape.ts';

/** What does not fit its shape: an older graph may have written it. */
const MISFIT = Symbol('does not fit');

export interface ShowOptions {
  /** What shows LangChain's messages, of their JSON. */
  readonly messages: (messages: readonly unknown[]) => unknown;
  /** The answer that it is of: how many values it may still show. */
  readonly answer: { typedValuesLeft: number };
}

/** A message counts for about as many values as clients ask for of it. */
const FIELDS_OF_A_MESSAGE = 5;

/**
 * The value as a typed field shows it; null if it does not fit its type. Within it, a part that does not fit is null, or, where
 * it may not be, the nearest part around it that may.
 * @throws GatewayError LIMIT_EXCEEDED for more values than may be shown
 */
export function toTyped(shape: Shape, value: unknown, options: ShowOptions): unknown {
  const typed = shown(shape, value, options);
  return typed === MISFIT ? null : typed;
}

function shown(shape: Shape, value: unknown, options: ShowOptions): unknown {
  switch (shape.kind) {
    case 'json':
      return value ?? null;
    case 'scalar':
      return fitsScalar(shape.scalar, value) ? value : MISFIT;
    case 'constant':
      return value === shape.value ? value : MISFIT;
    case 'instant': {
      const date = typeof value === 'string' ? new Date(value) : undefined;
      return date === undefined || Number.isNaN(date.getTime()) ? MISFIT : date;
    }
    case 'enum':
      return shape.nameOf.get(value) ?? MISFIT;
    case 'list': {
      if (!Array.isArray(value)) return MISFIT;
      const items = count(options, value).map((item) =>
        shownOrNull(shape.item, item, shape.nullable, options),
      );
      return items.includes(MISFIT) ? MISFIT : items;
    }
    case 'entries': {
      if (!isPlainObject(value)) return MISFIT;
      const entries = count(options, Object.entries(value)).map(([key, item]) => ({
        key,
        value: shownOrNull(shape.value.shape, item, shape.value.nullable, options),
      }));
      return entries.some((entry) => entry.value === MISFIT) ? MISFIT : entries;
    }
    case 'object':
      return isPlainObject(value) ? shownObject(shape, value, options) : MISFIT;
    case 'union':
      return shownUnion(shape, value, options);
    case 'messages':
      return Array.isArray(value)
        ? options.messages(count(options, value, FIELDS_OF_A_MESSAGE))
        : MISFIT;
  }
}

function count<Item>({ answer }: ShowOptions, items: readonly Item[], each = 1): readonly Item[] {
  answer.typedValuesLeft -= items.length * each;
  if (answer.typedValuesLeft >= 0) return items;
  throw new GatewayError(
    'LIMIT_EXCEEDED',
    'The answer has too many values to be shown by their types; ask for `json`, for `values(keys:)`, or for `messages` by pages.',
  );
}

function shownOrNull(
  shape: Shape,
  value: unknown,
  isNullable: boolean,
  options: ShowOptions,
): unknown {
  if (value === null || value === undefined) return isNullable ? null : MISFIT;
  const item = shown(shape, value, options);
  return item === MISFIT && isNullable ? null : item;
}

function shownObject(
  { name, fields }: ObjectShape,
  value: Readonly<Record<string, unknown>>,
  options: ShowOptions,
): unknown {
  const typed: Record<string, unknown> = { __typename: name };
  for (const field of count(options, fields)) {
    const item = Object.hasOwn(value, field.key) ? value[field.key] : undefined;
    const found = shownOrNull(field.shape, item, field.nullable || field.optional, options);
    if (found === MISFIT) return MISFIT;
    typed[field.name] = found;
  }
  return typed;
}

function shownUnion({ members }: UnionShape, value: unknown, options: ShowOptions): unknown {
  if (!isPlainObject(value)) {
    for (const { isBoxed, shape, typeName } of members) {
      const found = isBoxed ? shown(shape, value, options) : MISFIT;
      if (found !== MISFIT) return { __typename: typeName, value: found };
    }
    return MISFIT;
  }
  // Of the members that it may be, the one with the most keys of the value.
  const candidates = members
    .flatMap(({ shape }) => (shape.kind === 'object' && mayBe(shape, value) ? [shape] : []))
    .toSorted((a, b) => keysIn(b, value) - keysIn(a, value));
  for (const shape of candidates) {
    const found = shownObject(shape, value, options);
    if (found !== MISFIT) return found;
  }
  return MISFIT;
}

/** Whether an object has the keys and constants of a member. To convert it to find out would take time exponential in its depth. */
function mayBe({ fields }: ObjectShape, value: Readonly<Record<string, unknown>>): boolean {
  return fields.every(({ key, shape, nullable, optional }) => {
    if (!Object.hasOwn(value, key)) return nullable || optional;
    return shape.kind !== 'constant' || value[key] === shape.value || value[key] === null;
  });
}

function keysIn({ fields }: ObjectShape, value: Readonly<Record<string, unknown>>): number {
  return fields.filter(({ key }) => Object.hasOwn(value, key)).length;
}

/**
 * The JSON that a typed input stands for.
 * @param value as GraphQL has read it: it fits the type
 * @throws GatewayError INVALID_INPUT naming the field, if `false` is given where only `true` chooses
 */
export function fromTyped(shape: Shape, value: unknown, path: string): unknown {
  if (value === null || value === undefined) return null;
  switch (shape.kind) {
    case 'json':
    case 'messages':
    case 'entries':
    case 'scalar':
    case 'constant':
      return value;
    case 'instant':
      return value instanceof Date ? value.toISOString() : value;
    case 'enum':
      return typeof value === 'string' ? (shape.values.get(value) ?? value) : value;
    case 'list':
      return Array.isArray(value)
        ? value.map((item: unknown, index) => fromTyped(shape.item, item, `${path}[${index}]`))
        : [fromTyped(shape.item, value, path)];
    case 'object':
      return objectFrom(shape, value, path);
    case 'union': {
      const [field = '', given] = Object.entries(value)[0] ?? [];
      const member = shape.members.find((one) => one.field === field);
      return member && fromTyped(member.shape, given, `${path}.${field}`);
    }
  }
}

function objectFrom({ fields }: ObjectShape, value: unknown, path: string): unknown {
  // An object whose fields are all filled in is a Boolean in GraphQL.
  if (value === false) throw invalidInput(`\`${path}\` must be true, or left out.`);
  const given: Readonly<Record<string, unknown>> = isPlainObject(value) ? value : {};
  const json: Record<string, unknown> = {};
  for (const field of fields) {
    const item = valueOf(field, given, path);
    if (item !== undefined) json[field.key] = item;
  }
  return json;
}

function valueOf(
  { name, shape, nullable, optional }: Field,
  given: Readonly<Record<string, unknown>>,
  path: string,
): unknown {
  if (isFilledIn({ shape, nullable, optional })) return filled(shape);
  const item = given[name];
  if (item === undefined) return nullable && !optional ? null : undefined;
  if (item === null && !nullable) return undefined;
  return fromTyped(shape, item, `${path}.${name}`);
}

type Given = Pick<Field, 'shape' | 'nullable' | 'optional'>;

/** Whether a field of an input has only one value, which nobody needs to give. */
export function isFilledIn({ shape, nullable, optional }: Given): boolean {
  const isNull = shape.kind === 'constant' && shape.value === null;
  return !optional && (!nullable || isNull) && (shape.kind === 'constant' || isEmptyInput(shape));
}

/** Whether all of an object's fields are filled in: it is then a Boolean, and only `true` chooses it. */
export function isEmptyInput(shape: Shape): boolean {
  return shape.kind === 'object' && shape.fields.every(isFilledIn);
}

/** What is filled in. */
function filled(shape: Shape): unknown {
  return shape.kind === 'constant' ? shape.value : fromTyped(shape, true, '');
}

function fitsScalar(scalar: 'String' | 'Int' | 'Float' | 'Boolean', value: unknown): boolean {
  switch (scalar) {
    case 'String':
      return typeof value === 'string';
    case 'Boolean':
      return typeof value === 'boolean';
    case 'Float':
      return typeof value === 'number';
    case 'Int':
      return Number.isInteger(value) && (value as number) === ((value as number) | 0);
  }
}
