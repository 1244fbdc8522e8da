// JSON Schemas of what a graph declares: by Zod, 3 or 4, or any other library of Standard Schema.
import { toJsonSchema } from '@langchain/core/utils/json_schema';
import { z } from 'zod';
import { isPlainObject } from '../session/json-input.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a value is in a graph that JSON has no form for: how it is shown in its place is in state-json.ts. */
export const NATIVES = ['date', 'bigint', 'map', 'set'] as const;
export type Native = (typeof NATIVES)[number];

/** The keyword by which our JSON Schemas name a native value. */
const NATIVE = 'x-native';
/** What a map's keys and values are, or a set's items: schemas of their own. */
const PARTS = 'x-parts';
/** And what a schema makes into something else: what goes in tells nothing of what comes out. */
const TRANSFORMED = 'x-transformed';

/**
 * Draft 2020-12, of what goes in. A member that JSON Schema has no form for may be anything; the others stay.
 * @returns null for what is no schema
 */
export function jsonSchemaOf(schema: unknown): JsonSchema | null {
  try {
    if (isZod4(schema)) return ofZod4(schema);
    if (isZod3(schema)) {
      const written = toJsonSchema(schema as never) as JsonSchema;
      markZod3(schema, written);
      return written;
    }
    return ofStandard(schema);
  } catch {
    return null;
  }
}

export function nativeOf(schema: JsonSchema): Native | undefined {
  return NATIVES.find((native) => schema[NATIVE] === native);
}

/** What a map's keys and values are, or a set's items. */
export function partsOf(schema: JsonSchema): [JsonSchema, JsonSchema] {
  const parts = schema[PARTS];
  const [first, second] = (Array.isArray(parts) ? parts : []) as (JsonSchema | undefined)[];
  return [first ?? {}, second ?? {}];
}

export function isTransformed(schema: JsonSchema): boolean {
  return schema[TRANSFORMED] === true;
}

/** Whether native values are somewhere within. */
export function hasNatives(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  const known = withNative.get(schema);
  if (known !== undefined) return known;
  const has = NATIVE in schema || Object.values(schema).some(hasNatives);
  withNative.set(schema, has);
  return has;
}

const withNative = new WeakMap<object, boolean>();

/** The schema without keywords of our own, for others to read. */
export function published(schema: JsonSchema): JsonSchema {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) =>
      key === NATIVE || key === PARTS || key === TRANSFORMED ? undefined : value,
    ),
  ) as JsonSchema;
}

/** What a schema refers to, and under which name; itself where it does not. */
export function dereference(
  schema: JsonSchema,
  root: JsonSchema,
): { readonly schema: JsonSchema; readonly name?: string | undefined } {
  let found: unknown = schema;
  let name: string | undefined;
  // A reference that only leads back to itself is treated as anything.
  for (let hop = 0; isPlainObject(found) && typeof found['$ref'] === 'string'; hop += 1) {
    if (hop > MOST_HOPS) return { schema: {} };
    const path = found['$ref'].replace(/^#/, '').split('/').slice(1).map(unescaped);
    if (path.length === 2 && (path[0] === '$defs' || path[0] === 'definitions')) name = path[1];
    found = path.reduce<unknown>(
      (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
      root,
    );
  }
  return { schema: isPlainObject(found) ? found : {}, name };
}

const MOST_HOPS = 10;

function unescaped(part: string): string {
  // A percent sign may stand for itself.
  const text = /%(?![\da-f]{2})/i.test(part) ? part : decodeURIComponent(part);
  return text.replaceAll('~1', '/').replaceAll('~0', '~');
}

interface Zod4 {
  readonly _zod: { readonly def: Definition };
}

interface Definition {
  readonly type: string;
  readonly in?: unknown;
  readonly out?: unknown;
  readonly transform?: unknown;
  readonly keyType?: unknown;
  readonly valueType?: unknown;
}

export function isZod4(schema: unknown): schema is Zod4 & z.ZodType {
  return typeof schema === 'object' && schema !== null && '_zod' in schema;
}

function isZod3(schema: unknown): schema is Zod3 {
  return typeof schema === 'object' && schema !== null && '_def' in schema && 'safeParse' in schema;
}

function ofZod4(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    cycles: 'ref',
    override({ zodSchema, jsonSchema }) {
      const { def } = (zodSchema as unknown as Zod4)._zod;
      const written = jsonSchema as Record<string, unknown>;
      if (NATIVES.some((native) => native === def.type)) written[NATIVE] = def.type;
      const parts = [def.keyType, def.valueType].filter(isZod4);
      if (def.type === 'map' || def.type === 'set') written[PARTS] = parts.map(partOf);
      if (def.type === 'pipe' && transforms(def)) written[TRANSFORMED] = true;
    },
  }) as JsonSchema;
}

