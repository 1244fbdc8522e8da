// Projects with a LangGraph of their own, from the oldest that is supported to the newest: the same graph, the same answers.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute } from '../support/client.ts';
import { Schemas, Start } from '../support/operations.ts';
import { type Program, runProgram, startProgram, temporaryFolder } from '../support/program.ts';
import { User } from '../support/user.ts';

const run = promisify(execFile);

const VERSIONS = ['0.4.10', '1.0.0', '1.4.7', '1.5.3', 'newest'];
const TOO_OLD = '0.2.74';
const NEWEST = '^1.7.3';

const GRAPH = `
import { FakeListChatModel } from '@langchain/core/utils/testing';
import {
  Annotation, MessagesZodState, START, Send, StateGraph, entrypoint, interrupt, task,
} from '@langchain/langgraph';
import { registry } from '@langchain/langgraph/zod';
import { z } from 'zod';

const trail = Annotation({ reducer: (a, b) => [...a, ...b], default: () => [] });
const State = Annotation.Root({ trail, said: Annotation() });
const child = new StateGraph(Annotation.Root({ said: Annotation() }))
  .addNode('think', async () => {
    const { content } = await new FakeListChatModel({ responses: ['hm'] }).invoke('?');
    return { said: content };
  })
  .addEdge(START, 'think')
  .compile();
export const graph = new StateGraph(State)
  .addNode('talk', async (_state, config) => {
    const { content } = await new FakeListChatModel({ responses: ['hello'] }).invoke('hi');
    await config.store.put(['said'], 'k', { content });
    const { value } = await config.store.get(['said'], 'k');
    return { trail: [value.content + ' ' + (config.metadata.run_id === config.configurable.run_id)] };
  })
  .addNode('child', child)
  .addNode('each', ({ n }) => ({ trail: ['each ' + n] }))
  .addNode('ask', () => ({ trail: [interrupt('which?')] }))
  .addEdge(START, 'talk')
  .addEdge('talk', 'child')
  .addConditionalEdges('child', () => [1, 2].map((n) => new Send('each', { n })), ['each'])
  .addEdge('each', 'ask')
  .compile();

const tags = () =>
  z.array(z.string()).register(registry, {
    reducer: { schema: z.string(), fn: (a, b) => [...a, b] },
    default: () => [],
  });
const empty = (schema, context) =>
  new StateGraph(schema, context).addNode('n', () => ({})).addEdge(START, 'n').compile();
export const zod = empty(z.object({ tags: tags(), needed: z.string() }), z.object({ user: z.string() }));
export const dated = empty(z.object({ tags: tags(), when: z.date().optional() }));
export const chat = empty(MessagesZodState);

const double = task('double', async (n) => 2 * n);
export const functional = entrypoint('functional', async ({ n }) => {
  const doubled = await double(n);
  return { doubled, ok: interrupt('right?') };
});
`;

