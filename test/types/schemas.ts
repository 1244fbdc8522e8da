// What graphs declare, each with something else of Zod's.
import { z } from 'zod';

interface Tree {
  name: string;
  children: Tree[];
}
const Tree: z.ZodType<Tree> = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree).max(2);
  },
});

interface Sum {
  op: 'sum';
  of: (Sum | { op: 'number'; value: number })[];
}
type Term = Sum | { op: 'number'; value: number };
const Term: z.ZodType<Term> = z.lazy(() =>
  z.discriminatedUnion('op', [
    z.object({ op: z.literal('number'), value: z.number() }),
    z.object({ op: z.literal('sum'), of: z.array(Term).max(2) }),
  ]),
);

const Address = z
  .object({ street: z.string(), 'zip-code': z.string() })
  .meta({ id: 'Address', description: 'Where somebody lives.' });

export const SCHEMAS: Readonly<Record<string, z.ZodObject>> = {
  names: z.object({
    'unit-price': z.number(),
    snake_case: z.string(),
    json: z.string(),
    '2nd': z.boolean(),
  }),
  numbers: z.object({
    whole: z.int(),
    small: z.int32(),
    bounded: z.int().min(0).max(9),
    real: z.number(),
  }),
  enums: z.object({
    state: z.enum(['in-progress', '50%', 'true', 'a b']),
    states: z.array(z.enum(['x', 'y'])),
    letters: z.union([z.literal('q'), z.enum(['r', 's'])]),
    ranks: z.literal([1, 2, 3]),
    symbols: z.enum(['是', '否']),
  }),
  nullables: z.object({
    orNull: z.string().nullable(),
    maybe: z.number().optional(),
    both: z.boolean().nullish(),
    list: z.array(z.string().nullable()),
    object: z.object({ a: z.string() }).nullable(),
  }),
  defaults: z.object({
    given: z.string().default('x').describe('With a default'),
    nested: z.object({ depth: z.number().default(1), of: z.string() }),
  }),
  records: z.object({
    plain: z.record(z.string(), z.number()),
    objects: z.record(z.string(), z.object({ a: z.string() })),
    keyed: z.record(z.enum(['l', 'r']), z.boolean()),
  }),
  tuples: z.object({
    pair: z.tuple([z.number(), z.number()]),
    rest: z.tuple([z.string()]).rest(z.string()),
    mixed: z.tuple([z.string(), z.number()]),
  }),
  tagged: z.object({
    payment: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('card'), last4: z.string() }),
      z.object({ kind: z.literal('bank-transfer'), iban: z.string() }),
      z.object({ kind: z.literal('cash') }),
    ]),
    steps: z.array(
      z.union([
        z.object({ type: z.literal('go'), to: z.string() }),
        z.object({ type: z.literal('stop') }),
      ]),
    ),
  }),
  untagged: z.object({
    by: z.union([z.object({ email: z.string() }), z.object({ phone: z.string(), ext: z.int32() })]),
    alike: z.union([z.object({ a: z.string() }), z.object({ a: z.number() })]),
  }),
  scalars: z.object({
    any: z.union([z.string(), z.number(), z.boolean()]),
    textOrObject: z.union([z.string(), z.object({ k: z.string() })]),
    orList: z.union([z.string(), z.array(z.string())]),
  }),
  recursive: z.object({ tree: Tree, term: Term }),
  dates: z.object({
    at: z.date(),
    maybe: z.date().nullable(),
    list: z.array(z.date()),
    within: z.object({ on: z.date() }),
    text: z.iso.datetime(),
  }),
  anything: z.object({
    any: z.any(),
    unknown: z.unknown(),
    big: z.bigint(),
    map: z.map(z.string(), z.number()),
    set: z.set(z.string()),
    json: z.json(),
    more: z.string(),
  }),
  named: z.object({
    home: Address,
    offices: z.array(Address),
    plan: z.object({ a: z.string() }),
    plans: z.array(z.object({ b: z.string() })),
    both: z.intersection(z.object({ p: z.string() }), z.object({ q: z.number() })),
    input: z.object({ text: z.string() }),
  }),
  nested: z.object({
    orders: z.array(
      z.object({
        lines: z.array(
          z.object({
            sku: z.string(),
            state: z.enum(['open', 'done']),
            options: z.record(z.string(), z.array(z.enum(['a-1', 'b-2']))),
            price: z.object({ amount: z.number(), 'tax-rate': z.number().nullable() }),
          }),
        ),
        paid: z
          .discriminatedUnion('by', [
            z.object({ by: z.literal('card'), at: z.date() }),
            z.object({ by: z.literal('invoice'), lines: z.array(z.tuple([z.int32(), z.int32()])) }),
          ])
          .nullable(),
      }),
    ),
  }),
};