/** One within another within another, and so on, is not looked into for ever. */
const DEEPEST_PART = 8;
let depth = 0;

function partOf(schema: z.ZodType): JsonSchema {
  if (depth >= DEEPEST_PART) return {};
  depth += 1;
  try {
    return ofZod4(schema);
  } finally {
    depth -= 1;
  }
}

interface Zod3 {
  readonly _def: {
    readonly typeName?: string;
    readonly shape?: () => Readonly<Record<string, unknown>>;
    readonly type?: unknown;
    readonly innerType?: unknown;
  };
}

const NATIVES_OF_ZOD3: ReadonlyMap<string | undefined, Native> = new Map([
  ['ZodDate', 'date'],
  ['ZodBigInt', 'bigint'],
  ['ZodMap', 'map'],
  ['ZodSet', 'set'],
]);

/** Zod 3 writes dates as text: what it has natively is marked, in objects and lists. */
function markZod3(schema: unknown, written: unknown): void {
  if (!isZod3(schema) || !isPlainObject(written)) return;
  const { typeName, shape, type, innerType } = schema._def;
  const native = NATIVES_OF_ZOD3.get(typeName);
  if (native !== undefined) {
    for (const key of Object.keys(written)) if (key !== 'description') delete written[key];
    written[NATIVE] = native;
  } else if (typeName === 'ZodObject' && isPlainObject(written['properties'])) {
    for (const [key, property] of Object.entries(shape?.() ?? {}))
      markZod3(property, written['properties'][key]);
  } else if (typeName === 'ZodArray') markZod3(type, written['items']);
  else if (typeName === 'ZodNullable' && Array.isArray(written['anyOf']))
    markZod3(innerType, written['anyOf'][0]);
  else if (typeName === 'ZodNullable' && NATIVES_OF_ZOD3.has(typeNameOf(innerType))) {
    const inner = { ...written };
    for (const key of Object.keys(written)) delete written[key];
    markZod3(innerType, inner);
    written['anyOf'] = [inner, { type: 'null' }];
  } else if (innerType !== undefined) markZod3(innerType, written);
}

function typeNameOf(schema: unknown): string | undefined {
  return isZod3(schema) ? schema._def.typeName : undefined;
}

/** Whether a pipe makes something else of what goes in. */
function transforms(def: Definition): boolean {
  const isTransform = (part: unknown) => isZod4(part) && part._zod.def.type === 'transform';
  return def.transform !== undefined || isTransform(def.in) || isTransform(def.out);
}

function ofStandard(schema: unknown): JsonSchema | null {
  const standard =
    (typeof schema === 'object' || typeof schema === 'function') && schema !== null
      ? (Reflect.get(schema, '~standard') as unknown)
      : undefined;
  if (!isPlainObject(standard)) return null;
  const made = (standard['jsonSchema'] as { input?: (options: object) => unknown } | undefined)
    ?.input;
  const written = made?.({ target: 'draft-2020-12' });
  return isPlainObject(written) ? written : {};
}
