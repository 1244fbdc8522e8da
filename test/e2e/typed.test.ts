// Graphs have types of their own in the schema: state, input, questions, answers and messages.
import { execFile } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { as } from '../support/caller.ts';
import { type ClientError, Refused, post } from '../support/client.ts';
import { type Environment, ENVIRONMENTS, openEnvironment } from '../support/environments.ts';
import { type Program, runProgram, startProgram, temporaryFolder } from '../support/program.ts';
import { User } from '../support/user.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const run = promisify(execFile);
const LANGGRAPH_JSON = join(import.meta.dirname, '../graphs/typed/langgraph.json');

const START = `mutation Start($input: StartSessionInput!) {
  startSession(input: $input) { session { id } run { id } }
}`;
const RESUME = `mutation Resume($input: ResumeSessionInput!) {
  resumeSession(input: $input) { session { id } }
}`;

/** The typed input of an expense, as a client writes it, and as the graph has it. */
const TYPED = {
  unitPrice: { amount: 2.5, currency: 'US_DOLLAR' },
  decision: '_50_PERCENT',
  items: [{ label: 'pen', count: 3, note: null }],
  total: 5_000_000_000,
  due: '2026-12-24T00:00:00.000Z',
  tags: { a: 1, 'b c': 2 },
  place: [1.5, 2],
  mixed: ['x', 1],
  payment: { bankTransfer: { iban: 'DE00', due: '2027-01-01T00:00:00.000Z' } },
  contact: { email: { email: 'a@b.c' } },
  category: { name: 'office', parts: [{ name: 'pens', parts: [] }] },
  anything: { deep: [1] },
  large: { $bigint: '12345678901234567890' },
};
const STATE = {
  'unit-price': { amount: 2.5, currency: 'US-$' },
  decision: '50%',
  items: [{ label: 'pen', count: 3, note: null }],
  total: 5_000_000_000,
  due: '2026-12-24T00:00:00.000Z',
  tags: { a: 1, 'b c': 2 },
  place: [1.5, 2],
  mixed: ['x', 1],
  payment: { kind: 'bank-transfer', iban: 'DE00', due: '2027-01-01T00:00:00.000Z' },
  contact: { email: 'a@b.c' },
  category: { name: 'office', parts: [{ name: 'pens', parts: [] }] },
  anything: { deep: [1] },
  large: { $bigint: '12345678901234567890' },
};

const FIELDS = `__typename json ... on ExpenseApprovalState {
  unitPrice { amount currency } decision items { label count note } total due tags { key value } place mixed
  payment {
    __typename
    ... on ExpenseApprovalPaymentBankTransfer { kind iban due }
    ... on ExpenseApprovalPaymentCard { kind last4 }
    ... on ExpenseApprovalPaymentCash { kind }
  }
  contact {
    __typename ... on ExpenseApprovalContactEmail { email } ... on ExpenseApprovalContactText { value }
  }
  category { name parts { name parts { name } } } anything large seen messages { messageId text role }
}`;

/** What a typed state shows of it. */
const SHOWN = {
  ...TYPED,
  __typename: 'ExpenseApprovalState',
  tags: [
    { key: 'a', value: 1 },
    { key: 'b c', value: 2 },
  ],
  payment: {
    __typename: 'ExpenseApprovalPaymentBankTransfer',
    kind: 'bank-transfer',
    iban: 'DE00',
    due: '2027-01-01T00:00:00.000Z',
  },
  contact: { __typename: 'ExpenseApprovalContactEmail', email: 'a@b.c' },
};

