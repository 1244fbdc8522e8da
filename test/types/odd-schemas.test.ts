// What strangers' graphs declare: none of it stops a start, changes a value, or takes longer than the value is long.
import {
  Annotation,
  END,
  MessagesAnnotation,
  MessagesValue,
  START,
  StateGraph,
  StateSchema,
} from '@langchain/langgraph';
import {
  type GraphQLSchema,
  coerceInputValue,
  isInputType,
  printType,
  validateSchema,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';
import { AnswersInFlight } from '../../src/graphql/answers.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { jsonSchemaOf } from '../../src/graph/json-schema.ts';
import { LoadedGraph } from '../../src/graph/loaded-graph.ts';
import { withNatives } from '../../src/graph/native-values.ts';
import { readQuestions } from '../../src/graph/questions.ts';
import { checkAgainst } from '../../src/graph/response-schema.ts';
import { QUESTION } from '../../src/session/arguments.ts';
import type { Interrupt } from '../../src/session/progress.ts';
import { toTyped } from '../../src/types/convert.ts';
import { typesOfGraphs } from '../../src/types/graph-types.ts';

const compiled = (state: unknown, input?: unknown) =>
  new StateGraph(state as never, (input && { input }) as never)
    .addNode('step', (() => ({})) as never)
    .addEdge(START, 'step')
    .addEdge('step', END)
    .compile();

const open = (id: string, graph: unknown, questions: object = {}) =>
  LoadedGraph.open(
    { id, description: null, file: import.meta.filename, exportName: 'graph' },
    graph,
    { questions: readQuestions(questions) },
  );

/** The schema of one graph with this state. */
async function schemaOf(state: unknown, questions: object = {}, id = 'g') {
  const made = createSchema([await open(id, compiled(state), questions)]);
  expect(validateSchema(made.schema)).toEqual([]);
  return made;
}

function print(schema: GraphQLSchema, name: string): string {
  const type = schema.getType(name);
  if (type === undefined) throw new Error(`there is no ${name}`);
  return printType(type)
    .replaceAll(/^ *"{1,3}[^]*?"{1,3}\n/gm, '')
    .replaceAll(/\n+/g, '\n');
}

const Money = z.object({ amount: z.number() }).meta({ id: 'Money' });

describe('a start is not stopped by', () => {
  it('a list that is linked by something nullable', async () => {
    const Node: z.ZodType = z.lazy(() => z.object({ v: z.string(), next: Node }).nullable());
    const { schema } = await schemaOf(z.object({ first: Node, other: z.string() }));
    expect(print(schema, 'GFirst')).toContain('next: GFirst\n');
  });

  it('unions that have each other within, and unions of themselves', async () => {
    const A: z.ZodType = z.union([z.string(), z.lazy(() => B)]);
    const B: z.ZodType = z.union([z.number(), z.lazy(() => A)]);
    const Val: z.ZodType = z.union([
      z.string(),
      z.lazy(() => z.array(Val)),
      z.lazy(() => Val.nullable()),
    ]);
    await schemaOf(z.object({ a: A, val: Val }));
  });

  it('a named type that state, input, questions and answers share', async () => {
    const questions = {
      first: { ask: z.object({ price: Money }), answer: z.object({ tip: Money.optional() }) },
      second: { ask: z.object({ cost: Money }), answer: Money },
    };
    const { schema } = await schemaOf(z.object({ price: Money, costs: z.array(Money) }), questions);
    expect(print(schema, 'GState')).toContain('costs: [GMoney!]');
    await schemaOf(new StateSchema({ price: Money, cost: Money }), questions);
  });

  it('one title of two things, and paths that read the same', async () => {
    const { schema } = await schemaOf(
      z.object({
        home: z.object({ street: z.string() }).meta({ title: 'Address' }),
        mail: z.object({ domain: z.string() }).meta({ title: 'Address' }),
        user: z.object({ name: z.object({ first: z.string() }) }),
        userName: z.object({ nick: z.string() }),
        prices: z.record(z.string(), z.object({ of: z.string() })),
        priceValue: z.object({ a: z.string() }),
        doc: z.object({ _id: z.string(), id: z.string() }),
      }),
    );
    expect(print(schema, 'GAddress')).toContain('street');
    expect(print(schema, 'GMail')).toContain('domain');
    expect(print(schema, 'GUserName')).toContain('first');
    expect(print(schema, 'GDoc')).toContain('_id: String!');
  });

  it('a question that has itself within, or keys called json', async () => {
    interface Tree {
      name: string;
      kids: Tree[];
    }
    const Tree: z.ZodType<Tree> = z.object({
      name: z.string(),
      get kids() {
        return z.array(Tree);
      },
    });
    const { schema } = await schemaOf(z.object({ a: z.string() }), {
      tree: { ask: Tree, answer: Tree },
      json: { ask: z.object({ json: z.string() }), answer: z.string() },
    });
    expect(print(schema, 'GTreeQuestion')).toContain('kids: [GTreeQuestionValue!]!');
    expect(print(schema, 'GJsonQuestion')).toContain('json_: String!');
  });

  it.each(['json', 'graph', 'session', 'human', 'query'])('a graph called %s', async (id) => {
    const interrupt = { ask: z.string(), answer: z.string() };
    await schemaOf(z.object({ a: z.object({ b: z.string() }) }), { interrupt }, id);
  });
});

it('a graph of which no types can be made is served without, and told', async () => {
  const good = await open('good', compiled(z.object({ a: z.string() })));
  const broken = Object.create(good, {
    id: { value: 'broken' },
    declaration: {
      get: () => {
        throw new TypeError('no such thing');
      },
    },
  }) as LoadedGraph;
  const warnings: string[] = [];
  const { schema } = createSchema([broken, good], {
    warn: (warning) => warnings.push(warning),
  });
  expect(schema.getType('GoodState')).toBeDefined();
  expect(warnings).toEqual([expect.stringMatching(/^Graph "broken" has no types/)]);
});

it('a type that must have itself within is JSON, or its graph has no types', async () => {
  const A: z.ZodType = z.object({ b: z.lazy(() => B), n: z.number() });
  const B: z.ZodType = z.object({ a: z.lazy(() => A), n: z.number() });
  const warnings: string[] = [];
  const graphs = await Promise.all([
    open('endless', compiled(z.object({ a: A }))),
    open('good', compiled(z.object({ a: z.string() }))),
  ]);
  const { schema } = createSchema(graphs, { warn: (warning) => warnings.push(warning) });
  expect(validateSchema(schema)).toEqual([]);
  expect(schema.getType('GoodState')).toBeDefined();
  expect(warnings).toEqual([expect.stringMatching(/^Graph "endless" has no types/)]);
});

it('names that differ in their case alone are told, with both graphs', async () => {
  const graphs = await Promise.all(
    ['RAG', 'rag'].map((id) => open(id, compiled(z.object({ a: z.string() })))),
  );
  expect(() => createSchema(graphs)).toThrow(/graphs "RAG" and "rag"/);
});

describe('a state shows', () => {
  it('keys without a schema as JSON, where it has others', async () => {
    const { schema } = await schemaOf(
      Annotation.Root({ ...MessagesAnnotation.spec, city: Annotation<string> }),
    );
    expect(print(schema, 'GState')).toContain('city: JSON');
    const bare = await schemaOf(Annotation.Root({ city: Annotation<string> }));
    expect(bare.schema.getType('GState')).toBeUndefined();
  });

  it('what is nested, in a time that grows with it and not with its depth', async () => {
    const Term: z.ZodType = z.lazy(() =>
      z.discriminatedUnion('op', [
        z.object({ left: Term, op: z.literal('add') }),
        z.object({ left: Term, op: z.literal('mul') }),
        z.object({ n: z.number(), op: z.literal('num') }),
      ]),
    );
    const graph = await open('g', compiled(z.object({ term: Term })));
    const [types] = typesOfGraphs([graph.declaration], new Set(), () => undefined);
    let value: object = { n: 1, op: 'num' };
    for (let n = 0; n < 40; n += 1) value = { left: value, op: 'mul' };
    const answer = new AnswersInFlight({ maxBytes: 1e9, maxPerUser: 9, maxBytesPerUser: 1e9 });
    const [field] = types?.state?.fields ?? [];
    if (field === undefined) throw new Error('no field');
    const shown = toTyped(field.shape, value, { messages: () => null, answer: answer.event() });
    expect(shown).toMatchObject({ __typename: 'GTermMul', left: { __typename: 'GTermMul' } });
  });
});

describe('an input', () => {
  /** The JSON that a typed input stands for; undefined where it is refused. */
  async function taken(state: unknown, value: unknown) {
    const { schema, types } = await schemaOf(state);
    const type = schema.getType('GInput');
    if (!isInputType(type)) throw new Error('no input');
    const given = coerceInputValue(value, type);
    return given === undefined ? undefined : types.inputOf({ g: given }).input;
  }

  it('of a StateSchema needs no key, as LangGraph needs none', async () => {
    const state = new StateSchema({
      a: z.string().optional(),
      b: z.number().default(1),
      c: z.string(),
      messages: MessagesValue,
    });
    expect(await taken(state, {})).toEqual({});
  });

  it('keeps what a client sends for a constant, and null where it may be', async () => {
    const state = z.object({
      accept: z.literal(true).optional(),
      words: z.array(z.literal('x')),
      o: z.object({
        flag: z.literal('yes').nullable(),
        k: z.object({ t: z.literal('a') }).nullable(),
        n: z.string(),
      }),
    });
    expect(await taken(state, { accept: false, words: ['a'], o: { flag: null, n: 'x' } })).toEqual({
      accept: false,
      words: ['a'],
      o: { flag: null, k: null, n: 'x' },
    });
  });
});

describe('what JSON stands for', () => {
  const native = (schema: z.ZodType, value: unknown) =>
    withNatives(value, jsonSchemaOf(schema) ?? {});

  it('is found in one pass, however deep it is', () => {
    const Filter: z.ZodType = z.lazy(() =>
      z.union([
        z.object({ op: z.literal('and'), of: z.array(Filter) }),
        z.object({ op: z.literal('or'), of: z.array(Filter) }),
        z.object({ op: z.literal('before'), at: z.date() }),
      ]),
    );
    let value: object = { op: 'before', at: '2026-01-01' };
    for (let n = 0; n < 90; n += 1) value = { op: 'and', of: [value] };
    let made = native(Filter, value) as { of?: object[]; at?: Date };
    while (made.of) made = made.of[0] as typeof made;
    expect(made.at).toEqual(new Date('2026-01-01'));
  });

  it('does not go round in unions of each other', () => {
    const A: z.ZodType = z.union([z.string(), z.lazy(() => B)]);
    const B: z.ZodType = z.union([z.date(), z.lazy(() => A)]);
    expect(native(z.object({ a: A }), { a: { x: 1 } })).toEqual({ a: { x: 1 } });
  });

  it('is text where it may be text, and what its constants say', () => {
    const schema = z.object({
      v: z.discriminatedUnion('t', [
        z.object({ t: z.literal('date'), value: z.date() }),
        z.object({ t: z.literal('text'), value: z.string() }),
      ]),
      e: z.union([z.literal('never'), z.date()]),
      either: z.union([z.string(), z.date()]),
    });
    const at = '2026-01-01';
    expect(native(schema, { v: { t: 'text', value: at }, e: at, either: at })).toEqual({
      v: { t: 'text', value: at },
      e: new Date(at),
      either: at,
    });
    expect(native(schema, { v: { t: 'date', value: at }, e: 'never', either: '' })).toEqual({
      v: { t: 'date', value: new Date(at) },
      e: 'never',
      either: '',
    });
  });

  it('is a day that there is, and an instant with its offset', () => {
    const of = (text: string) => native(z.object({ d: z.date() }), { d: text });
    for (const text of ['2026-02-31', '2026-01-01T10:00', '5', '2026-13-01', '2026-1-1'])
      expect(of(text)).toEqual({ d: text });
    for (const text of ['2026-02-28', '2026-01-01T10:00Z', '2026-01-01T10:00:00.5+02:00'])
      expect(of(text)).toEqual({ d: new Date(text) });
  });

  it('is within Maps and Sets, too, and of Zod 3', () => {
    const schema = z.object({ m: z.map(z.string(), z.date()), s: z.set(z.bigint()) });
    const at = new Date('2026-01-01');
    expect(
      native(schema, { m: { $map: [['a', '2026-01-01']] }, s: { $set: [{ $bigint: '1' }] } }),
    ).toEqual({ m: new Map([['a', at]]), s: new Set([1n]) });
    const three = z3.object({
      d: z3.date(),
      n: z3.date().nullable(),
      o: z3.date().optional(),
      l: z3.array(z3.object({ b: z3.bigint() })),
      text: z3.string().datetime(),
    });
    const given = {
      d: '2026-01-01',
      n: '2026-01-01',
      l: [{ b: { $bigint: '2' } }],
      text: '2026-01-01T00:00:00Z',
    };
    const made = withNatives(given, jsonSchemaOf(three) ?? {});
    expect(made).toEqual({ d: at, n: at, l: [{ b: 2n }], text: given.text });
    expect(three.safeParse(made).success).toBe(true);
  });

  it('is the same in an edit of what is in the state and not in the input', async () => {
    const graph = await open(
      'g',
      compiled(z.object({ name: z.string(), due: z.date() }), z.object({ name: z.string() })),
    );
    expect(graph.natively({ name: 'a', due: '2026-01-01' })).toEqual({
      name: 'a',
      due: new Date('2026-01-01'),
    });
  });
});

describe('an answer', () => {
  const asked = (value: unknown, responseSchema: unknown = null): Interrupt => ({
    interruptId: 'i',
    value,
    responseSchema,
    node: 'n',
    namespace: '',
  });

  it('is checked against each question that is asked in the same form', async () => {
    const graph = await open('g', compiled(z.object({ a: z.string() })), {
      confirm: { ask: z.string(), answer: z.boolean() },
      name: { ask: z.string(), answer: z.string() },
    });
    const check = (value: unknown, name: string | null = null) =>
      graph.checkAnswer(asked('Who?'), value, name === null ? null : { graphId: 'g', name });
    await check('Ada');
    await check(true);
    await check('Ada', 'name');
    await expect(check('Ada', 'confirm')).rejects.toThrow('boolean');
    await expect(check(5)).rejects.toThrow('question "confirm"');
    await expect(check('Ada', 'other')).rejects.toThrow('is not question "other"');
  });

  it('has its dates when the graph takes it', async () => {
    const graph = await open('g', compiled(z.object({ a: z.string() })), {
      when: { ask: z.string(), answer: z.object({ due: z.date() }) },
    });
    expect(graph.hasNativeAnswers).toBe(true);
    expect(await graph.nativeAnswer(asked('When?'), { due: '2026-01-01' })).toEqual({
      due: new Date('2026-01-01'),
    });
  });

  it('is not refused for what LangGraph’s JSON Schema says of what comes out', () => {
    const schema = z.object({ n: z.number(), note: z.string().default('none'), mail: z.email() });
    const json = z.toJSONSchema(schema) as Record<string, unknown>;
    expect(() => checkAgainst(json, 'i', { n: 3, mail: 'a@b.co', more: 1 })).not.toThrow();
    expect(() => checkAgainst(json, 'i', { n: 'x', mail: 'a@b.co' })).toThrow('`n`');
    expect(() => checkAgainst(json, 'i', { mail: 'a@b.co' })).toThrow('"n"');
    const keywords = z.toJSONSchema(z.object({ format: z.string(), required: z.number() }));
    const of = keywords as Record<string, unknown>;
    expect(() => checkAgainst(of, 'i', { format: 'x', required: 1 })).not.toThrow();
    expect(() => checkAgainst(of, 'i', { format: 1, required: 1 })).toThrow('`format`');
  });

  it('says which question it is to where only the gateway sees it', async () => {
    const { types } = await schemaOf(z.object({ a: z.string() }), {
      sure: { ask: z.string(), answer: z.boolean() },
    });
    const { value, question } = types.answerOf({ gSure: true }, 'answer');
    expect({ value, question }).toEqual({ value: true, question: { graphId: 'g', name: 'sure' } });
    expect(JSON.stringify({ value, [QUESTION]: question })).toBe('{"value":true}');
  });
});
