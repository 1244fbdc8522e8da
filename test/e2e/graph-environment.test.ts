// What a graph finds that was written for LangGraph's own server: ids, the user, a context, a logger, and what a run asks for.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JWT_SECRET, as } from '../support/caller.ts';
import { execute, post } from '../support/client.ts';
import { type Environment, ENVIRONMENTS, openEnvironment } from '../support/environments.ts';
import { Resume, RunOptions, Start, StoreItems } from '../support/operations.ts';
import {
  type Program,
  type Settings,
  runProgram,
  startProgram,
  temporaryFolder,
} from '../support/program.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { User } from '../support/user.ts';
import type { ResumeSessionInput } from '../../gql/graphql.ts';

const LANGGRAPH_JSON = join(import.meta.dirname, '../graphs/environment/langgraph.json');
const GRAPHS = join(import.meta.dirname, '../graphs/environment/graphs.ts');
const GOOD = `${GRAPHS}:two`;
const DEFAULTS = {
  ui: { tags: ['by default'] },
  'what it is told': { configurable: { model: 'small' }, metadata: { team: 'a', of: 'defaults' } },
  'reads configurable': { configurable: { userName: 'Dan' } },
  two: { context: { never: 'read' }, recursion_limit: 50 },
};

describe.each(ENVIRONMENTS)('ENV=%s', (ENV) => {
  let environment: Environment;
  let program: Program;
  let alice: User;

  beforeAll(async () => {
    environment = await openEnvironment(ENV);
    program = await startProgram({
      ...environment.settings,
      LANGGRAPH_JSON,
      LANGGRAPH_CONFIG: JSON.stringify(DEFAULTS),
      LOG_LEVEL: 'info',
    });
    alice = new User(program.url);
  });

  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await environment[Symbol.asyncDispose]();
  });

  it('its ids, its user, and its run’s metadata and tags', async () => {
    const id = await alice.start({
      graphId: 'what it is told',
      input: {},
      configurable: { own: 1 },
      runMetadata: { of: 'run' },
      tags: ['a', 'b'],
    });
    const { values, latestRun } = await alice.settled(id);
    const graph = 'what it is told';
    expect(values).toMatchObject({
      said: {
        configurable: {
          thread_id: id,
          run_id: latestRun?.id,
          graph_id: graph,
          assistant_id: graph,
          langgraph_auth_user: { identity: 'alice', permissions: [], is_authenticated: true },
          langgraph_auth_user_id: 'alice',
          model: 'small',
          own: 1,
        },
        metadata: {
          thread_id: id,
          run_id: latestRun?.id,
          graph_id: graph,
          assistant_id: graph,
          run_attempt: 1,
          team: 'a',
          of: 'run',
        },
        context: {},
        tags: expect.arrayContaining(['a', 'b']) as unknown,
      },
    });
    const { run } = await execute(program.url, RunOptions, { id: latestRun?.id ?? '' });
    expect(run).toEqual({ metadata: { of: 'run' }, tags: ['a', 'b'] });
  });

  it('a logger, whose lines tell the run and the node', async () => {
    const id = await alice.start({ graphId: 'what it is told', input: {} });
    const { latestRun } = await alice.settled(id);
    const lines = program.output().split('\n');
    const line = lines.find((text) => text.includes('"told"') && text.includes(id)) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({
      msg: 'told',
      graph: { more: 1 },
      graph_id: 'what it is told',
      run_id: latestRun?.id,
      langgraph_node: 'node',
    });
  });

  it('what its function makes of a session’s values alone', async () => {
    const graphId = 'made of its session';
    const configurable = { steps: ['a', 'b'] };
    const id = await alice.start({ graphId, input: {}, configurable, interruptAfter: ['a'] });
    expect(await alice.settled(id)).toMatchObject({ next: ['b'], values: { trail: ['a'] } });
    await alice.resume({ sessionId: id });
    expect(await alice.settled(id)).toMatchObject({ values: { trail: ['a', 'b'] } });
    const query = `{ graph(id: "${graphId}") {
      nodes mermaid inputSchema stateSchema outputSchema contextSchema drawing { nodes { name } }
    } }`;
    const { data } = await post(program.url, { query });
    expect(data).toEqual({
      graph: {
        nodes: [],
        mermaid: expect.stringContaining('graph TD') as unknown,
        inputSchema: null,
        stateSchema: null,
        outputSchema: null,
        contextSchema: null,
        drawing: { nodes: [] },
      },
    });
    const words = { graphId, task: 'words', configurable };
    await expect(alice.start(words)).rejects.toThrow('give `input` instead');
    const unmade = await alice.start({ graphId, input: {} });
    const failed = `{ awaitSession(id: "${unmade}") { status latestRun { error { code } } } }`;
    expect((await post(program.url, { query: failed })).data).toEqual({
      awaitSession: { status: 'FAILED', latestRun: { error: { code: 'GRAPH_ERROR' } } },
    });
    expect(program.output()).toContain('its function makes none without the values of a session');
  });

  it('a logger that tells errors and objects', async () => {
    const id = await alice.start({ graphId: 'complains', input: {} });
    await alice.settled(id);
    const lines = program
      .output()
      .split('\n')
      .filter((text) => text.includes(id) && text.includes('"langgraph_node":"node"'))
      .map((text) => JSON.parse(text) as object);
    expect(lines).toMatchObject([
      {
        level: 50,
        msg: 'it failed',
        thrown: [{ type: 'RangeError', message: 'the reason', stack: expect.any(String) }],
      },
      { level: 40, graph: { only: 'an object' } },
    ]);
  });

  it('a run id for generative UI', async () => {
    const id = await alice.start({ graphId: 'ui', input: {} });
    expect(await alice.settled(id)).toMatchObject({
      status: 'SUCCEEDED',
      values: { said: 'pushed' },
    });
  });

  it('a store, which outlives its process and is shared by all', async () => {
    const said = async (user: User) => {
      const id = await user.start({ graphId: 'remembers', input: {} });
      return (await user.settled(id)).values as { said: unknown[]; trail: string[] };
    };
    expect(await said(alice)).toEqual({ said: [1, true, true], trail: ['found {"n":1}'] });
    expect((await said(alice)).said[0]).toBe(2);
    if (ENV === 'development') return;
    const settings = { ...environment.settings, LANGGRAPH_JSON };
    {
      await using another = await startProgram(settings);
      expect((await said(new User(another.url))).said[0]).toBe(3);
      await another.end('SIGKILL');
    }
    await using later = await startProgram(settings);
    expect((await said(new User(later.url))).said[0]).toBe(4);
    expect((await said(alice)).said[0]).toBe(5);
  });

  it('a store in the functional API, too', async () => {
    for (const word of ['one', 'two'])
      await alice.settled(await alice.start({ graphId: 'remembers by function', input: { word } }));
    const id = await alice.start({ graphId: 'remembers by function', input: { word: 'one' } });
    expect((await alice.settled(id)).values).toEqual(['words/one', 'words/two']);
  });

  describe('a context', () => {
    it('that its schema refuses is refused before anything is stored', async () => {
      const wrong = [{ input: {} }, { input: {}, context: { userName: 1 } }];
      for (const given of wrong) {
        const input = { graphId: 'needs/context', ...given };
        await expect(execute(program.url, Start, { input })).rejects.toMatchObject({
          code: 'INVALID_INPUT',
          message: expect.stringMatching(/`context`.*`userName`/) as unknown,
        });
      }
    });

    it('is kept for later runs, which may lay another over it', async () => {
      const input = { graphId: 'needs/context', input: {}, context: { userName: 'Ann', more: 1 } };
      const id = await alice.start(input);
      expect((await alice.settled(id)).values).toMatchObject({ said: 'Ann' });
      await alice.resume({ sessionId: id, input: {}, context: { userName: 'Bob' } });
      expect((await alice.settled(id)).values).toMatchObject({ said: 'Bob' });
      const fork = await alice.fork({ sessionId: id });
      for (const sessionId of [id, fork]) {
        await alice.resume({ sessionId, input: {} });
        expect((await alice.settled(sessionId)).values).toMatchObject({ said: 'Ann' });
      }
    });

    it('may still be what the graph reads from configurable, or its own', async () => {
      const configurable = { userName: 'Cat' };
      const id = await alice.start({ graphId: 'reads configurable', input: {}, configurable });
      expect((await alice.settled(id)).values).toMatchObject({ said: 'Cat' });
      const byDefault = await alice.start({ graphId: 'reads configurable', input: {} });
      expect((await alice.settled(byDefault)).values).toMatchObject({ said: 'Dan' });
      const own = await alice.start({ graphId: 'has context', input: {} });
      expect((await alice.settled(own)).values).toMatchObject({ said: { own: true } });
    });
  });

  describe('a subgraph’s state', () => {
    it('is edited where it stopped, and the graph goes on with it', async () => {
      const id = await alice.start({ graphId: 'cities', input: {} });
      const { namespaces, status, next } = await alice.settled(id);
      expect({ status, next }).toEqual({ status: 'INTERRUPTED', next: ['sub'] });
      const [namespace = ''] = namespaces;
      await alice.edit({ sessionId: id, namespace, values: { city: 'LA' } });
      expect(await alice.look(id)).toMatchObject({ status: 'IDLE', next: ['sub'] });
      await alice.resume({ sessionId: id });
      expect((await alice.settled(id)).values).toEqual({ city: 'sunny in LA' });
    });

    it('is edited while it asks, and takes the answer to what it has asked', async () => {
      const id = await alice.start({ graphId: 'asks inside', input: {} });
      const { namespaces, interrupts } = await alice.settled(id);
      const [namespace = ''] = namespaces;
      await alice.edit({ sessionId: id, namespace, values: { city: 'LA' }, asNode: 'set' });
      const answers = [{ interruptId: interrupts[0]?.interruptId ?? '', value: 'rainy' }];
      await alice.resume({ sessionId: id, answers });
      expect((await alice.settled(id)).values).toEqual({ city: 'rainy in LA' });
    });

    it('is edited while it asks, and it asks again', async () => {
      const id = await alice.start({ graphId: 'asks inside', input: {} });
      const { namespaces } = await alice.settled(id);
      const [namespace = ''] = namespaces;
      await alice.edit({ sessionId: id, namespace, values: { city: 'LA' }, asNode: 'set' });
      expect(await alice.look(id)).toMatchObject({ status: 'IDLE', interrupts: [] });
      await alice.resume({ sessionId: id });
      const now = await alice.settled(id);
      const answers = [{ interruptId: now.interrupts[0]?.interruptId ?? '', value: 'rainy' }];
      await alice.resume({ sessionId: id, answers });
      expect((await alice.settled(id)).values).toEqual({ city: 'rainy in LA' });
    });

    it('is refused where there is none, or none such', async () => {
      const id = await alice.start({ graphId: 'cities', input: {} });
      const { namespaces } = await alice.settled(id);
      const [namespace = ''] = namespaces;
      for (const given of [
        { namespace: 'sub:nowhere', values: {} },
        { namespace: 'sub\0', values: {}, checkpointId: id },
        { namespace, values: { nothing: 1 } },
        { namespace, values: { city: 'x' }, asNode: 'nobody' },
        { namespace, values: { city: 'x' }, checkpointId: id },
      ])
        await expect(alice.edit({ sessionId: id, ...given })).rejects.toMatchObject({
          code: expect.stringMatching(/^(INVALID_INPUT|CHECKPOINT_NOT_FOUND)$/) as unknown,
        });
    });
  });

  describe('for one run', () => {
    it('what LangGraph, logs and traces are read by is reserved', async () => {
      for (const given of [
        { tags: ['langsmith:hidden'] },
        { tags: ['nostream'] },
        { runMetadata: { thread_id: 'x' } },
        { runMetadata: { langgraph_node: 'x' } },
      ])
        await expect(alice.start({ graphId: 'two', input: {}, ...given })).rejects.toMatchObject({
          code: 'INVALID_INPUT',
          message: expect.stringContaining('reserved') as unknown,
        });
    });

    it('the graph is asked that a function makes for the session', async () => {
      const big = { graphId: 'made', input: {}, configurable: { big: true } };
      const id = await alice.start({ ...big, interruptBefore: ['extra'] });
      const { interrupts } = await alice.settled(id);
      const answers = [{ interruptId: interrupts[0]?.interruptId ?? '', value: 'this' }];
      await alice.resume({ sessionId: id, answers, goto: ['extra'] });
      const { values } = await alice.settled(id);
      expect(new Set((values as { trail: string[] }).trail)).toEqual(new Set(['this', 'extra']));
      const small = { graphId: 'made', input: {}, interruptBefore: ['extra'] };
      await expect(alice.start(small)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    });

    it('values come with the answers to all questions, or not at all', async () => {
      const id = await alice.start({ graphId: 'ask both', input: {} });
      const { interrupts } = await alice.settled(id);
      const answers = interrupts.map(({ interruptId, node }) => ({ interruptId, value: node }));
      const values = { trail: ['told'] };
      const partly = { sessionId: id, answers: answers.slice(1), values };
      await expect(alice.resume(partly)).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        message: expect.stringContaining('all open questions') as unknown,
      });
      await alice.resume({ sessionId: id, answers: answers.slice(1) });
      await alice.settled(id);
      await alice.resume({ sessionId: id, answers: answers.slice(0, 1), values });
      const { trail } = (await alice.settled(id)).values as { trail: string[] };
      expect(trail.toSorted()).toEqual(['a', 'b', 'told']);
    });

    it('stops before or after nodes, and goes on', async () => {
      const id = await alice.start({ graphId: 'two', input: {}, interruptBefore: ['first'] });
      expect(await alice.settled(id)).toMatchObject({ status: 'INTERRUPTED', next: ['first'] });
      await alice.resume({ sessionId: id, interruptAfter: ['*'] });
      expect(await alice.settled(id)).toMatchObject({
        status: 'INTERRUPTED',
        next: ['second'],
        values: { trail: ['first'] },
      });
      await alice.resume({ sessionId: id });
      expect(await alice.settled(id)).toMatchObject({
        status: 'SUCCEEDED',
        values: { trail: ['first', 'second'] },
      });
    });

    it('an answer is taken after edits of the state, and only to what was asked', async () => {
      const id = await alice.start({ graphId: 'ask twice', input: {} });
      const { interrupts } = await alice.settled(id);
      const [interruptId = ''] = interrupts.map((each) => each.interruptId);
      const answers = [{ interruptId, value: 'first' }];
      await alice.edit({ sessionId: id, values: { trail: ['edited'] }, asNode: '__start__' });
      await alice.edit({ sessionId: id, values: { trail: ['again'] }, asNode: '__start__' });
      const unknown = [{ interruptId: 'f'.repeat(32), value: 1 }];
      await expect(alice.resume({ sessionId: id, answers: unknown })).rejects.toMatchObject({
        code: 'INTERRUPT_MISMATCH',
      });
      await alice.resume({ sessionId: id, answers });
      const second = await alice.settled(id);
      expect(second).toMatchObject({ status: 'INTERRUPTED', interrupts: [{ value: 'second?' }] });
      await alice.resume({
        sessionId: id,
        answers: [{ interruptId: second.interrupts[0]?.interruptId ?? '', value: 'second' }],
      });
      const { values } = await alice.settled(id);
      expect(values).toEqual({ trail: ['edited', 'again', 'first', 'second'] });
    });

    it('values and nodes come with an answer, in one step', async () => {
      const id = await alice.start({ graphId: 'ask', input: {} });
      const { interrupts } = await alice.settled(id);
      const answers = [{ interruptId: interrupts[0]?.interruptId ?? '', value: 'this' }];
      const resume = { sessionId: id, onBusy: 'REJECT' as const };
      const wrong: readonly [ResumeSessionInput, string][] = [
        [{ ...resume, values: { trail: ['x'] } }, '`values`'],
        [{ ...resume, answers, values: { nothing: 1 } }, 'no key "nothing"'],
        [{ ...resume, answers, values: { trail: 5 } }, '`values`'],
        [{ ...resume, answers, goto: ['nowhere'] }, 'no node "nowhere"'],
        [{ ...resume, answers, goto: ['*'] }, 'no node "*"'],
        [{ ...resume, answers, goto: ['__start__'] }, 'no node "__start__"'],
        [{ ...resume, answers, interruptBefore: ['nowhere'] }, 'no node "nowhere"'],
      ];
      for (const [input, words] of wrong) {
        await expect(execute(program.url, Resume, { input })).rejects.toMatchObject({
          code: 'INVALID_INPUT',
          message: expect.stringContaining(words) as unknown,
        });
      }
      await alice.resume({ sessionId: id, answers, values: { trail: ['told'] }, goto: ['aside'] });
      const { values, status } = await alice.settled(id);
      expect(status).toBe('SUCCEEDED');
      const { trail } = values as { trail: string[] };
      expect(trail[0]).toBe('told');
      expect(trail.slice(1).toSorted()).toEqual(['aside', 'this']);
    });
  });
});

