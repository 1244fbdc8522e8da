// Any value that a graph's schema takes goes in typed and comes out typed, unchanged; what it refuses is refused.
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import {
  GraphQLObjectType,
  GraphQLSchema,
  type GraphQLOutputType,
  coerceInputValue,
  execute,
  getNamedType,
  isInputType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  parse,
  printType,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AnswersInFlight } from '../../src/graphql/answers.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import type { LoadedGraph } from '../../src/graph/loaded-graph.ts';
import { jsonSchemaOf } from '../../src/graph/json-schema.ts';
import { withNatives } from '../../src/graph/native-values.ts';
import { isFilledIn, isEmptyInput } from '../../src/types/convert.ts';
import { typesOfGraphs } from '../../src/types/graph-types.ts';
import type { ObjectShape, Shape } from '../../src/types/shape.ts';
import type { Session } from '../../src/session/session.ts';
import { SCHEMAS } from './schemas.ts';
import { valueOf } from './values.ts';

function graphOf(id: string, schema: z.ZodObject): LoadedGraph {
  const root = jsonSchemaOf(schema);
  if (root === null) throw new Error('no JSON Schema');
  const required = (root['required'] ?? []) as string[];
  const members = new Map(
    Object.entries(root['properties'] as Record<string, Record<string, unknown>>).map(
      ([key, own]) => [
        key,
        { schema: own, root, isRequired: required.includes(key), isMessages: false },
      ],
    ),
  );
  const declaration = { id, graphqlName: null, state: members, input: members, questions: [] };
  return { declaration } as unknown as LoadedGraph;
}

const own = new Set(Object.keys(createSchema().schema.getTypeMap()));

/** All that can be selected of a type. */
function selection(type: GraphQLOutputType, above: readonly string[] = []): string {
  const named = getNamedType(type);
  if (above.filter((name) => name === named.name).length > 3) return '{ __typename }';
  const within = [...above, named.name];
  if (isUnionType(named)) {
    const parts = named.getTypes().map((one) => `... on ${one.name} ${selection(one, within)}`);
    // A field may have another type in each.
    return `{ __typename ${parts.join(' ')} }`;
  }
  if (!isObjectType(named)) return '';
  const fields = Object.values(named.getFields()).map(
    (field) => `${named.name}_${field.name}: ${field.name} ${selection(field.type, within)}`,
  );
  return `{ __typename ${fields.join(' ')} }`;
}

const ANSWERS = new AnswersInFlight({ maxBytes: 1e9, maxPerUser: 1e9, maxBytesPerUser: 1e9 });

/** A schema of Zod as types of GraphQL, and the ways in and out. */
function typed(id: string, zod: z.ZodObject) {
  const { schema, types } = createSchema([graphOf(id, zod)]);
  const name = id.charAt(0).toUpperCase() + id.slice(1);
  const stateType = schema.getType(`${name}State`);
  const inputType = schema.getType(`${name}Input`);
  const state = schema.getType('GraphState');
  if (!isObjectType(stateType) || !isInputType(inputType) || !isInterfaceType(state))
    throw new Error(`no types of ${id}`);
  const query = new GraphQLObjectType({ name: 'Asked', fields: { state: { type: state } } });
  const asked = new GraphQLSchema({ query, types: Object.values(schema.getTypeMap()) });
  const document = parse(`{ state { ... on ${stateType.name} ${selection(stateType)} } }`);
  return {
    sdl: Object.values(schema.getTypeMap())
      .filter((type) => !own.has(type.name))
      .map((type) => printType(type))
      .toSorted()
      .join('\n\n'),
    shapes: typesOfGraphs([graphOf(id, zod).declaration], own, () => undefined)[0],
    /** The JSON that a typed input stands for; undefined where it is refused. */
    taken(input: unknown): unknown {
      const value = coerceInputValue(input, inputType);
      return value === undefined ? undefined : types.inputOf({ [id]: value }).input;
    },
    async shown(values: unknown): Promise<unknown> {
      const session = { id: 's', graphId: id } as Session;
      const { data, errors } = await execute({
        schema: asked,
        document,
        rootValue: { state: types.stateOf(session, values) },
        contextValue: { answer: ANSWERS.event() },
      });
      expect(errors).toBeUndefined();
      return (data as { state: unknown }).state;
    },
  };
}

type Json = Readonly<Record<string, unknown>>;

/** A value as a client would write it; as it is where its types cannot say it. */
function toInput(shape: Shape, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  if (shape.kind === 'enum')
    return [...shape.values].find(([, own]) => own === value)?.[0] ?? value;
  if (shape.kind === 'list')
    return Array.isArray(value)
      ? value.map((item) => toInput(shape.item, item))
      : { not: 'a list' };
  if (shape.kind === 'object') {
    if (isEmptyInput(shape)) return true;
    return typeof value === 'object' ? objectInput(shape, value as Json) : value;
  }
  if (shape.kind !== 'union') return value;
  const member = shape.members.find((one) => isMeant(one.shape, value));
  return member ? { [member.field]: toInput(member.shape, value) } : value;
}