describe.each(ENVIRONMENTS)('ENV=%s', (ENV) => {
  let environment: Environment;
  let program: Program;
  let alice: User;

  beforeAll(async () => {
    environment = await openEnvironment(ENV);
    program = await startProgram({ ...environment.settings, LANGGRAPH_JSON });
    alice = new User(program.url);
  });

  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await environment[Symbol.asyncDispose]();
  });

  async function ask<Data>(query: string, variables: object = {}): Promise<Data> {
    const { data, errors } = await post(program.url, { query, variables }, as('alice'));
    if (errors !== undefined) throw new Refused(errors);
    return data as Data;
  }

  async function refused(query: string, variables: object): Promise<ClientError> {
    const { errors } = await post(program.url, { query, variables }, as('alice'));
    if (errors?.[0] === undefined) throw new Error('it was not refused');
    return errors[0];
  }

  async function start(input: object): Promise<string> {
    const { startSession } = await ask<{ startSession: { session: { id: string } } }>(START, {
      input,
    });
    await alice.settled(startSession.session.id);
    return startSession.session.id;
  }

  it('a typed input comes out typed, and as JSON', async () => {
    const id = await start({ graph: { expenseApproval: TYPED } });
    const { session } = await ask<{ session: { state: object; values: object } }>(
      `query ($id: ID!) { session(id: $id) { values checkpoint { state { json } } state { ${FIELDS} } } }`,
      { id },
    );
    expect(session.values).toEqual(expect.objectContaining(STATE));
    expect(session.state).toEqual({
      ...SHOWN,
      seen: null,
      messages: [],
      json: session.values,
    });
  });

  it('each member of a union goes in', async () => {
    const given = { payment: { cash: true }, contact: { text: 'by phone' } };
    const id = await start({ graph: { expenseApproval: given } });
    const { session } = await ask<{ session: { state: object; values: object } }>(
      `query ($id: ID!) { session(id: $id) { values state { ${FIELDS} } } }`,
      { id },
    );
    expect(session.values).toMatchObject({ payment: { kind: 'cash' }, contact: 'by phone' });
    expect(session.state).toMatchObject({
      payment: { __typename: 'ExpenseApprovalPaymentCash', kind: 'cash' },
      contact: { __typename: 'ExpenseApprovalContactText', value: 'by phone' },
    });
  });

  it('what does not fit an input is refused before anything is stored', async () => {
    const wrong = { graph: { expenseApproval: { total: 1.5 } } };
    const error = await refused(START, { input: wrong });
    expect(error.extensions.code).toBe('INVALID_INPUT');
    expect(error.message).toContain('total');
    for (const graph of [
      { expenseApproval: { decision: 'sold' } },
      { expenseApproval: { payment: { card: { last4: '1' }, cash: true } } },
      { expenseApproval: { items: [{ label: 'pen', count: 3_000_000_000, note: null }] } },
      { expenseApproval: {}, json: { input: {} } },
    ]) {
      const { errors, data } = await post(
        program.url,
        { query: START, variables: { input: { graph } } },
        as('alice'),
      );
      expect(data ?? null).toBeNull();
      expect(errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    }
    expect(
      (await refused(START, { input: { graph: { json: { input: {} } }, graphId: 'plain' } }))
        .message,
    ).toContain('either `graph` or `graphId`');
  });

  it('work is given as one of several, which its type says', async () => {
    const id = await start({ work: { graph: { expenseApproval: { total: 1 } } } });
    const { interrupts, values } = await alice.settled(id);
    expect(values).toMatchObject({ total: 1 });
    const answers = [{ interruptId: interrupts[0]?.interruptId, value: { approved: true } }];
    await ask(RESUME, { input: { sessionId: id, work: { answers } } });
    expect((await alice.settled(id)).values).toMatchObject({ decision: 'approved' });
    const both = { work: { message: 'a' }, answers, sessionId: id };
    expect((await refused(RESUME, { input: both })).message).toContain(
      'either `work` or `answers`',
    );
    const two = await post(
      program.url,
      { query: START, variables: { input: { work: { task: 'a', input: {} } } } },
      as('alice'),
    );
    expect(two.errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  it('questions are typed, and answers checked', async () => {
    const id = await start({ graph: { expenseApproval: { total: 7 } } });
    const interrupts = async () => {
      const { session } = await ask<{
        session: { interrupts: { interruptId: string; question: object }[] };
      }>(
        `query ($id: ID!) { session(id: $id) { interrupts { interruptId question {
          __typename json
          ... on ExpenseApprovalApprovalQuestion { total reason }
          ... on ExpenseApprovalConfirmQuestion { value }
        } } } }`,
        { id },
      );
      const [first] = session.interrupts;
      if (first === undefined) throw new Error('nothing is asked');
      return first;
    };
    const asked = await interrupts();
    expect(asked.question).toEqual({
      __typename: 'ExpenseApprovalApprovalQuestion',
      json: { total: 7, reason: 'too-high' },
      total: 7,
      reason: 'too_high',
    });
    const { interruptId } = asked;
    const answered = (answer: object) => ({
      input: { sessionId: id, answers: [{ interruptId, ...answer }] },
    });
    const wrong: [object, string][] = [
      [{ value: { approved: 'yes' } }, 'approved'],
      [{ answer: { json: { approved: 'yes' } } }, 'approved'],
      [{ value: 5 }, interruptId],
      [{ answer: { expenseApprovalConfirm: true } }, 'is not question "confirm"'],
      [{ answer: { hitl: { decisions: [] } } }, 'is not question "hitl"'],
      [
        { answer: { expenseApprovalApproval: { approved: true, comment: 'x'.repeat(21) } } },
        'comment',
      ],
    ];
    for (const [answer, named] of wrong) {
      const error = await refused(RESUME, answered(answer));
      expect(error.extensions.code).toBe('INVALID_INPUT');
      expect(error.message).toContain(named);
    }
    await ask(RESUME, answered({ answer: { expenseApprovalApproval: { approved: true } } }));
    await alice.settled(id);
    const next = await interrupts();
    expect(next.question).toEqual({
      __typename: 'ExpenseApprovalConfirmQuestion',
      json: 'Sure?',
      value: 'Sure?',
    });
    await ask(RESUME, {
      input: {
        sessionId: id,
        answers: [{ interruptId: next.interruptId, answer: { expenseApprovalConfirm: true } }],
      },
    });
    await alice.settled(id);
    const { session } = await ask<{ session: { state: object; messages: object } }>(
      `query ($id: ID!) { session(id: $id) { state { ${FIELDS} } } }`,
      { id },
    );
    expect(session.state).toMatchObject({
      decision: 'approved',
      total: 7,
      seen: { $set: ['a'] },
      messages: [
        { messageId: 'm1', text: 'no comment', role: 'AI' },
        { messageId: 'm2', text: 'true', role: 'AI' },
      ],
    });
  });

  it('questions of LangChain’s middleware and of an agent inbox have types', async () => {
    const answered = async (graphId: string, fields: string, answer: object) => {
      const id = await start({ graphId, input: {} });
      const { session } = await ask<{
        session: { interrupts: { interruptId: string; question: object }[] };
      }>(
        `query ($id: ID!) { session(id: $id) { interrupts { interruptId question { __typename ${fields} } } } }`,
        { id },
      );
      const [asked] = session.interrupts;
      const { interruptId = '' } = asked ?? {};
      await ask(RESUME, { input: { sessionId: id, answers: [{ interruptId, answer }] } });
      const { values } = await alice.settled(id);
      return { question: asked?.question, answer: (values as { answer?: unknown }).answer };
    };
    const hitl = `... on HITLQuestion {
      actionRequests { name args description } reviewConfigs { actionName allowedDecisions }
    }`;
    const edited = { name: 'send', args: { to: 'eve' } };
    expect(
      await answered('hitl', hitl, {
        hitl: {
          decisions: [{ approve: true }, { edit: { editedAction: edited } }, { reject: {} }],
        },
      }),
    ).toEqual({
      question: {
        __typename: 'HITLQuestion',
        actionRequests: [{ name: 'send', args: { to: 'bob' }, description: 'Send it?' }],
        reviewConfigs: [{ actionName: 'send', allowedDecisions: ['approve', 'edit', 'reject'] }],
      },
      answer: {
        decisions: [
          { type: 'approve' },
          { type: 'edit', editedAction: edited },
          { type: 'reject' },
        ],
      },
    });
    const inbox = `... on HumanInterruptQuestion {
      requests { action_request { action args } config { allow_edit } description }
    }`;
    const args = { action: 'send', args: {} };
    expect(
      await answered('inbox', inbox, {
        humanInterrupt: [{ accept: true }, { response: { args: 'no' } }, { edit: { args } }],
      }),
    ).toEqual({
      question: {
        __typename: 'HumanInterruptQuestion',
        requests: [
          {
            action_request: { action: 'send', args: { to: 'bob' } },
            config: { allow_edit: true },
            description: 'Send it?',
          },
        ],
      },
      answer: [
        { type: 'accept', args: null },
        { type: 'response', args: 'no' },
        { type: 'edit', args },
      ],
    });
  });

  it('the graph is given an answer’s dates as dates', async () => {
    const id = await start({ graphId: 'dated', input: {} });
    const [asked] = (await alice.settled(id)).interrupts;
    const given = { due: '2026-12-24T00:00:00Z', tags: { $set: ['a', 'b'] } };
    const answers = [{ interruptId: asked?.interruptId, answer: { datedWhen: given } }];
    await ask(RESUME, { input: { sessionId: id, answers } });
    expect((await alice.settled(id)).values).toEqual({ answer: [2026, 2] });
  });

  it('a typed request is the same as the JSON that it stands for', async () => {
    const typed = {
      graph: { expenseApproval: { unitPrice: { amount: 1, currency: 'US_DOLLAR' } } },
    };
    const json = {
      graphId: 'expense-approval',
      input: { 'unit-price': { amount: 1, currency: 'US-$' } },
    };
    const idempotencyKey = `${ENV}-start`;
    const id = await start({ ...typed, idempotencyKey });
    expect(await start({ ...json, idempotencyKey })).toBe(id);
    const [asked] = (await alice.settled(id)).interrupts;
    const { interruptId } = asked ?? {};
    const resume = (answer: object) => ({
      input: {
        sessionId: id,
        answers: [{ interruptId, ...answer }],
        idempotencyKey: `${ENV}-answer`,
      },
    });
    await ask(RESUME, resume({ answer: { expenseApprovalApproval: { approved: true } } }));
    await alice.settled(id);
    await ask(RESUME, resume({ value: { approved: true } }));
    const other = { sessionId: id, graph: { long: { count: 1 } } };
    const error = await refused(RESUME, { input: other });
    expect(error.extensions.code).toBe('INVALID_INPUT');
    expect(error.message).toContain('the session\'s is "expense-approval"');
  });

  it('an answer is checked against the schema that its question came with', async () => {
    const id = await start({ graphId: 'with-schema', input: {} });
    const { session } = await ask<{ session: { interrupts: { interruptId: string }[] } }>(
      'query ($id: ID!) { session(id: $id) { interrupts { interruptId question { __typename } } } }',
      { id },
    );
    const interruptId = session.interrupts[0]?.interruptId ?? '';
    const input = (value: unknown) => ({
      input: { sessionId: id, answers: [{ interruptId, value }] },
    });
    for (const [value, named] of [
      [{ size: 0, color: 'red' }, 'size'],
      [{ size: 1, color: 'green' }, 'color'],
      [{ size: 1 }, 'color'],
      ['red', 'object'],
    ] as const) {
      const error = await refused(RESUME, input(value));
      expect(error.extensions.code).toBe('INVALID_INPUT');
      expect(error.message).toContain(named);
    }
    await ask(RESUME, input({ size: 1, color: 'red' }));
    expect((await alice.settled(id)).values).toEqual({ answer: { size: 1, color: 'red' } });
  });

  const PAGE = `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    session(id: $id) { messages(first: $first, after: $after, last: $last, before: $before) {
      totalCount nodes { id messageId text } edges { cursor }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } checkpoint { messages(last: 1) { totalCount nodes { messageId } } } }
  }`;
  interface Page {
    readonly session: {
      readonly messages: {
        readonly totalCount: number;
        readonly nodes: readonly { id: string; messageId: string; text: string }[];
        readonly pageInfo: {
          hasNextPage: boolean;
          hasPreviousPage: boolean;
          startCursor: string;
          endCursor: string;
        };
      };
      readonly checkpoint: { readonly messages: { readonly totalCount: number } };
    };
  }

  it('messages come by pages from either end, with what tasks have written since the checkpoint', async () => {
    const id = await start({ graph: { long: { count: 250 } } });
    const page = async (variables: object) => (await ask<Page>(PAGE, { id, ...variables })).session;
    const last = await page({ last: 30 });
    // One of two tasks has finished; the other asks.
    expect(last.messages.totalCount).toBe(252);
    expect(last.checkpoint.messages.totalCount).toBe(250);
    expect(last.messages.nodes.map(({ messageId }) => messageId)).toEqual([
      ...Array.from({ length: 28 }, (_, n) => `m${222 + n}`),
      'call',
      'result',
    ]);
    expect(last.messages.nodes[0]?.id).toBe(`${id}#m222`);
    expect(last.messages.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    const before = await page({ last: 100, before: last.messages.pageInfo.startCursor });
    expect(before.messages.nodes[0]?.messageId).toBe('m122');
    expect(before.messages.nodes.at(-1)?.messageId).toBe('m221');
    expect(before.messages.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    let cursor: string | null = null;
    const forward: string[] = [];
    for (;;) {
      const { messages }: Page['session'] = await page({ first: 100, after: cursor });
      forward.push(...messages.nodes.map(({ messageId }) => messageId));
      cursor = messages.pageInfo.endCursor;
      if (!messages.pageInfo.hasNextPage) break;
    }
    expect(forward).toHaveLength(252);
    expect(new Set(forward).size).toBe(252);
    for (const wrong of [{ first: 1, last: 1 }, { last: 0 }, { last: 101 }, { before: 'nonsense' }])
      expect((await refused(PAGE, { id, ...wrong })).extensions.code).toBe('INVALID_INPUT');
    const other = await start({ graph: { long: { count: 1 } } });
    const foreign = { id: other, after: last.messages.pageInfo.startCursor };
    expect((await refused(PAGE, foreign)).extensions.code).toBe('INVALID_INPUT');
  });

  it('a message tells its role, calls, results and usage, and is found by its id', async () => {
    const id = await start({ graph: { long: { count: 1 } } });
    const fields = `id messageId role name text content toolCalls { toolCallId name args } toolCallId toolStatus
      usage { inputTokens outputTokens totalTokens }`;
    const { session, node, nodes } = await ask<{
      session: { messages: { nodes: object[] } };
      node: object;
      nodes: (object | null)[];
    }>(
      `query ($id: ID!, $call: ID!, $ids: [ID!]!) {
        session(id: $id) { messages { nodes { ${fields} } } }
        node(id: $call) { __typename ... on Message { ${fields} } }
        nodes(ids: $ids) { __typename id }
      }`,
      { id, call: `${id}#call`, ids: [`${id}#result`, `${id}#nothing`, id] },
    );
    const call = {
      id: `${id}#call`,
      messageId: 'call',
      role: 'AI',
      name: null,
      text: 'Let me look.',
      content: [
        { type: 'text', text: 'Let me ' },
        { type: 'text', text: 'look.' },
      ],
      toolCalls: [{ toolCallId: 'c1', name: 'look', args: { at: 'it' } }],
      toolCallId: null,
      toolStatus: null,
      usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 },
    };
    expect(session.messages.nodes).toEqual([
      expect.objectContaining({ messageId: 'm0', role: 'HUMAN', text: '0', toolCalls: [] }),
      call,
      expect.objectContaining({
        messageId: 'result',
        role: 'TOOL',
        name: 'look',
        toolCallId: 'c1',
        toolStatus: 'ERROR',
      }),
    ]);
    expect(node).toEqual({ __typename: 'Message', ...call });
    expect(nodes).toEqual([
      { __typename: 'Message', id: `${id}#result` },
      null,
      { __typename: 'Session', id },
    ]);
    const { data } = await post(
      program.url,
      { query: 'query ($id: ID!) { node(id: $id) { id } }', variables: { id: `${id}#call` } },
      as('bob'),
    );
    expect(data).toEqual({ node: null });
  });

  it('a message without an id is told by its place, in a state without a schema too', async () => {
    const id = await start({
      graphId: 'plain',
      input: { messages: [{ role: 'user', content: 'hi' }] },
    });
    const { session } = await ask<{ session: object }>(
      `query ($id: ID!) { session(id: $id) {
        state { __typename json } messages { nodes { messageId role text } }
      } }`,
      { id },
    );
    expect(session).toMatchObject({
      state: { __typename: 'JsonState' },
      messages: {
        nodes: [
          { messageId: 'at:0', role: 'HUMAN', text: 'hi' },
          { messageId: 'at:1', role: 'AI', text: 'plain' },
        ],
      },
    });
  });

  it('a message has the same id while it is written and once it is stored', async () => {
    const id = await start({ graphId: 'chat', input: { messages: [] } });
    const written = new Set<string>();
    for await (const event of alice.watch(id, { untilSettled: false })) {
      // What is told only as it happens is watched from before the run.
      if (event.type === 'SessionSnapshot') await alice.resume({ sessionId: id, message: 'again' });
      if (event.type === 'MessageDelta') written.add(event.messageId);
      if (event.type === 'RunStatusChanged' && event.status === 'SUCCEEDED') break;
    }
    const { session } = await ask<Page>(PAGE, { id, last: 1 });
    expect(session.messages.nodes.map(({ messageId }) => messageId)).toEqual([...written]);
  });
});

describe('the schema', () => {
  const settings = { LANGGRAPH_JSON, ENV: 'development' };

  it('is printed by a command: the same each time, and as the gateway serves it', async () => {
    const [first, second, one] = await Promise.all([
      runProgram(settings, ['schema']),
      runProgram(settings, ['schema']),
      runProgram(settings, ['schema', '--graph', 'long']),
    ]);
    expect([first.code, second.code, one.code]).toEqual([0, 0, 0]);
    expect(first.output).toBe(second.output);
    const types = buildSchema(first.output).getTypeMap();
    expect(types).toHaveProperty('ExpenseApprovalState');
    expect(types).toHaveProperty('ChatState');
    const own = Object.keys(buildSchema(one.output).getTypeMap());
    expect(own).toContain('LongState');
    expect(own).not.toContain('ChatState');
    using folder = temporaryFolder();
    const graphs = {
      noisy: `${join(folder.path, 'noisy.mjs')}:graph`,
      broken: `${join(folder.path, 'nothing.mjs')}:graph`,
    };
    symlinkSync(join(import.meta.dirname, '../../node_modules'), join(folder.path, 'node_modules'));
    writeFileSync(
      join(folder.path, 'noisy.mjs'),
      `import { MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
       console.log('it is loaded');
       export const graph = new StateGraph(MessagesAnnotation).addNode('a', () => ({})).addEdge(START, 'a').compile();`,
    );
    writeFileSync(join(folder.path, 'langgraph.json'), JSON.stringify({ graphs }));
    const odd = { ENV: 'development', LANGGRAPH_JSON: join(folder.path, 'langgraph.json') };
    const { code, output } = await runProgram(odd, ['schema']);
    expect([code, output]).toEqual([1, expect.stringContaining('Graph "broken"')]);
    const rest = await run(process.execPath, [MAIN, 'schema'], {
      env: { ...process.env, ...odd, STRICT_GRAPHS: 'false' },
    });
    expect(Object.keys(buildSchema(rest.stdout).getTypeMap())).toContain('NoisyState');
    expect(rest.stderr).toContain('it is loaded');
    expect(rest.stderr).toContain('Graph "broken"');
    const missing = await runProgram(settings, ['schema', '--graph', 'nothing']);
    expect(missing.code).toBe(1);
    expect(missing.output).toContain('There is no graph "nothing"');
  });

  it('has a hash in /health, the log and the metrics, the same for the same graphs', async () => {
    const told = async (more: object) => {
      await using program = await startProgram({ ...settings, LOG_LEVEL: 'info', ...more });
      const origin = new URL(program.url).origin;
      const { schema } = (await (await fetch(`${origin}/health`)).json()) as { schema: string };
      expect(program.output()).toContain(`"schema":"${schema}"`);
      const metrics = await (await fetch(`${origin}/metrics`)).text();
      expect(metrics).toContain(`session_gateway_schema_info{hash="${schema}"} 1`);
      return schema;
    };
    const [one, same, without] = await Promise.all([
      told({}),
      told({}),
      told({ GRAPH_TYPES: 'false' }),
    ]);
    expect(one).toMatch(/^[\da-f]{16}$/);
    expect(same).toBe(one);
    expect(without).not.toBe(one);
  });

  it('has no types of graphs with GRAPH_TYPES=false; states are JSON', async () => {
    await using program = await startProgram({ ...settings, GRAPH_TYPES: 'false' });
    const alice = new User(program.url);
    const id = await alice.start({ graphId: 'expense-approval', input: { total: 1 } });
    await alice.settled(id);
    const { data } = await post(
      program.url,
      {
        query:
          '{ sessions { nodes { state { __typename json } } } __type(name: "ChatState") { name } }',
      },
      as('alice'),
    );
    expect(data).toMatchObject({
      sessions: { nodes: [{ state: { __typename: 'JsonState', json: { total: 1 } } }] },
      __type: null,
    });
  });

  it('stops the start where two types would have one name, and says which', async () => {
    using folder = temporaryFolder();
    const write = (graphs: object) => {
      const path = join(folder.path, 'langgraph.json');
      writeFileSync(path, JSON.stringify({ graphs }));
      return path;
    };
    const chat = `${join(LANGGRAPH_JSON, '../chat.ts')}:chat`;
    const clash = await runProgram({
      ENV: 'development',
      LANGGRAPH_JSON: write({ 'my-chat': chat, my_chat: chat }),
    });
    expect(clash.code).toBe(1);
    expect(clash.output).toContain('graphs "my-chat" and "my_chat" are both MyChat');
    const named = {
      'my-chat': chat,
      my_chat: { path: chat, graphqlName: 'Other' },
      session: chat,
      图: chat,
    };
    const { code, output } = await runProgram(
      { ENV: 'development', LANGGRAPH_JSON: write(named) },
      ['schema'],
    );
    expect(code).toBe(0);
    for (const type of ['MyChatState', 'OtherState', 'SessionGraphState'])
      expect(output).toContain(`type ${type} implements GraphState`);
    expect(output).toContain('Graph "图" has no types');
  });
});

describe('a graph that changes its schema', () => {
  it('shows what fits of an old session, and all of it as JSON', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'graph.ts');
    const write = (fields: string) =>
      writeFileSync(
        file,
        `import { END, START, StateGraph } from '@langchain/langgraph';
         import { z } from 'zod';
         export const graph = new StateGraph(z.object({ ${fields} }))
           .addNode('step', () => ({})).addEdge(START, 'step').addEdge('step', END).compile();`,
      );
    symlinkSync(join(import.meta.dirname, '../../node_modules'), join(folder.path, 'node_modules'));
    writeFileSync(
      join(folder.path, 'langgraph.json'),
      JSON.stringify({ graphs: { order: './graph.ts:graph' } }),
    );
    const settings = {
      ENV: 'sqlite',
      SQLITE_PATH: join(folder.path, 'sessions.db'),
      LANGGRAPH_JSON: join(folder.path, 'langgraph.json'),
    };
    const values = { id: 'a', size: 'large', lines: [{ sku: 'x' }], kind: 'new', gone: 1 };
    write(
      `id: z.string(), size: z.string(), lines: z.array(z.object({ sku: z.string() })), kind: z.enum(['new', 'used']), gone: z.number()`,
    );
    let id: string;
    {
      await using program = await startProgram(settings);
      const alice = new User(program.url);
      id = await alice.start({ input: values });
      await alice.settled(id);
      expect(await program.end()).toBe(0);
    }
    write(
      `id: z.string(), size: z.number(), lines: z.array(z.object({ sku: z.string(), count: z.number() })), kind: z.enum(['used']).optional(), more: z.string().optional(), gone: z.number()`,
    );
    await using program = await startProgram(settings);
    const { data, errors } = await post(
      program.url,
      {
        query: `query ($id: ID!) { session(id: $id) { state { json ... on OrderState {
          id size lines { sku count } kind more gone
        } } } }`,
        variables: { id },
      },
      as('alice'),
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      session: {
        state: { id: 'a', size: null, lines: null, kind: null, more: null, gone: 1, json: values },
      },
    });
  });
});