it.each(['sqlite', 'staging', 'production'] as const)(
  'ENV=%s: who takes a run over finds in the store what the dead worker put there',
  async (ENV) => {
    await using environment = await openEnvironment(ENV);
    const settings = { ...environment.settings, LANGGRAPH_JSON };
    await using first = await startProgram(settings);
    await using second = await startProgram(settings);
    const id = await new User(first.url).start({ graphId: 'remembers over a death', input: {} });
    const variables = { prefix: ['users', 'alice', id] };
    const stored = async () =>
      (await execute(first.url, StoreItems, variables, as('alice'))).storeItems.nodes;
    await expect.poll(stored).toHaveLength(1);
    const [item] = await stored();
    const { pid } = (item?.value ?? {}) as { pid?: number };
    const [dead, living] = first.process.pid === pid ? [first, second] : [second, first];
    await dead.end('SIGKILL');
    const { values, latestRun } = await new User(living.url).settled(id, 60);
    expect(latestRun).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
    expect(values).toEqual({ said: [{ key: '1', pid }], trail: [] });
    expect(living.process.pid).not.toBe(pid);
  },
);

it.each(['sqlite', 'production'] as const)(
  'ENV=%s: values and nodes that came with an answer count once, though the process dies',
  async (ENV) => {
    await using environment = await openEnvironment(ENV);
    const settings = { ...environment.settings, LANGGRAPH_JSON };
    const first = await startProgram(settings);
    const alice = new User(first.url);
    const id = await alice.start({ graphId: 'ask', input: {} });
    const { interrupts } = await alice.settled(id);
    const answers = [{ interruptId: interrupts[0]?.interruptId ?? '', value: 'slow' }];
    await alice.resume({ sessionId: id, answers, values: { trail: ['told'] }, goto: ['aside'] });
    await expect.poll(async () => (await alice.look(id)).status).toBe('RUNNING');
    await first.end('SIGKILL');
    await using second = await startProgram(settings);
    const { values, latestRun } = await new User(second.url).settled(id);
    expect(latestRun).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
    const { trail } = values as { trail: string[] };
    expect(trail.toSorted()).toEqual(['aside', 'slow', 'told']);
  },
);