function objectInput({ fields }: ObjectShape, value: Json): Json {
  const given = fields.filter((field) => !isFilledIn(field) && Object.hasOwn(value, field.key));
  return Object.fromEntries(
    given.map(({ key, name, shape }) => [name, toInput(shape, value[key])]),
  );
}

const TYPES = { String: 'string', Boolean: 'boolean', Int: 'number', Float: 'number' } as const;

/** Whether a value may be this member of a union: by its constants, else by its keys, else by its kind. */
function isMeant(shape: Shape, value: unknown): boolean {
  if (shape.kind === 'scalar') return typeof value === TYPES[shape.scalar];
  if (shape.kind === 'list') return Array.isArray(value);
  if (shape.kind !== 'object') return typeof value === 'string';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const own = value as Json;
  return shape.fields.every(
    ({ key, shape: field, optional }) =>
      (optional || Object.hasOwn(own, key)) &&
      (field.kind !== 'constant' || own[key] === field.value),
  );
}

/** Whether what is shown is the value. */
function isShown(shape: Shape, value: unknown, shown: unknown): boolean {
  if (value === null || value === undefined) return shown === null;
  const data = shown as Json;
  if (shape.kind === 'enum') return shape.values.get(shown as string) === value;
  if (shape.kind === 'list')
    return (value as unknown[]).every((item, n) =>
      isShown(shape.item, item, (shown as unknown[])[n]),
    );
  if (shape.kind === 'entries') {
    const entries = shown as readonly Json[];
    const item = shape.value.shape;
    return (
      entries.length === Object.keys(value).length &&
      entries.every((entry) => {
        const key = entry[`${shape.name}_key`] as string;
        return isShown(item, (value as Json)[key], entry[`${shape.name}_value`]);
      })
    );
  }
  if (shape.kind === 'object') return isObjectShown(shape, value as Json, data);
  if (shape.kind === 'union') {
    const member = shape.members.find((one) => one.typeName === data['__typename']);
    if (member === undefined) return false;
    const own = member.isBoxed ? data[`${member.typeName}_value`] : data;
    return isShown(member.shape, value, own);
  }
  if (shape.kind === 'instant')
    return new Date(shown as string).getTime() === new Date(value as string).getTime();
  return isDeepStrictEqual(value, shown);
}

function isObjectShown({ name, fields }: ObjectShape, value: Json, shown: Json): boolean {
  // What has itself within was selected only so deep.
  if (Object.keys(shown).length === 1) return true;
  return fields.every(({ key, name: field, shape }) =>
    isShown(shape, value[key], shown[`${name}_${field}`]),
  );
}

describe.each(Object.entries(SCHEMAS))('%s', (id, zod) => {
  const { sdl, taken, shown, shapes } = typed(id, zod);
  const input = shapes?.input?.shape;
  const state = shapes?.state;
  if (!input || !state) throw new Error('no types');
  const parse = (value: unknown) => {
    const root = jsonSchemaOf(zod);
    return zod.safeParse(withNatives(value, root ?? {}));
  };

  it('is this in GraphQL', async () => {
    await expect(sdl).toMatchFileSnapshot(`./sdl/${id}.sdl`);
  });

  it('what it takes goes in typed and comes out typed, unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(valueOf(zod), async (value) => {
        expect(parse(value).error).toBeUndefined();
        expect(withoutNulls(taken(toInput(input, value)))).toEqual(withoutNulls(value));
        const data = (await shown(value)) as Json;
        expect(isObjectShown(state, value as Json, data)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('what it refuses is refused', () => {
    fc.assert(
      fc.property(valueOf(zod), fc.nat(), fc.jsonValue({ maxDepth: 1 }), (value, at, other) => {
        const wrong = changed(value, at, other);
        fc.pre(!parse(wrong).success);
        const json = taken(toInput(input, wrong));
        if (json === undefined || !parse(json).success) return;
        // Null stands for what is left out, too, as clients send it; nothing else is changed.
        expect(json).not.toEqual(wrong);
        expect(withoutNulls(json)).toEqual(withoutNulls(wrong));
      }),
      { numRuns: 100 },
    );
  });
});

/** What may be left out is null where GraphQL has no other word for it. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, withoutNulls(item)]),
  );
}

/** The value with another in the place of one within it. */
function changed(value: unknown, at: number, other: unknown): unknown {
  if (typeof value !== 'object' || value === null || at % 3 === 0) return other;
  const keys = Object.keys(value);
  const key = keys[at % Math.max(keys.length, 1)];
  if (key === undefined) return other;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = changed(copy[key], Math.floor(at / 3), other);
  return copy;
}
