// Values of Zod's schemas, as JSON shows them, for property tests.
import * as fc from 'fast-check';
import { z } from 'zod';

interface Definition {
  readonly type: string;
  readonly shape: Readonly<Record<string, z.ZodType>>;
  readonly element: z.ZodType;
  readonly innerType: z.ZodType;
  readonly options: readonly z.ZodType[];
  readonly entries: Readonly<Record<string, string | number>>;
  readonly values: readonly (string | number | boolean)[];
  readonly keyType: z.ZodType;
  readonly valueType: z.ZodType;
  readonly items: readonly z.ZodType[];
  readonly rest: z.ZodType | null;
  readonly left: z.ZodType;
  readonly right: z.ZodType;
  readonly getter: () => z.ZodType;
}

/** Left out. */
const NOTHING = Symbol('nothing');

/** How deep what has itself within may be. */
const DEEPEST = 3;

export function valueOf(schema: z.ZodType, depth = 0): fc.Arbitrary<unknown> {
  const def = schema._zod.def as unknown as Definition;
  const inner = (one: z.ZodType) => valueOf(one, depth + 1);
  const few = { maxLength: depth < DEEPEST ? 2 : 0 };
  switch (def.type) {
    case 'string':
      return schema instanceof z.ZodISODateTime ? instant() : fc.string();
    case 'number':
      return numberOf(schema as z.ZodNumber);
    case 'boolean':
      return fc.boolean();
    case 'date':
      return instant();
    case 'bigint':
      return fc.bigInt().map((value) => ({ $bigint: String(value) }));
    case 'map':
      return fc
        .array(fc.tuple(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true })), few)
        .map((pairs) => ({ $map: [...new Map(pairs.map(([k, v]) => [k, v === 0 ? 0 : v]))] }));
    case 'set':
      return fc.uniqueArray(fc.string(), few).map((items) => ({ $set: items }));
    case 'any':
    case 'unknown':
      return fc.jsonValue({ maxDepth: 1 }).map(plainZero);
    case 'literal':
      return fc.constantFrom(...def.values);
    case 'enum':
      return fc.constantFrom(...Object.values(def.entries));
    case 'array':
      return depth < DEEPEST ? fc.array(inner(def.element), { maxLength: 2 }) : fc.constant([]);
    case 'tuple':
      return fc
        .tuple(
          fc.tuple(...def.items.map(inner)),
          def.rest === null ? fc.constant([]) : fc.array(inner(def.rest), few),
        )
        .map(([items, rest]) => [...items, ...rest]);
    case 'record':
      return fc
        .array(
          fc.tuple(
            fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
            inner(def.valueType),
          ),
          few,
        )
        .map((pairs) => {
          const { entries } = def.keyType._zod.def as unknown as Definition;
          if (entries === undefined) return Object.fromEntries(pairs);
          return Object.fromEntries(Object.values(entries).map((key) => [key, pairs.length > 0]));
        });
    case 'object': {
      const fields = Object.entries(def.shape).map(([key, one]) =>
        inner(one).map((value) => [key, value] as const),
      );
      return fc
        .tuple(...fields)
        .map((pairs) => Object.fromEntries(pairs.filter(([, value]) => value !== NOTHING)));
    }
    case 'intersection':
      return fc
        .tuple(inner(def.left), inner(def.right))
        .map(([left, right]) => ({ ...(left as object), ...(right as object) }));
    case 'union':
      // Of those that may have themselves within, the first ends it.
      return depth < DEEPEST
        ? fc.oneof(...def.options.map(inner))
        : valueOf(def.options[0] ?? z.null(), depth + 1);
    case 'nullable':
      return fc.oneof(fc.constant(null), inner(def.innerType));
    case 'optional':
    case 'default':
      return fc.oneof(fc.constant(NOTHING), inner(def.innerType));
    case 'lazy':
      return valueOf(def.getter(), depth + 1);
    case 'null':
      return fc.constant(null);
    default:
      throw new Error(`no values of ${def.type}`);
  }
}

function instant(): fc.Arbitrary<string> {
  return fc
    .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString());
}

function numberOf(schema: z.ZodNumber): fc.Arbitrary<number> {
  const { minValue, maxValue } = schema;
  const min = Math.max(minValue ?? -1e9, -Number.MAX_SAFE_INTEGER);
  const max = Math.min(maxValue ?? 1e9, Number.MAX_SAFE_INTEGER);
  if (schema.format?.includes('int') === true) return fc.integer({ min, max });
  return fc.double({ min, max, noNaN: true }).map((value) => (value === 0 ? 0 : value));
}

/** JSON has no negative zero. */
function plainZero(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