it.each([{ interruptBefore: ['danger'] }, { interruptAfter: ['plan'] }])(
  'a run that dies where it was to stop (%o) stops there once it is taken over',
  async (breakpoints) => {
    await using environment = await openEnvironment('sqlite');
    const settings = { ...environment.settings, LANGGRAPH_JSON };
    const DIES_AFTER_STEP = environment.settings['SQLITE_PATH'];
    const first = await startProgram({ ...settings, DIES_AFTER_STEP });
    const died = once(first.process, 'exit');
    const id = await new User(first.url).start({ graphId: 'dies', input: {}, ...breakpoints });
    await died;
    await using second = await startProgram(settings);
    const alice = new User(second.url);
    expect(await alice.settled(id)).toMatchObject({
      status: 'INTERRUPTED',
      next: ['danger'],
      values: { trail: ['plan'] },
    });
    await alice.resume({ sessionId: id });
    expect((await alice.settled(id)).values).toEqual({ trail: ['plan', 'danger'] });
  },
);

it.each([
  ['GRAPH_HEADERS', { GRAPH_HEADERS: 'x-tenant,x-flag-*' }, {}],
  [
    '`http.configurable_headers`',
    {},
    { configurable_headers: { includes: ['x-*'], excludes: ['x-other', 'x-request-id'] } },
  ],
])('headers that %s names reach the graph of a run', async (_name, given, http) => {
  using folder = temporaryFolder();
  const graphs = { told: `${GRAPHS}:told` };
  const settings = { ...fileOf(folder.path, { graphs, http }), ...given };
  await using program = await startProgram({ ...settings, JWT_SECRET });
  const sent = { 'x-tenant': 'äcme', 'X-Flag-A': '1', 'x-other': 'no', 'x-api-key': 'a secret' };
  const headers = { ...as('alice'), ...sent, 'x-tenant': Buffer.from('äcme').toString('latin1') };
  const alice = new User(program.url, headers);
  const toldTo = async (id: string) => {
    const { values } = await alice.settled(id);
    return (values as { said: { configurable: Record<string, unknown> } }).said.configurable;
  };
  const id = await alice.start({ graphId: 'told', input: {}, configurable: { own: 1 } });
  const told = await toldTo(id);
  expect(told).toMatchObject({ 'x-tenant': 'äcme', 'x-flag-a': '1', own: 1 });
  for (const name of ['x-other', 'x-api-key', 'authorization', 'content-type', 'host'])
    expect(told).not.toHaveProperty(name);
  expect(told['user']).not.toHaveProperty('headers');
  // They are of the run that came with them.
  await new User(program.url).resume({ sessionId: id, input: {} });
  expect(await toldTo(id)).not.toHaveProperty('x-tenant');

  using socket = await RawSocket.open(program.url);
  socket.send({ type: 'connection_init', payload: { ...as('alice'), 'X-Tenant': 'äcme' } });
  await socket.next('connection_ack');
  const text = 'mutation($i: StartSessionInput!) { startSession(input: $i) { session { id } } }';
  socket.subscribe('1', text, { i: { graphId: 'told', input: {} } });
  const { payload } = await socket.next('next', '1');
  const { data } = payload as { data: { startSession: { session: { id: string } } } };
  expect(await toldTo(data.startSession.session.id)).toMatchObject({ 'x-tenant': 'äcme' });
});

