// The public contract on the real program, over HTTP, WebSocket and server-sent events, on each embedded backend.
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunStatus } from '../../gql/graphql.ts';
import { as } from '../support/caller.ts';
import { Refused, execute, post, refusal, present } from '../support/client.ts';
import {
  Cancel,
  CancelRun,
  Delete,
  Edit,
  Extend,
  Fork,
  Graphs,
  History,
  Runs,
  Sessions,
  Start,
  Update,
} from '../support/operations.ts';
import { type Environment, ENVIRONMENTS, openEnvironment } from '../support/environments.ts';
import { type Program, startProgram } from '../support/program.ts';
import { type Event, User, durableSequences, upTo } from '../support/user.ts';

interface Drawing {
  readonly nodes: readonly { readonly key: string; readonly name: string }[];
  readonly edges: readonly { readonly source: string; readonly target: string }[];
}

const NOWHERE = '00000000-0000-4000-8000-000000000000';

describe.each(ENVIRONMENTS)('ENV=%s', (ENV) => {
  let environment: Environment;
  let program: Program;
  let alice: User;
  let bob: User;

  beforeAll(async () => {
    environment = await openEnvironment(ENV);
    program = await startProgram(environment.settings);
    alice = new User(program.url);
    bob = new User(program.url, as('bob'));
  });

  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await environment[Symbol.asyncDispose]();
  });

  describe('running', () => {
    it('accepts at once, runs in the background and ends with the state', async () => {
      const { startSession } = await execute(program.url, Start, {
        input: { graphId: 'steps', task: 'go', metadata: { team: 'a' } },
      });
      expect(startSession).toMatchObject({
        session: { status: 'QUEUED' },
        run: { kind: 'START', status: 'QUEUED', attempt: 0 },
      });
      const state = await new User(program.url).settled(startSession.session.id);
      expect(state).toMatchObject({
        status: 'SUCCEEDED',
        task: 'go',
        metadata: { team: 'a' },
        next: [],
        values: { task: 'go', trail: ['one', 'two', 'three', 'four', 'five', 'six'] },
        latestRun: { status: 'SUCCEEDED', attempt: 1, error: null },
      });
    });

    it('lists checkpoints newest first, by pages, with what each step changed', async () => {
      const id = await alice.start({ graphId: 'steps', task: 'go' });
      await alice.settled(id);
      const first = await execute(program.url, History, { id, first: 5 }, alice.headers);
      const after = present(first.checkpoints).pageInfo.endCursor ?? '';
      const rest = await execute(program.url, History, { id, first: 5, after }, alice.headers);
      const all = [...present(first.checkpoints).nodes, ...present(rest.checkpoints).nodes];
      expect(all.map(({ step }) => step)).toEqual([6, 5, 4, 3, 2, 1, 0, -1]);
      expect(present(first.checkpoints).pageInfo).toMatchObject({
        hasNextPage: true,
        hasPreviousPage: false,
      });
      expect(present(rest.checkpoints).pageInfo).toMatchObject({
        hasNextPage: false,
        hasPreviousPage: true,
      });
      expect(all[1]).toMatchObject({ source: 'LOOP', next: ['six'], changedKeys: ['trail'] });
      expect(all.slice(0, -1).map(({ parentCheckpointId }) => parentCheckpointId)).toEqual(
        all.slice(1).map(({ checkpointId }) => checkpointId),
      );
      const other = await alice.start({ graphId: 'steps', task: 'other' });
      const foreign = execute(program.url, History, { id: other, first: 5, after }, alice.headers);
      expect(await refusal(foreign)).toBe('INVALID_INPUT');
    });

    it('gives what it can of a request of which one part fails', async () => {
      const gone = '00000000-0000-4000-8000-000000000000';
      const answer = await post(
        program.url,
        {
          query: `{ graphs { id } checkpoints(sessionId: "${gone}") { nodes { id } } runs(sessionId: "${gone}") { nodes { id } } }`,
        },
        alice.headers,
      );
      expect(answer.data).toMatchObject({
        graphs: expect.any(Array) as unknown,
        checkpoints: null,
        runs: null,
      });
      expect(answer.errors?.map(({ extensions }) => extensions.code)).toEqual([
        'SESSION_NOT_FOUND',
        'SESSION_NOT_FOUND',
      ]);
    });

    it('tells a failure by code, name and message, without its stack, and goes on after it', async () => {
      const id = await alice.start({ graphId: 'faulty', input: { fail: true } });
      expect(await alice.settled(id)).toMatchObject({
        status: 'FAILED',
        next: ['shaky'],
        latestRun: {
          error: { code: 'GRAPH_ERROR', message: 'RangeError: too shaky', node: 'shaky' },
        },
      });
      await execute(
        program.url,
        Edit,
        { input: { sessionId: id, values: { fail: false }, asNode: '__start__' } },
        alice.headers,
      );
      await alice.resume({ sessionId: id });
      expect(await alice.settled(id)).toMatchObject({
        status: 'SUCCEEDED',
        values: { trail: ['steady'] },
      });
    });

    it('another thread under the session fails the run and says so', async () => {
      const state = await alice.settled(await alice.start({ graphId: 'otherThread', task: 'x' }));
      expect(state).toMatchObject({
        status: 'FAILED',
        latestRun: {
          attempt: 1,
          error: { message: expect.stringContaining('cannot write thread other.') },
        },
      });
    });

    it('a state that holds what looks like an object of LangChain’s keeps it as it is', async () => {
      const id = await alice.start({ graphId: 'forged', task: 'x' });
      const task = { lc: 1, type: 'constructor', id: ['nothing', 'Known'], kwargs: { a: 1 } };
      expect(await alice.settled(id)).toMatchObject({ status: 'SUCCEEDED', values: { task } });
      await alice.resume({ sessionId: id, input: { trail: ['again'] } });
      expect(await alice.settled(id)).toMatchObject({ status: 'SUCCEEDED', values: { task } });
    });

    it('goes on with a message after a failure', async () => {
      const id = await alice.start({ graphId: 'faulty', input: { fail: true } });
      await alice.settled(id);
      await alice.resume({ sessionId: id, input: { fail: false } });
      expect(await alice.settled(id)).toMatchObject({ status: 'SUCCEEDED' });
      await alice.resume({ sessionId: id, message: 'and now?' });
      const { values } = await alice.settled(id);
      expect(values).toMatchObject({ messages: [{ type: 'human', content: 'and now?' }] });
    });

    it('stops at the recursion limit, the default and a given one', async () => {
      const id = await alice.start({ graphId: 'endless', task: 'go', recursionLimit: 7 });
      expect(await alice.settled(id)).toMatchObject({
        status: 'FAILED',
        checkpoint: { step: 7 },
        latestRun: { error: { code: 'RECURSION_LIMIT' } },
      });
    });

    it('passes configurable to a graph that is made from it', async () => {
      const id = await alice.start({
        graphId: 'configured',
        task: 'go',
        configurable: { greeting: 'salve' },
      });
      expect(await alice.settled(id)).toMatchObject({ values: { trail: ['salve'] } });
      await alice.resume({ sessionId: id, message: 'again', configurable: { greeting: 'ave' } });
      expect(await alice.settled(id)).toMatchObject({ values: { trail: ['salve', 'ave'] } });
    });

    it('stops at a breakpoint and goes on without an answer', async () => {
      const id = await alice.start({ graphId: 'paused', task: 'go' });
      expect(await alice.settled(id)).toMatchObject({
        status: 'INTERRUPTED',
        interrupts: [],
        next: ['after'],
      });
      await alice.resume({ sessionId: id });
      expect(await alice.settled(id)).toMatchObject({ status: 'SUCCEEDED' });
    });

    it('shows graphs with their nodes, drawing and schemas', async () => {
      const { graphs } = await execute(program.url, Graphs, {});
      expect(graphs.find(({ id }) => id === 'ask')).toMatchObject({
        description: 'Asks two questions at once',
        nodes: ['left', 'right', 'end'],
        mermaid: expect.stringContaining('left'),
      });
      expect(graphs.find(({ id }) => id === 'typed')).toMatchObject({
        stateSchema: { properties: { count: { type: 'integer' } } },
      });
    });

    it('draws a graph as nodes and edges, with its subgraphs closed or opened', async () => {
      const query = `{ graph(id: "nested") {
        closed: drawing { nodes { key name } edges { source target label conditional } }
        opened: drawing(xray: true) { nodes { key name } edges { source target } }
      } }`;
      const { data } = await post(program.url, { query });
      const { graph } = data as { graph: Record<'closed' | 'opened', Drawing> };
      expect(graph.closed.nodes.map(({ key }) => key)).toEqual([
        '__start__',
        'child',
        'after',
        '__end__',
      ]);
      expect(graph.closed.edges).toContainEqual({
        source: 'child',
        target: 'after',
        label: null,
        conditional: false,
      });
      const inner = graph.opened.nodes.filter(({ key }) => key.startsWith('child:'));
      expect(inner.length).toBeGreaterThan(0);
      const known = new Set(graph.opened.nodes.map(({ key }) => key));
      for (const { source, target } of graph.opened.edges)
        expect([known.has(source), known.has(target)]).toEqual([true, true]);
    });
  });

  describe('answers', () => {
    it('takes some answers and asks the rest again, then the rest', async () => {
      const id = await alice.start({ graphId: 'ask', task: 'go' });
      const asked = await alice.settled(id);
      expect(asked).toMatchObject({ status: 'INTERRUPTED', next: ['left', 'right'] });
      const [left, right] = asked.interrupts;
      await alice.resume({
        sessionId: id,
        answers: [{ interruptId: right?.interruptId ?? '', value: 'R' }],
      });
      const half = await alice.settled(id);
      expect(half.interrupts.map(({ node }) => node)).toEqual(['left']);
      expect(half.interrupts[0]?.interruptId).toBe(left?.interruptId);
      await alice.resume({
        sessionId: id,
        answers: [{ interruptId: left?.interruptId ?? '', value: 'L' }],
      });
      expect(await alice.settled(id)).toMatchObject({
        status: 'SUCCEEDED',
        values: { trail: ['left L', 'right R', 'end'] },
      });
    });

    it('asks a second question of the same node', async () => {
      const id = await alice.start({ graphId: 'askTwice', task: 'go' });
      const [first] = (await alice.settled(id)).interrupts;
      await alice.resume({
        sessionId: id,
        answers: [{ interruptId: first?.interruptId ?? '', value: 1 }],
      });
      const asked = await alice.settled(id);
      expect(asked).toMatchObject({ status: 'INTERRUPTED', interrupts: [{ value: 'second?' }] });
      const [second] = asked.interrupts;
      await alice.resume({
        sessionId: id,
        answers: [{ interruptId: second?.interruptId ?? '', value: 2 }],
      });
      expect(await alice.settled(id)).toMatchObject({ values: { trail: ['1', '2'] } });
    });

    it('answers a subgraph', async () => {
      const id = await alice.start({ graphId: 'nested', task: 'go' });
      const { interrupts, namespaces } = await alice.settled(id);
      expect(interrupts).toMatchObject([{ node: 'asks', namespace: namespaces[0] }]);
      const filter = { namespace: namespaces[0] ?? '' };
      const { checkpoints } = await execute(program.url, History, { id, filter }, alice.headers);
      expect(present(checkpoints).nodes[0]).toMatchObject({
        next: ['asks'],
        values: { trail: ['inside'] },
      });
      await alice.resume({
        sessionId: id,
        answers: [{ interruptId: interrupts[0]?.interruptId ?? '', value: 'yes' }],
      });
      expect(await alice.settled(id)).toMatchObject({
        status: 'SUCCEEDED',
        values: { trail: ['inside', 'asks yes', 'after'] },
      });
    });

    it('refuses unknown ids, answers where nothing is asked, and going on past open questions', async () => {
      const id = await alice.start({ graphId: 'ask', task: 'go' });
      const { interrupts } = await alice.settled(id);
      const unknown = { sessionId: id, answers: [{ interruptId: 'f'.repeat(32), value: 1 }] };
      await expect(alice.resume(unknown)).rejects.toMatchObject({
        errors: [
          {
            extensions: {
              code: 'INTERRUPT_MISMATCH',
              pendingInterruptIds: interrupts.map(({ interruptId }) => interruptId),
            },
          },
        ],
      });
      expect(await refusal(alice.resume({ sessionId: id }))).toBe('INTERRUPT_MISMATCH');
      const done = await alice.start({ graphId: 'steps', task: 'go' });
      await alice.settled(done);
      expect(await refusal(alice.resume({ ...unknown, sessionId: done }))).toBe(
        'INTERRUPT_MISMATCH',
      );
      expect(await refusal(alice.resume({ sessionId: done }))).toBe('INVALID_INPUT');
    });

    it('drops open questions for a message, and by a cancel', async () => {
      const id = await alice.start({ graphId: 'ask', task: 'go' });
      const [question] = (await alice.settled(id)).interrupts;
      await alice.resume({ sessionId: id, message: 'something else' });
      const asked = await alice.settled(id);
      expect(asked).toMatchObject({ status: 'INTERRUPTED', values: { task: 'something else' } });
      expect(asked.interrupts.map(({ interruptId }) => interruptId)).not.toContain(
        question?.interruptId,
      );

      const { cancelSession } = await execute(program.url, Cancel, { id }, alice.headers);
      expect(cancelSession).toMatchObject({
        session: { status: 'CANCELLED', interrupts: [] },
        run: { status: 'CANCELLED' },
      });
      const stale = {
        sessionId: id,
        answers: [{ interruptId: asked.interrupts[0]?.interruptId ?? '' }],
      };
      expect(await refusal(alice.resume(stale))).toBe('INTERRUPT_MISMATCH');
      await alice.resume({ sessionId: id });
      expect((await alice.settled(id)).interrupts).toHaveLength(2);
    });
  });

  describe('while busy', () => {
    it('REJECT refuses', async () => {
      const id = await alice.start({ graphId: 'slow', task: 'go', recursionLimit: 600 });
      expect(await refusal(alice.resume({ sessionId: id, message: 'x' }))).toBe('SESSION_BUSY');
      const answer = { sessionId: id, answers: [{ interruptId: 'a' }] };
      expect(await refusal(alice.resume(answer))).toBe('INTERRUPT_MISMATCH');
      const edit = { input: { sessionId: id, values: { task: 'x' } } };
      expect(await refusal(execute(program.url, Edit, edit, alice.headers))).toBe('SESSION_BUSY');
      await execute(program.url, Cancel, { id }, alice.headers);
    });

    it('ENQUEUE runs after what is there, in order', async () => {
      const id = await alice.start({ graphId: 'steps', input: { task: 'a', delayMs: 300 } });
      for (const task of ['b', 'c']) {
        const input = { task, delayMs: 0 };
        const { run } = await alice.resume({ sessionId: id, input, onBusy: 'ENQUEUE' });
        expect(run.status).toBe('QUEUED');
      }
      const stale = {
        sessionId: id,
        message: 'x',
        onBusy: 'ENQUEUE',
        expectedCheckpointId: NOWHERE,
      } as const;
      expect(await refusal(alice.resume(stale))).toBe('INVALID_INPUT');
      const { values } = await alice.settled(id);
      expect(values).toMatchObject({ task: 'c', trail: { length: 18 } });
      const { session } = await execute(program.url, Runs, { id, first: 2 }, alice.headers);
      expect(session?.runs.nodes.map(({ input }) => input)).toMatchObject([
        { task: 'c' },
        { task: 'b' },
      ]);
      expect(session?.runs.pageInfo.hasNextPage).toBe(true);
    });

    it('INTERRUPT cancels, keeps the checkpoints and goes on from them', async () => {
      const id = await alice.start({ graphId: 'steps', input: { task: 'a', delayMs: 1000 } });
      await reaches(alice, id, 1);
      await alice.resume({ sessionId: id, input: { task: 'b', delayMs: 0 }, onBusy: 'INTERRUPT' });
      const { values, status } = await alice.settled(id);
      expect(status).toBe('SUCCEEDED');
      const { trail } = values as { trail: string[] };
      expect(trail.length).toBeGreaterThan(6);
      expect(trail.slice(-6)).toEqual(['one', 'two', 'three', 'four', 'five', 'six']);
      const { session } = await execute(program.url, Runs, { id }, alice.headers);
      expect(session?.runs.nodes.map(({ status: each }) => each)).toEqual([
        'SUCCEEDED',
        'CANCELLED',
      ]);
    });

    it('ROLLBACK goes on from the state before the run', async () => {
      const id = await alice.start({ graphId: 'steps', input: { task: 'a' } });
      const before = await alice.settled(id);
      await alice.resume({ sessionId: id, input: { task: 'b', delayMs: 1000 } });
      await reaches(alice, id, 9);
      await alice.resume({ sessionId: id, input: { task: 'c', delayMs: 0 }, onBusy: 'ROLLBACK' });
      const { values } = await alice.settled(id);
      expect(values).toMatchObject({ task: 'c', trail: { length: 12 } });
      const events = await alice.events(id, { after: before.cursor });
      const back = events.find(
        ({ type, ...event }) =>
          type === 'CheckpointSaved' &&
          'checkpointId' in event &&
          event.checkpointId === before.checkpoint?.checkpointId,
      );
      expect(back).toBeDefined();
      expect(durableSequences(events)).toEqual(durableSequences(events).toSorted((a, b) => a - b));
    });

    it('ROLLBACK of a first run goes back to nothing', async () => {
      const id = await alice.start({ graphId: 'slow', task: 'go', recursionLimit: 600 });
      await reaches(alice, id, 3);
      await alice.resume({
        sessionId: id,
        input: { trail: Array(199).fill('x') },
        onBusy: 'ROLLBACK',
      });
      const { values, status } = await alice.settled(id);
      expect(status).toBe('SUCCEEDED');
      expect((values as { task?: string }).task).toBeUndefined();
    });

    it('ROLLBACK of answers goes back to the questions as they were asked', async () => {
      const id = await alice.start({ graphId: 'nested', task: 'go' });
      const asked = await alice.settled(id);
      const [question] = asked.interrupts;
      const answers = [{ interruptId: question?.interruptId ?? '', value: 'first' }];
      await alice.resume({ sessionId: id, answers });
      // Whether the answers' run is still busy or not, the fork of the asking checkpoint asks again.
      await alice.settled(id);
      const checkpointId = asked.checkpoint?.checkpointId ?? '';
      const { forkSession } = await execute(
        program.url,
        Fork,
        { input: { sessionId: id, checkpointId } },
        alice.headers,
      );
      expect(forkSession.session).toMatchObject({
        status: 'INTERRUPTED',
        interrupts: [{ interruptId: question?.interruptId, value: 'inner?' }],
      });
      const fork = forkSession.session.id;
      await alice.resume({
        sessionId: fork,
        answers: [{ ...answers[0], value: 'second' }] as typeof answers,
      });
      expect(await alice.settled(fork)).toMatchObject({
        values: { trail: ['inside', 'asks second', 'after'] },
      });
      expect(await alice.look(id)).toMatchObject({
        values: { trail: ['inside', 'asks first', 'after'] },
      });
    });

    it('cancelSession stops at once, and no later write lands', async () => {
      const id = await alice.start({ graphId: 'slow', task: 'go', recursionLimit: 600 });
      await reaches(alice, id, 2);
      const { cancelSession } = await execute(program.url, Cancel, { id }, alice.headers);
      expect(cancelSession).toMatchObject({
        session: { status: 'CANCELLED' },
        run: { status: 'CANCELLED' },
      });
      const { cursor } = await alice.look(id);
      await new Promise((resolve) => {
        setTimeout(resolve, 150);
      });
      expect((await alice.look(id)).cursor).toBe(cursor);
      await alice.resume({ sessionId: id });
      expect((await alice.look(id)).status).toMatch(/QUEUED|RUNNING/);
      await execute(program.url, Cancel, { id }, alice.headers);
    });

    it('cancelRun stops one run, and those behind it go on', async () => {
      const id = await alice.start({ graphId: 'slow', task: 'go', recursionLimit: 600 });
      await reaches(alice, id, 2);
      const enqueue = (trail: string[]) =>
        alice.resume({ sessionId: id, input: { trail }, recursionLimit: 600, onBusy: 'ENQUEUE' });
      const second = await enqueue(['never']);
      const third = await enqueue(Array(199).fill('x') as string[]);
      const first = (await alice.look(id)).latestRun;
      expect(first?.id).toBe(third.run.id);
      const cancel = (runId: string) =>
        execute(program.url, CancelRun, { id: runId }, alice.headers);
      const { cancelRun: queued } = await cancel(second.run.id);
      expect(queued).toMatchObject({
        session: { status: 'RUNNING' },
        run: { status: 'CANCELLED' },
      });
      const statuses = async (status?: RunStatus[]) => {
        const { session } = await execute(program.url, Runs, { id, status }, alice.headers);
        return session?.runs.nodes.map((run) => run.status);
      };
      expect(await statuses()).toEqual(['QUEUED', 'CANCELLED', 'RUNNING']);
      expect(await statuses(['RUNNING', 'QUEUED'])).toEqual(['QUEUED', 'RUNNING']);
      const running = (await execute(program.url, Runs, { id }, alice.headers)).session?.runs.nodes;
      const runningId = running?.at(-1)?.id ?? '';
      await expect(
        execute(program.url, CancelRun, { id: runningId }, bob.headers),
      ).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
      await cancel(runningId);
      const { status, values } = await alice.settled(id);
      expect(status).toBe('SUCCEEDED');
      expect((values as { trail: string[] }).trail).not.toContain('never');
      expect(await statuses()).toEqual(['SUCCEEDED', 'CANCELLED', 'CANCELLED']);
      // A settled run stays as it is.
      expect((await cancel(third.run.id)).cancelRun.run.status).toBe('SUCCEEDED');
    });

    it('cancelSession of an idle session changes nothing', async () => {
      const id = await alice.start({ graphId: 'steps', task: 'go' });
      await alice.settled(id);
      const { cancelSession } = await execute(program.url, Cancel, { id }, alice.headers);
      expect(cancelSession).toMatchObject({ session: { status: 'SUCCEEDED' }, run: null });
    });
  });

  describe('going back', () => {
    it('resumes from an earlier checkpoint as a branch', async () => {
      const id = await alice.start({ graphId: 'steps', task: 'go' });
      await alice.settled(id);
      const { checkpoints } = await execute(program.url, History, { id }, alice.headers);
      const third = present(checkpoints).nodes.find(({ step }) => step === 3);
      await alice.resume({ sessionId: id, checkpointId: third?.checkpointId ?? '' });
      const state = await alice.settled(id);
      expect(state).toMatchObject({ status: 'SUCCEEDED', values: { trail: { length: 6 } } });
      const now = await execute(program.url, History, { id, first: 50 }, alice.headers);
      expect(present(now.checkpoints).nodes.length).toBeGreaterThan(
        present(checkpoints).nodes.length,
      );
      expect(present(now.checkpoints).nodes[0]?.checkpointId).toBe(state.checkpoint?.checkpointId);
    });

    it('shows of a checkpoint when it was made, by which run, and some of its values', async () => {
      const begun = Date.now();
      const id = await alice.start({ graphId: 'steps', task: 'go' });
      const { latestRun } = await alice.settled(id);
      await alice.resume({ sessionId: id, message: 'again' });
      const now = await alice.settled(id);
      const history = (filter: object) =>
        execute(program.url, History, { id, first: 50, filter }, alice.headers);
      const { checkpoints } = await history({ runId: latestRun?.id });
      expect(present(checkpoints).nodes.map(({ step }) => step)).toEqual([6, 5, 4, 3, 2, 1, 0, -1]);
      const [last] = present(checkpoints).nodes;
      expect(last).toMatchObject({
        only: { trail: ['one', 'two', 'three', 'four', 'five', 'six'] },
        metadata: { source: 'loop', step: 6 },
      });
      expect(Object.keys(last?.only as object)).toEqual(['trail']);
      const at = present(checkpoints).nodes.map(({ createdAt }) => Date.parse(createdAt));
      expect(at).toEqual(at.toSorted((a, b) => b - a));
      expect(at.every((ms) => ms >= begun && ms <= Date.now())).toBe(true);
      const inputs = await history({ source: 'INPUT' });
      expect(present(inputs.checkpoints).nodes.map(({ runId }) => runId)).toEqual([
        now.latestRun?.id,
        latestRun?.id,
      ]);
      const none = await history({ runId: NOWHERE });
      expect(present(none.checkpoints).nodes).toEqual([]);
    });

    it('forks a session from any checkpoint, and neither touches the other', async () => {
      const id = await alice.start({ graphId: 'steps', task: 'go', metadata: { a: 1 } });
      const parent = await alice.settled(id);
      const { checkpoints } = await execute(program.url, History, { id }, alice.headers);
      const third = present(checkpoints).nodes.find(({ step }) => step === 3);
      const { forkSession } = await execute(
        program.url,
        Fork,
        { input: { sessionId: id, checkpointId: third?.checkpointId ?? '' } },
        alice.headers,
      );
      expect(forkSession.session).toMatchObject({
        status: 'IDLE',
        metadata: { a: 1 },
        next: ['four'],
        values: { trail: ['one', 'two', 'three'] },
        forkedFrom: { sessionId: id, checkpointId: third?.checkpointId, session: { id } },
      });
      const fork = forkSession.session.id;
      expect(await alice.events(fork, { after: emptyCursor(fork) })).toMatchObject([
        { type: 'CheckpointSaved', sequence: 1, source: 'FORK' },
      ]);
      await alice.resume({ sessionId: fork });
      expect(await alice.settled(fork)).toMatchObject({ values: { trail: { length: 6 } } });
      expect(await alice.look(id)).toEqual(parent);
    });

    it('edits the state in a new checkpoint, and compares before it sets', async () => {
      const id = await alice.start({ graphId: 'steps', task: 'go' });
      const { checkpoint } = await alice.settled(id);
      const { updateSessionState } = await execute(
        program.url,
        Edit,
        {
          input: {
            sessionId: id,
            values: { task: 'edited' },
            asNode: 'four',
            expectedCheckpointId: checkpoint?.checkpointId ?? '',
          },
        },
        alice.headers,
      );
      expect(updateSessionState).toMatchObject({
        session: { status: 'IDLE', next: ['five'], values: { task: 'edited' } },
        checkpoint: { source: 'UPDATE', changedKeys: ['task'], step: 7 },
      });
      const again = {
        sessionId: id,
        message: 'x',
        expectedCheckpointId: checkpoint?.checkpointId ?? '',
      };
      expect(await refusal(alice.resume(again))).toBe('STALE_CHECKPOINT');
      await alice.resume({ sessionId: id });
      expect(await alice.settled(id)).toMatchObject({
        values: { trail: ['one', 'two', 'three', 'four', 'five', 'six', 'five', 'six'] },
      });
    });
  });

  describe('a session', () => {
    it('is renamed, tagged, found by its tags, and listed newest first', async () => {
      const dora = new User(program.url, as(`dora-${ENV}`));
      const ids: string[] = [];
      for (const team of ['x', 'y', 'x']) {
        ids.unshift(
          await dora.start({ graphId: 'steps', task: team, metadata: { team, n: 1, on: true } }),
        );
      }
      for (const id of ids) await dora.settled(id);
      const filter = { metadata: { team: 'x', n: 1, on: true }, status: ['SUCCEEDED' as const] };
      const { sessions } = await execute(program.url, Sessions, { filter, first: 1 }, dora.headers);
      expect(sessions.nodes.map(({ id }) => id)).toEqual([ids[0]]);
      const after = sessions.pageInfo.endCursor ?? '';
      const rest = await execute(program.url, Sessions, { filter, after }, dora.headers);
      expect(rest.sessions.nodes.map(({ id }) => id)).toEqual([ids[2]]);
      const none = await execute(
        program.url,
        Sessions,
        { filter: { metadata: { on: 1 } } },
        dora.headers,
      );
      expect(none.sessions.nodes).toEqual([]);

      const [id = ''] = ids;
      const input = { sessionId: id, task: 'renamed', metadata: { team: null, extra: [1] } };
      const { updateSession } = await execute(program.url, Update, { input }, dora.headers);
      expect(updateSession.session).toMatchObject({
        task: 'renamed',
        metadata: { n: 1, on: true, extra: [1] },
      });
      const latest = await execute(program.url, Sessions, { orderBy: 'UPDATED_AT' }, dora.headers);
      expect(latest.sessions.nodes[0]?.id).toBe(id);
    });

    it('expires when it was told to, and its watchers hear of it', async () => {
      const id = await alice.start({ graphId: 'steps', task: 'go', ttlSeconds: 3600 });
      const { expiresAt } = await alice.settled(id);
      expect(Date.parse(expiresAt ?? '')).toBeGreaterThan(Date.now() + 3_500_000);
      const never = await execute(program.url, Extend, { id, ttlSeconds: null }, alice.headers);
      expect(never.extendSession.session.expiresAt).toBeNull();
      const ended = Array.fromAsync(alice.watch(id, { untilSettled: false }));
      await execute(program.url, Extend, { id, ttlSeconds: 1 }, alice.headers);
      await expect(ended).rejects.toThrow('SESSION_NOT_FOUND');
    });

    it('is gone when deleted, also while it runs', async () => {
      const id = await alice.start({ graphId: 'slow', task: 'go', recursionLimit: 600 });
      await reaches(alice, id, 1);
      await execute(program.url, Delete, { id }, alice.headers);
      await expect(alice.look(id)).rejects.toThrow('no such session');
      expect(await refusal(alice.settled(id))).toBe('SESSION_NOT_FOUND');
    });

    it('is visible to its owner alone', async () => {
      const id = await alice.start({ graphId: 'ask', task: 'go' });
      const { checkpoint, latestRun } = await alice.settled(id);
      await expect(bob.look(id)).rejects.toThrow('no such session');
      const codes = await Promise.all([
        refusal(bob.settled(id)),
        refusal(bob.resume({ sessionId: id, message: 'x' })),
        refusal(execute(program.url, Cancel, { id }, bob.headers)),
        refusal(execute(program.url, Delete, { id }, bob.headers)),
        refusal(execute(program.url, Extend, { id }, bob.headers)),
        refusal(execute(program.url, Fork, { input: { sessionId: id } }, bob.headers)),
        refusal(execute(program.url, Edit, { input: { sessionId: id, values: {} } }, bob.headers)),
        refusal(execute(program.url, Update, { input: { sessionId: id, task: 'x' } }, bob.headers)),
        refusal(execute(program.url, History, { id }, bob.headers)),
      ]);
      expect(new Set(codes)).toEqual(new Set(['SESSION_NOT_FOUND']));
      const variables = { id, run: latestRun?.id, checkpoint: checkpoint?.checkpointId };
      const query = `query($id: ID!, $run: ID!, $checkpoint: ID!) {
        session(id: $id) { id } run(id: $run) { id } checkpoint(sessionId: $id, checkpointId: $checkpoint) { id }
      }`;
      const { data } = await post(program.url, { query, variables }, bob.headers);
      expect(data).toEqual({ session: null, run: null, checkpoint: null });
      for (const transport of ['websocket', 'sse'] as const) {
        await expect(bob.events(id, { transport })).rejects.toThrow('SESSION_NOT_FOUND');
      }
    });
  });

  describe('idempotency keys', () => {
    it('50 starts at once with one key make one session', async () => {
      const input = { graphId: 'steps', task: 'go', idempotencyKey: 'fifty' };
      const ids = await Promise.all(Array.from({ length: 50 }, () => alice.start(input)));
      expect(new Set(ids).size).toBe(1);
      expect(await refusal(alice.start({ ...input, task: 'other' }))).toBe('IDEMPOTENCY_CONFLICT');
      expect(await bob.start(input)).not.toBe(ids[0]);
    });

    it('50 resumes and 50 forks at once with one key are one', async () => {
      const id = await alice.start({ graphId: 'steps', task: 'go' });
      await alice.settled(id);
      const resume = { sessionId: id, message: 'again', idempotencyKey: 'fifty' };
      const runs = await Promise.all(Array.from({ length: 50 }, () => alice.resume(resume)));
      expect(new Set(runs.map(({ run }) => run.id)).size).toBe(1);
      await alice.settled(id);
      const input = { sessionId: id, idempotencyKey: 'fifty' };
      const forks = await Promise.all(
        Array.from({ length: 50 }, () => execute(program.url, Fork, { input }, alice.headers)),
      );
      expect(new Set(forks.map(({ forkSession }) => forkSession.session.id)).size).toBe(1);
    });
  });

  describe.each(['websocket', 'sse'] as const)('progress over %s', (transport) => {
    it('tells everything in order, from the snapshot to the end', async () => {
      const id = await alice.start({ graphId: 'fanOut', input: { items: [] } });
      await alice.settled(id);
      const events: Event[] = [];
      // The run begins once somebody watches: nothing that is told only as it happens is missed.
      for await (const event of alice.watch(id, { transport, untilSettled: false })) {
        events.push(event);
        if (event.type === 'SessionSnapshot')
          await alice.resume({ sessionId: id, input: { items: [1, 2, 3], delayMs: 20 } });
        if (event.type === 'RunStatusChanged' && event.status === 'SUCCEEDED') break;
      }
      expect(types(events)).toEqual(
        expect.arrayContaining([
          'NodeStarted',
          'CustomProgress',
          'NodeFinished',
          'CheckpointSaved',
        ]),
      );
      const after = events[0]?.cursor ?? '';
      const all = await alice.events(id, { transport, after });
      expect(durableSequences(events)).toEqual(durableSequences(all));
      const whole = await alice.events(id, { transport, after: emptyCursor(id) });
      expect(durableSequences(whole)).toEqual(upTo(whole.length));
      expect(whole.slice(-all.length)).toEqual(all);
      expect(all).toMatchObject([
        { type: 'RunStatusChanged', status: 'QUEUED', attempt: 0 },
        { type: 'RunStatusChanged', status: 'RUNNING', attempt: 1 },
        { type: 'CheckpointSaved', source: 'INPUT' },
        { type: 'CheckpointSaved', next: ['work', 'work', 'work'] },
        { type: 'NodeFinished', node: 'work' },
        { type: 'NodeFinished', node: 'work' },
        { type: 'NodeFinished', node: 'work' },
        { type: 'CheckpointSaved', next: ['gather'], changedKeys: ['done'] },
        { type: 'NodeFinished', node: 'gather' },
        { type: 'CheckpointSaved', next: [] },
        { type: 'RunStatusChanged', status: 'SUCCEEDED', sessionStatus: 'SUCCEEDED' },
      ]);
    });

    it('tells the steps of subgraphs and the questions, once a run', async () => {
      const id = await alice.start({ graphId: 'nested', task: 'go' });
      await alice.settled(id);
      const all = await alice.events(id, { transport, after: emptyCursor(id) });
      const inside = all.find(
        (event) => event.type === 'NodeFinished' && 'node' in event && event.node === 'inside',
      );
      expect(inside).toMatchObject({ namespace: expect.stringMatching(/^child:/) });
      expect(all.slice(-2)).toMatchObject([
        { type: 'InterruptsRaised', interrupts: [{ value: 'inner?' }] },
        { type: 'RunStatusChanged', status: 'INTERRUPTED' },
      ]);
    });

    it('tells a message as it is written, and all of it so far to who joins in the middle', async () => {
      const gate = join(await mkdtemp(join(tmpdir(), 'session-gateway-')), 'gate');
      const id = await alice.start({ graphId: 'talker', task: gate });
      const whole = 'word '.repeat(20).trim();
      const late: Event[] = [];
      const joinLate = async () => {
        for await (const event of alice.watch(id, { transport })) {
          if (event.type !== 'MessageDelta') continue;
          late.push(event);
          await writeFile(gate, '');
        }
      };
      let joined: Promise<void> | undefined;
      const deltas: Event[] = [];
      for await (const event of alice.watch(id, { transport, after: emptyCursor(id) })) {
        if (event.type !== 'MessageDelta') continue;
        deltas.push(event);
        if (textOf(deltas).length > 40) joined ??= joinLate();
      }
      await joined;
      expect(textOf(deltas)).toBe(whole);
      expect(late[0]).toMatchObject({
        node: 'speak',
        offset: 0,
        text: whole.slice(0, lengthOf(late[0])),
      });
      expect(lengthOf(late[0])).toBeGreaterThan(20);
      expect(textOf(late)).toBe(whole);
      const { values } = await alice.look(id);
      expect(values).toMatchObject({
        messages: [{ type: 'human' }, { type: 'ai', content: whole }],
      });
    });

    it('resumes after any cursor with exactly what came after it', async () => {
      const id = await alice.start({ graphId: 'steps', task: 'go' });
      await alice.settled(id);
      const all = await alice.events(id, { transport, after: emptyCursor(id) });
      for (const [index, { cursor }] of all.entries()) {
        const rest = await alice.events(id, { transport, after: cursor });
        expect(rest).toEqual(all.slice(index + 1));
      }
    });

    it('answers a cursor beyond the newest event with a gap, and refuses broken and foreign ones', async () => {
      const id = await alice.start({ graphId: 'steps', task: 'go' });
      await alice.settled(id);
      const beyond = Buffer.from(`${id}:9999`).toString('base64url');
      const events = await alice.events(id, { transport, after: beyond });
      expect(events).toMatchObject([
        { type: 'ProgressGap', requestedAfter: beyond, cursor: beyond },
        { type: 'SessionSnapshot', session: { status: 'SUCCEEDED' } },
      ]);
      for (const after of ['nonsense', emptyCursor(NOWHERE)]) {
        await expect(alice.events(id, { transport, after })).rejects.toThrow('INVALID_INPUT');
      }
    });
  });

  it('finds whatever has an id by the id alone, and for its owner alone', async () => {
    const id = await alice.start({ graphId: 'nested', task: 'go' });
    const query = `query($id: ID!) { session(id: $id) {
      __typename id namespaces interrupts { __typename id }
      graph { __typename id } latestRun { __typename id }
      root: checkpoints(first: 1) { nodes { __typename id } }
      child: checkpoints(first: 1, filter: { namespace: "NAMESPACE" }) { nodes { __typename id } }
    } }`;
    await alice.settled(id);
    interface Named {
      readonly __typename: string;
      readonly id: string;
    }
    interface Seen extends Named {
      readonly namespaces: string[];
      readonly interrupts: Named[];
      readonly graph: Named;
      readonly latestRun: Named;
      readonly root: { readonly nodes: Named[] };
      readonly child: { readonly nodes: Named[] };
    }
    const look = async (namespace: string) => {
      const text = query.replace('NAMESPACE', namespace);
      const { data } = await post(program.url, { query: text, variables: { id } }, alice.headers);
      return (data as { session: Seen }).session;
    };
    const namespace = (await look('')).namespaces.find((each) => each !== '') ?? '';
    const seen = await look(namespace);
    const named = [
      seen,
      seen.graph,
      seen.latestRun,
      ...seen.interrupts,
      ...seen.root.nodes,
      ...seen.child.nodes,
    ].map(({ __typename, id }) => ({ __typename, id }));
    expect(named.map(({ __typename }) => __typename)).toEqual([
      'Session',
      'Graph',
      'Run',
      'Interrupt',
      'Checkpoint',
      'Checkpoint',
    ]);
    expect(new Set(named.map((one) => one.id)).size).toBe(6);
    const nodesFor = async (user: User, ids: string[]) => {
      const text = `query($ids: [ID!]!) {
        nodes(ids: $ids) { __typename id } sessionsById(ids: $ids) { __typename id }
      }`;
      const answer = await post(program.url, { query: text, variables: { ids } }, user.headers);
      return answer.data as { nodes: (Named | null)[]; sessionsById: (Named | null)[] } | null;
    };
    const ids = [...named.map((one) => one.id), NOWHERE, id, `${id}/${NOWHERE}`, 'nothing', ''];
    const [session] = named;
    expect(await nodesFor(alice, ids)).toEqual({
      nodes: [...named, null, session, null, null, null],
      sessionsById: ids.map((each) => (each === id ? session : null)),
    });
    const forBob = await nodesFor(bob, ids);
    expect(forBob?.nodes).toEqual(ids.map((each) => (each === 'nested' ? named[1] : null)));
    expect(forBob?.sessionsById).toEqual(ids.map(() => null));
    for (const one of named) {
      const text = `query($id: ID!) { node(id: $id) { __typename id } }`;
      const { data } = await post(
        program.url,
        { query: text, variables: { id: one.id } },
        alice.headers,
      );
      expect(data).toEqual({ node: one });
    }
    expect(
      (await nodesFor(
        alice,
        Array.from({ length: 101 }, () => id),
      )) ?? null,
    ).toBeNull();
    const runs = `query($id: ID!) { runs(sessionId: $id, status: [INTERRUPTED]) { nodes { id } } }`;
    const { data } = await post(program.url, { query: runs, variables: { id } }, alice.headers);
    expect(data).toEqual({ runs: { nodes: [{ id: seen.latestRun.id }] } });
    const { errors } = await post(program.url, { query: runs, variables: { id } }, bob.headers);
    expect(errors).toMatchObject([{ extensions: { code: 'SESSION_NOT_FOUND' } }]);
  });

  it('refuses bad input with a code, and stores nothing', async () => {
    const eve = new User(program.url, as(`eve-${ENV}`));
    const deep = Array.from({ length: 200 }).reduce<unknown>((inner) => ({ inner }), 1);
    const starts: [string, Parameters<User['start']>[0]][] = [
      ['GRAPH_NOT_FOUND', { graphId: 'nowhere', task: 'x' }],
      ['INVALID_INPUT', { task: 'x' }],
      ['INVALID_INPUT', { graphId: 'steps' }],
      ['INVALID_INPUT', { graphId: 'steps', task: 'x', input: {} }],
      ['INVALID_INPUT', { graphId: 'typed', input: { count: -1 } }],
      ['INVALID_INPUT', { graphId: 'typed', task: 'x' }],
      ['INVALID_INPUT', { graphId: 'steps', input: 'text' }],
      ['INVALID_INPUT', { graphId: 'steps', input: { a: [{ lc: 1 }] } }],
      ['INVALID_INPUT', { graphId: 'steps', input: { deep } }],
      ['INVALID_INPUT', { graphId: 'steps', input: { big: 'x'.repeat(1 << 20) } }],
      ['INVALID_INPUT', { graphId: 'steps', task: 'x', configurable: { thread_id: 'x' } }],
      ['INVALID_INPUT', { graphId: 'steps', task: 'x', configurable: { checkpoint_ns: 'x' } }],
      ['INVALID_INPUT', { graphId: 'steps', task: 'x', configurable: { thread_id: 'x' } }],
      ['INVALID_INPUT', { graphId: 'steps', task: 'x', configurable: { user: { id: 'root' } } }],
      [
        'INVALID_INPUT',
        { graphId: 'steps', task: 'x', configurable: { langgraph_auth_user_id: 'root' } },
      ],
      ['INVALID_INPUT', { graphId: 'steps', task: 'x', configurable: { __pregel_x: 1 } }],
      ['INVALID_INPUT', { graphId: 'steps', task: 'x', configurable: { __pregel_read: 1 } }],
      ['INVALID_INPUT', { graphId: 'steps', task: 'x', metadata: ['x'] }],
      ['INVALID_INPUT', { graphId: 'steps', task: 'x', recursionLimit: 0 }],
      ['INVALID_INPUT', { graphId: 'steps', task: 'x', recursionLimit: 10_001 }],
      ['INVALID_INPUT', { graphId: 'steps', task: 'x', ttlSeconds: 0 }],
      ['INVALID_INPUT', { graphId: 'steps', task: 'x', idempotencyKey: '' }],
      ['INVALID_INPUT', { graphId: 'steps', task: 'x', idempotencyKey: 'a\0b' }],
      ['INVALID_INPUT', { graphId: 'steps', task: 'a\0b' }],
      ['INVALID_INPUT', { graphId: 'steps', task: 'half a pair: \ud83d' }],
    ];
    for (const [code, input] of starts) {
      expect([input, await refusal(eve.start(input))]).toEqual([input, code]);
    }
    await expect(eve.start({ graphId: 'typed', input: { count: 'x' } })).rejects.toThrow('`count`');
    const lists = [{ first: 0 }, { first: 101 }, { after: 'broken' }];
    for (const page of lists) {
      expect(await refusal(execute(program.url, Sessions, page, eve.headers))).toBe(
        'INVALID_INPUT',
      );
    }
    expect(await refusal(eve.look('not-a-uuid'))).toBe('INVALID_INPUT');
    expect(await refusal(eve.resume({ sessionId: 'x', message: 'x' }))).toBe('INVALID_INPUT');
    const { sessions } = await execute(program.url, Sessions, {}, eve.headers);
    expect(sessions.nodes).toEqual([]);
  });

  it('takes no JSON for an object of LangGraph’s or LangChain’s, whichever way it comes, and names the place', async () => {
    const id = await alice.start({ graphId: 'ask', input: {} });
    const { interrupts } = await alice.settled(id);
    const [{ interruptId } = { interruptId: '' }] = interrupts;
    const forged: [object, string][] = [
      [{ __overwrite__: ['nothing'] }, 'key "__overwrite__"'],
      [{ type: '__overwrite__', value: [] }, 'type "__overwrite__"'],
      [{ value: [], type: '__overwrite__' }, 'type "__overwrite__"'],
      [{ lg_name: 'Overwrite', value: [] }, 'key "lg_name"'],
      [{ lg_name: 'Send', node: 'first', args: {} }, 'key "lg_name"'],
      [{ lg_name: 'Command', goto: 'first' }, 'key "lg_name"'],
      [{ lg_name: 'DeltaSnapshot', value: [] }, 'key "lg_name"'],
      [{ __lg_type: '__pregel_final', save: { a: 1 } }, 'key "__lg_type"'],
      [{ lc: 1, type: 'secret', id: ['PATH'] }, 'key "lc"'],
      [JSON.parse('{"__proto__": {"x": 1}}') as object, 'key "__proto__"'],
    ];
    const told = (work: Promise<unknown>) => work.then(() => 'accepted', String);
    for (const [value, what] of forged) {
      const state = { trail: value, deep: [{ in: value }] };
      const ways = {
        input: [() => alice.start({ graphId: 'steps', input: state }), 'input.trail'],
        'input again': [
          () => alice.resume({ sessionId: id, input: { deep: [value] } }),
          'input.deep[0]',
        ],
        answer: [
          () => alice.resume({ sessionId: id, answers: [{ interruptId, value: { a: value } }] }),
          `answers.${interruptId}.a`,
        ],
        edit: [() => alice.edit({ sessionId: id, values: state }), 'values.trail'],
        metadata: [
          () => alice.start({ graphId: 'steps', task: 'x', metadata: state }),
          'metadata.trail',
        ],
        configurable: [
          () => alice.start({ graphId: 'steps', task: 'x', configurable: { a: value } }),
          'configurable.a',
        ],
      } as const;
      for (const [way, [work, path]] of Object.entries(ways)) {
        const message = await told(work());
        expect([way, message]).toEqual([way, expect.stringContaining(what)]);
        expect([way, message]).toEqual([way, expect.stringContaining(`\`${path}\``)]);
      }
    }
    expect(await alice.look(id)).toMatchObject({ status: 'INTERRUPTED' });
  });

  it('refuses bad resumes, forks and edits, and stores nothing', async () => {
    const id = await alice.start({ graphId: 'steps', task: 'go' });
    const before = await alice.settled(id);
    const sessionId = id;
    const resumes: [string, Parameters<User['resume']>[0]][] = [
      ['INVALID_INPUT', { sessionId, message: 'x', input: { task: 'x' } }],
      ['INVALID_INPUT', { sessionId, answers: [] }],
      ['INVALID_INPUT', { sessionId, input: { lc: 1 } }],
      ['CHECKPOINT_NOT_FOUND', { sessionId, checkpointId: NOWHERE }],
      ['SESSION_NOT_FOUND', { sessionId: NOWHERE, message: 'x' }],
      ['INVALID_INPUT', { sessionId, message: 'x', configurable: { checkpoint_id: 'x' } }],
    ];
    for (const [code, input] of resumes) {
      expect([input, await refusal(alice.resume(input))]).toEqual([input, code]);
    }
    const edits = [
      ['INVALID_INPUT', { sessionId, values: { nowhere: 1 } }],
      ['INVALID_INPUT', { sessionId, values: { task: 'x' }, asNode: 'nowhere' }],
      ['INVALID_INPUT', { sessionId, values: { task: 'x' }, asNode: '' }],
      ['INVALID_INPUT', { sessionId, values: [] }],
      ['CHECKPOINT_NOT_FOUND', { sessionId, values: { task: 'x' }, checkpointId: NOWHERE }],
      ['STALE_CHECKPOINT', { sessionId, values: { task: 'x' }, expectedCheckpointId: NOWHERE }],
    ] as const;
    for (const [code, input] of edits) {
      expect([input, await refusal(execute(program.url, Edit, { input }, alice.headers))]).toEqual([
        input,
        code,
      ]);
    }
    const other = await alice.settled(await alice.start({ graphId: 'steps', task: 'other' }));
    const elsewhere = other.checkpoint?.checkpointId ?? '';
    const bobs = await bob.start({ graphId: 'steps', task: 'go' });
    const { checkpoint: theirs } = await bob.settled(bobs);
    const forks: [string, { sessionId: string; checkpointId?: string; idempotencyKey?: string }][] =
      [
        ['CHECKPOINT_NOT_FOUND', { sessionId, checkpointId: elsewhere }],
        ['CHECKPOINT_NOT_FOUND', { sessionId, checkpointId: theirs?.checkpointId ?? '' }],
        ['SESSION_NOT_FOUND', { sessionId: bobs }],
        ['IDEMPOTENCY_CONFLICT', { sessionId: other.id, idempotencyKey: `fork of ${id}` }],
      ];
    const keyed = { input: { sessionId, idempotencyKey: `fork of ${id}` } };
    await execute(program.url, Fork, keyed, alice.headers);
    for (const [code, input] of forks)
      expect([input, await refusal(execute(program.url, Fork, { input }, alice.headers))]).toEqual([
        input,
        code,
      ]);
    for (const checkpointId of [elsewhere, theirs?.checkpointId ?? '']) {
      const input = { sessionId, values: { task: 'x' }, checkpointId };
      expect(await refusal(alice.resume({ sessionId, checkpointId }))).toBe('CHECKPOINT_NOT_FOUND');
      expect(await refusal(execute(program.url, Edit, { input }, alice.headers))).toBe(
        'CHECKPOINT_NOT_FOUND',
      );
    }
    const fork = { input: { sessionId, checkpointId: NOWHERE } };
    expect(await refusal(execute(program.url, Fork, fork, alice.headers))).toBe(
      'CHECKPOINT_NOT_FOUND',
    );
    expect(await alice.look(id)).toEqual(before);
  });

  it('refuses an edit that the schema of the state refuses, or that comes while it runs', async () => {
    const id = await alice.start({ graphId: 'typed', input: { count: 2 } });
    const before = await alice.settled(id);
    const edit = (values: object) =>
      execute(program.url, Edit, { input: { sessionId: id, values } }, alice.headers);
    await expect(edit({ count: -1 })).rejects.toThrow(/`count`/);
    expect(await refusal(edit({ count: -1 }))).toBe('INVALID_INPUT');
    expect(await alice.look(id)).toEqual(before);
    expect(await edit({ note: 'edited' })).toMatchObject({
      updateSessionState: { session: { values: { count: 4, note: 'edited' } } },
    });

    const busy = await alice.start({ graphId: 'slow', task: 'go', recursionLimit: 600 });
    const input = { sessionId: busy, values: { task: 'x' } };
    expect(await refusal(execute(program.url, Edit, { input }, alice.headers))).toBe(
      'SESSION_BUSY',
    );
    await execute(program.url, Cancel, { id: busy }, alice.headers);
  });

  it('reads ids in any case, and takes no empty one for a missing one', async () => {
    const id = await alice.start({ graphId: 'steps', task: 'go' });
    const { checkpoint } = await alice.settled(id);
    const upper = {
      sessionId: id.toUpperCase(),
      checkpointId: checkpoint?.checkpointId.toUpperCase(),
    };
    await execute(program.url, Fork, { input: upper }, alice.headers);
    await execute(program.url, Extend, { id: upper.sessionId }, alice.headers);
    const { cancelSession } = await execute(
      program.url,
      Cancel,
      { id: upper.sessionId },
      alice.headers,
    );
    expect(cancelSession.session.id).toBe(id);
    for (const field of ['checkpointId', 'expectedCheckpointId']) {
      const empty = { sessionId: id, [field]: '' };
      expect(await refusal(alice.resume({ ...empty, message: 'x' }))).toBe('INVALID_INPUT');
      const edit = { input: { ...empty, values: { task: 'x' } } };
      expect(await refusal(execute(program.url, Edit, edit, alice.headers))).toBe('INVALID_INPUT');
    }
    const filter = { forkedFromSessionId: '' };
    expect(await refusal(execute(program.url, Sessions, { filter }, alice.headers))).toBe(
      'INVALID_INPUT',
    );
    const deleted = await execute(program.url, Delete, { id: upper.sessionId }, alice.headers);
    expect(deleted.deleteSession.deletedSessionId).toBe(id);
    await expect(alice.look(id)).rejects.toThrow('no such session');
  });

  it('goes on with nothing only where something is next', async () => {
    const id = await alice.start({ graphId: 'steps', task: 'go' });
    const { checkpoint } = await alice.settled(id);
    const finished = checkpoint?.checkpointId ?? '';
    await alice.resume({ sessionId: id, message: 'again' });
    const after = await alice.settled(id);
    expect(await refusal(alice.resume({ sessionId: id, checkpointId: finished }))).toBe(
      'INVALID_INPUT',
    );
    expect(await alice.look(id)).toEqual(after);
    const first = await alice.start({ graphId: 'slow', task: 'go', recursionLimit: 600 });
    await reaches(alice, first, 1);
    expect(await refusal(alice.resume({ sessionId: first, onBusy: 'ROLLBACK' }))).toBe(
      'INVALID_INPUT',
    );
    await execute(program.url, Cancel, { id: first }, alice.headers);
  });

  it('questions end with the run that asked them, though work was enqueued behind it', async () => {
    const id = await alice.start({ graphId: 'ask', task: 'go' });
    await alice.resume({ sessionId: id, input: { task: 'second' }, onBusy: 'ENQUEUE' });
    expect(await alice.settled(id)).toMatchObject({
      status: 'INTERRUPTED',
      values: { task: 'second' },
    });
    const { session } = await execute(program.url, Runs, { id }, alice.headers);
    expect(session?.runs.nodes.map(({ status }) => status)).toEqual(['INTERRUPTED', 'INTERRUPTED']);
  });

  it('keeps null metadata that it is not asked to change, and tells null from nothing under a key', async () => {
    const start = { graphId: 'steps', task: 'go', metadata: { a: null, b: 1 } };
    const id = await alice.start(start);
    const input = { sessionId: id, task: 'renamed' };
    const { updateSession } = await execute(program.url, Update, { input }, alice.headers);
    expect(updateSession.session.metadata).toEqual({ a: null, b: 1 });
    const key = { graphId: 'steps', idempotencyKey: 'null is something' };
    await alice.start({ ...key, input: { task: 'x', effects: null } });
    expect(await refusal(alice.start({ ...key, input: { task: 'x' } }))).toBe(
      'IDEMPOTENCY_CONFLICT',
    );
  });

  it('a fork of a session that is being deleted is whole, or is refused', async () => {
    const id = await alice.start({ graphId: 'steps', task: 'go' });
    await alice.settled(id);
    const forks = Array.from({ length: 20 }, () =>
      execute(program.url, Fork, { input: { sessionId: id } }, alice.headers).catch(
        (error: unknown) => error,
      ),
    );
    await execute(program.url, Delete, { id }, alice.headers);
    for (const fork of await Promise.all(forks)) {
      if (fork instanceof Refused)
        expect(fork.code).toMatch(/SESSION_NOT_FOUND|CHECKPOINT_NOT_FOUND/);
      else
        expect(fork).toMatchObject({
          forkSession: { session: { values: { trail: { length: 6 } } } },
        });
    }
  });

  it('refuses what a page of another site could send, and a Host that is none', async () => {
    const form = await fetch(program.url, {
      method: 'POST',
      headers: as('alice'),
      body: new URLSearchParams({ query: '{ graphs { id } }' }),
    });
    expect(form.status).toBe(415);
    expect(
      (await fetch(program.url, { method: 'OPTIONS' })).headers.get('access-control-allow-origin'),
    ).toBeNull();
    const { hostname, port } = new URL(program.url);
    const socket = connect(Number(port), hostname);
    socket.write('GET /graphql HTTP/1.1\r\nHost: [\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    // Where nobody is asked who they are, other hosts are refused before.
    expect(answer.toString()).toMatch(/^HTTP\/1.1 40[03]/);
  });

  it('gives every GraphQL error a code of the contract', async () => {
    const codeOf = async (body: unknown) => (await post(program.url, body)).errors?.[0]?.extensions;
    expect(await codeOf({ query: '{' })).toMatchObject({
      code: 'GRAPHQL_PARSE_FAILED',
      retryable: false,
    });
    expect(await codeOf({ query: '{ nothing }' })).toMatchObject({
      code: 'GRAPHQL_VALIDATION_FAILED',
    });
    expect(await codeOf({ query: 'query($id: ID!) { session(id: $id) { id } }' })).toMatchObject({
      code: 'GRAPHQL_VALIDATION_FAILED',
    });
    expect(await codeOf({ nothing: 1 })).toMatchObject({ code: 'INVALID_INPUT' });
    const long = { query: '{ graphs { id } }', variables: { x: 'x'.repeat(3 << 20) } };
    expect(await codeOf(long)).toMatchObject({ code: 'INVALID_INPUT' });
  });
});

/** The cursor before the first event. */
function emptyCursor(id: string): string {
  return Buffer.from(`${id}:0`).toString('base64url');
}

function types(events: readonly { type: string }[]): string[] {
  return events.map(({ type }) => type);
}

/** Waits until the session's run has saved its checkpoint of this step. */
async function reaches(user: User, id: string, step: number): Promise<void> {
  for await (const event of user.watch(id, { after: emptyCursor(id), untilSettled: false })) {
    if (event.type === 'CheckpointSaved' && 'step' in event && event.step >= step) return;
  }
}

function lengthOf(event: Event | undefined): number {
  return event !== undefined && 'text' in event ? event.text.length : 0;
}

/** The text that deltas add up to; each says where it goes. */
function textOf(deltas: readonly Event[]): string {
  return deltas.reduce(
    (text, event) => ('text' in event ? text.slice(0, event.offset) + event.text : text),
    '',
  );
}