describe('a project with LangGraph', () => {
  const folder = temporaryFolder();
  const projectOf = (version: string) => join(folder.path, version);

  beforeAll(async () => {
    const workspaces = [...VERSIONS, TOO_OLD];
    writeFileSync(join(folder.path, 'package.json'), JSON.stringify({ private: true, workspaces }));
    for (const version of workspaces) {
      const project = projectOf(version);
      mkdirSync(project);
      const write = (name: string, text: string) => writeFileSync(join(project, name), text);
      const core = version.startsWith('0.') ? '^0.3.66' : '^1.0.0';
      const langgraph = version === 'newest' ? NEWEST : version;
      const dependencies = {
        '@langchain/langgraph': langgraph,
        '@langchain/core': core,
        zod: '^4.1.0',
      };
      const name = `with-${version.replaceAll('.', '-')}`;
      write('package.json', JSON.stringify({ name, type: 'module', dependencies }));
      const names = ['graph', 'functional', 'zod', 'dated', 'chat'];
      const graphs = Object.fromEntries(names.map((each) => [each, `./graph.js:${each}`]));
      write('langgraph.json', JSON.stringify({ graphs }));
      write('graph.js', GRAPH);
    }
    const options = ['--no-audit', '--no-fund', '--legacy-peer-deps'];
    await run('npm', ['install', ...options], { cwd: folder.path });
  });

  afterAll(() => folder[Symbol.dispose]());

  describe.each(VERSIONS)('%s', (version) => {
    let program: Program;
    let alice: User;

    beforeAll(async () => {
      program = await startProgram({
        ENV: 'development',
        LANGGRAPH_JSON: join(projectOf(version), 'langgraph.json'),
      });
      alice = new User(program.url);
    });

    afterAll(() => program[Symbol.asyncDispose]());

    it('runs, asks, tells what is next, and goes on', async () => {
      const input = { graphId: 'graph', input: {} };
      const { startSession } = await execute(program.url, Start, { input });
      const { id, cursor } = startSession.session;
      const { interrupts, status } = await alice.settled(id);
      expect(status).toBe('INTERRUPTED');
      await alice.resume({
        sessionId: id,
        answers: [{ interruptId: interrupts[0]?.interruptId ?? '', value: 'this' }],
      });
      expect(await alice.settled(id)).toMatchObject({
        status: 'SUCCEEDED',
        values: { trail: ['hello true', 'each 1', 'each 2', 'this'], said: 'hm' },
      });

      const events = await alice.events(id, { after: cursor });
      const next = events.flatMap((event) =>
        event.type === 'CheckpointSaved' && event.namespace === '' ? [event.next] : [],
      );
      expect(next).toEqual([['__start__'], ['talk'], ['child'], ['each', 'each'], ['ask'], []]);
    });

    it('a live message stands in the namespace of its node', async () => {
      const id = await alice.start({ graphId: 'graph', input: {} });
      await alice.settled(id);
      const namespaces = new Map<string, string>();
      for await (const event of alice.watch(id, { untilSettled: false })) {
        if (event.type === 'SessionSnapshot') await alice.resume({ sessionId: id, input: {} });
        if (event.type === 'MessageDelta') namespaces.set(event.node, event.namespace);
        if (event.type === 'RunStatusChanged' && event.status === 'INTERRUPTED') break;
      }
      expect(namespaces.get('talk')).toBe('');
      expect(namespaces.get('think')).toMatch(/^child:[\da-f-]+$/);
    });

    it('its schemas are what it accepts, whatever one member is', async () => {
      const { graphs } = await execute(program.url, Schemas, {});
      const of = Object.fromEntries(graphs.map((each) => [each.id, each]));
      const text = { type: 'string' };
      const texts = { type: 'array', items: text };
      expect(of['zod']).toMatchObject({
        inputSchema: { properties: { tags: text, needed: text } },
        stateSchema: { properties: { tags: texts, needed: text } },
        outputSchema: { properties: { tags: texts, needed: text } },
        contextSchema: { properties: { user: text }, required: ['user'] },
      });
      expect(of['dated']).toMatchObject({
        inputSchema: { properties: { tags: text, when: {} } },
        stateSchema: { properties: { tags: texts, when: {} } },
      });
      expect(of['chat']).toMatchObject({
        stateSchema: { properties: { messages: { langgraph_type: 'messages' } } },
      });
      await alice.start({ graphId: 'dated', input: { tags: 'as the schema says' } });
    });

    it('the functional API', async () => {
      const id = await alice.start({ graphId: 'functional', input: { n: 2 } });
      const asked = await alice.settled(id);
      expect(asked).toMatchObject({ status: 'INTERRUPTED', values: null });
      await alice.resume({
        sessionId: id,
        answers: [{ interruptId: asked.interrupts[0]?.interruptId ?? '', value: true }],
      });
      expect(await alice.settled(id)).toMatchObject({ values: { doubled: 4, ok: true } });
    });
  });

  it('that is too old is refused at the start, with the range', async () => {
    const { code, output } = await runProgram({
      ENV: 'development',
      LANGGRAPH_JSON: join(projectOf(TOO_OLD), 'langgraph.json'),
    });
    expect(code).toBe(1);
    expect(output).toContain(`its @langchain/langgraph is ${TOO_OLD}; 0.4 and newer are supported`);
  });
});