describe('langgraph.json', () => {
  it('is never ignored in silence', async () => {
    const settings = { ENV: 'development', LANGGRAPH_JSON, LOG_LEVEL: 'warn' };
    await using program = await startProgram(settings);
    const words = program.output();
    for (const told of [
      '`grahps` is not known, and has no effect. Is it `graphs`?',
      '`ui` has no effect',
      '`store.ttl.sweep_interval_minutes` has no effect',
      '`http.app` has no effect',
      '`checkpointer.ttl.strategy` has no effect',
      '`node_version` is 20',
      '`dependencies` concern',
      'variables that are not set: NOT_THERE.',
    ])
      expect(words).toContain(told);
    const alice = new User(program.url);
    const { expiresAt } = await alice.settled(await alice.start({ graphId: 'two', input: {} }));
    const minutes = (Date.parse(expiresAt ?? '') - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(85);
    expect(minutes).toBeLessThan(91);
  });

  it('with a graph that does not load serves the others where STRICT_GRAPHS=false', async () => {
    using folder = temporaryFolder();
    const settings = fileOf(folder.path, { graphs: { good: GOOD, bad: './nowhere.ts:graph' } });
    expect((await runProgram(settings)).output).toContain('Graph "bad"');
    await using program = await startProgram({ ...settings, STRICT_GRAPHS: 'false' });
    expect(program.output()).toMatch(/Graph \\"bad\\".*there is no such file/);
    const alice = new User(program.url);
    const id = await alice.start({ graphId: 'good', input: {} });
    expect(await alice.settled(id)).toMatchObject({ status: 'SUCCEEDED' });
    await expect(alice.start({ graphId: 'bad', input: {} })).rejects.toMatchObject({
      code: 'GRAPH_NOT_FOUND',
      message: expect.stringContaining('"bad" could not be loaded') as unknown,
    });
  });

  it('beside a tsconfig.json that extends what is not installed still starts', async () => {
    using folder = temporaryFolder();
    const write = (name: string, text: string) => writeFileSync(join(folder.path, name), text);
    write('tsconfig.json', '{ "extends": "@tsconfig/recommended" }');
    write('graph.ts', `export { two as graph } from ${JSON.stringify(GRAPHS)};`);
    const settings = fileOf(folder.path, { graphs: { good: './graph.ts:graph' } });
    await using program = await startProgram(settings);
    expect(program.output()).toContain('tsconfig.json is left out');
    const alice = new User(program.url);
    const id = await alice.start({ input: {} });
    expect(await alice.settled(id)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it.each([
    ['no JSON', 'LANGGRAPH_CONFIG'],
    ['{"nowhere":{}}', 'LANGGRAPH_CONFIG names "nowhere"; the graphs are graph.'],
    ['{"graph":{"contxt":{}}}', 'contxt'],
  ])('LANGGRAPH_CONFIG=%s is refused', async (LANGGRAPH_CONFIG, words) => {
    const { code, output } = await startOf({}, { LANGGRAPH_CONFIG });
    expect(code).toBe(1);
    expect(output).toContain(words);
  });

  async function startOf(parts: object, settings: Settings = {}) {
    using folder = temporaryFolder();
    const file = fileOf(folder.path, { graphs: { graph: GOOD }, ...parts });
    return await runProgram({ ...file, ...settings });
  }
});

function fileOf(folder: string, content: object): Settings {
  const file = join(folder, 'langgraph.json');
  writeFileSync(file, JSON.stringify(content));
  return { ENV: 'development', LANGGRAPH_JSON: file };
}
