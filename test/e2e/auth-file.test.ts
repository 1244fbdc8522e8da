// `auth` of langgraph.json: the file says who is calling, and what they may do.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JWT_SECRET, as } from '../support/caller.ts';
import { type Headers, execute, post, refusal } from '../support/client.ts';
import { type Environment, ENVIRONMENTS, openEnvironment } from '../support/environments.ts';
import {
  Cancel,
  Delete,
  DeleteStoreItem,
  Edit,
  Extend,
  Graphs,
  History,
  PutStoreItem,
  Sessions,
  StoreItem,
  StoreItems,
  StoreNamespaces,
  Update,
} from '../support/operations.ts';
import { type Program, runProgram, startProgram, temporaryFolder } from '../support/program.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { User, upTo } from '../support/user.ts';

const FOLDER = join(import.meta.dirname, '../graphs/auth');
const LANGGRAPH_JSON = join(FOLDER, 'langgraph.json');
const NOWHERE = '00000000-0000-4000-8000-000000000000';
const key = (text: string): Headers => ({ 'x-api-key': text });

async function ownerOf(id: string, { url, headers }: User): Promise<unknown> {
  const { data } = await post(url, { query: `{ session(id: "${id}") { ownerId } }` }, headers);
  return (data as { session: { ownerId: string } }).session.ownerId;
}

describe.each(ENVIRONMENTS)('ENV=%s', (ENV) => {
  let environment: Environment;
  let program: Program;

  beforeAll(async () => {
    environment = await openEnvironment(ENV);
    program = await startProgram({
      ...environment.settings,
      JWT_SECRET: '',
      LANGGRAPH_JSON,
      LOG_LEVEL: 'warn',
    });
  });

  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await environment[Symbol.asyncDispose]();
  });

  const user = (text: string) => new User(program.url, key(text));

  it('lists that are live tell of no session that a rule hides, nor that it is gone', async () => {
    const WATCH = 'subscription { sessionsChanged { kind sessionId } }';
    using one = await RawSocket.connect(program.url, key('eve:one:all:write:delete'));
    using two = await RawSocket.connect(program.url, key('eve:two:all:write:delete'));
    for (const socket of [one, two]) {
      socket.subscribe('w', WATCH, {});
      await socket.next('next', 'w');
    }
    const told = ({ messages }: RawSocket) =>
      messages.flatMap(({ payload }) => {
        const change = (
          payload as { data?: { sessionsChanged: { kind: string; sessionId: string | null } } }
        )?.data?.sessionsChanged;
        return change === undefined ? [] : [change];
      });
    const eve = user('eve:one:all:write:delete');
    const id = await eve.start({ graphId: 'told', input: {} });
    await eve.settled(id);
    await expect.poll(() => told(one).some(({ sessionId }) => sessionId === id)).toBe(true);
    await execute(program.url, Delete, { id }, eve.headers);
    await expect.poll(() => told(one).at(-1)).toEqual({ kind: 'DELETED', sessionId: id });
    const other = user('eve:two:all:write:delete');
    const own = await other.start({ graphId: 'told', input: {} });
    await expect.poll(() => told(two).some(({ sessionId }) => sessionId === own)).toBe(true);
    expect(told(two).filter(({ sessionId }) => sessionId === id)).toEqual([]);
  });

  it('its authenticate says who is calling, and the graph is told', async () => {
    const ann = user('ann:acme:read:write');
    const id = await ann.start({ graphId: 'told', input: {} });
    expect(await ownerOf(id, ann)).toBe('ann');
    expect(await ann.settled(id)).toMatchObject({
      metadata: { org: 'acme' },
      values: {
        said: {
          user: {
            identity: 'ann',
            display_name: 'Dr ann',
            org: 'acme',
            permissions: ['read', 'write'],
            is_authenticated: true,
          },
          id: 'ann',
        },
      },
    });
    for (const transport of ['websocket', 'sse'] as const) {
      const events = await ann.events(id, { transport });
      expect(events[0]).toMatchObject({ type: 'SessionSnapshot' });
    }
  });

  it('whom it does not know is refused, over every transport', async () => {
    const refused: [Headers, string, number][] = [
      [{}, 'UNAUTHENTICATED', 4403],
      [as('ann'), 'UNAUTHENTICATED', 4403],
      [key('nobody'), 'UNAUTHENTICATED', 4403],
      [key(':acme'), 'UNAUTHENTICATED', 4403],
      [key('down'), 'BACKEND_UNAVAILABLE', 4503],
      [key('broken'), 'INTERNAL', 4500],
    ];
    for (const [headers, code, closed] of refused) {
      const { errors } = await post(
        program.url,
        { query: '{ sessions { nodes { id } } }' },
        headers,
      );
      expect(errors).toMatchObject([{ extensions: { code } }]);
      expect(JSON.stringify(errors)).not.toContain('secret');
      const stranger = new User(program.url, headers);
      await expect(stranger.events(NOWHERE, { transport: 'sse' })).rejects.toThrow(
        /Server responded with \d+|INTERNAL/,
      );
      using socket = await RawSocket.open(program.url);
      socket.send({ type: 'connection_init', payload: headers });
      expect(await socket.closed).toBe(closed);
    }
  });

  it('its handlers limit what an owner sees and changes', async () => {
    const acme = user('bea:acme:write');
    const other = user('bea:other:write:delete');
    const id = await acme.start({ graphId: 'told', input: {}, metadata: { org: 'forged', n: 1 } });
    const { metadata, checkpoint, latestRun, interrupts } = await acme.settled(id);
    expect(metadata).toEqual({ org: 'acme', n: 1 });

    await expect(other.look(id)).rejects.toThrow('no such session');
    const interruptId = interrupts[0]?.interruptId ?? '';
    const codes = await Promise.all([
      refusal(other.settled(id)),
      refusal(other.resume({ sessionId: id, answers: [{ interruptId, value: 1 }] })),
      refusal(other.fork({ sessionId: id })),
      refusal(other.edit({ sessionId: id, values: {} })),
      refusal(execute(program.url, Cancel, { id }, other.headers)),
      refusal(execute(program.url, Extend, { id }, other.headers)),
      refusal(execute(program.url, Update, { input: { sessionId: id, task: 'x' } }, other.headers)),
      refusal(execute(program.url, History, { id }, other.headers)),
    ]);
    expect(new Set(codes)).toEqual(new Set(['SESSION_NOT_FOUND']));
    const query = `query($id: ID!, $run: ID!, $checkpoint: ID!) {
      run(id: $run) { id } checkpoint(sessionId: $id, checkpointId: $checkpoint) { id }
    }`;
    const variables = { id, run: latestRun?.id, checkpoint: checkpoint?.checkpointId };
    const { data } = await post(program.url, { query, variables }, other.headers);
    expect(data).toEqual({ run: null, checkpoint: null });
    for (const transport of ['websocket', 'sse'] as const)
      await expect(other.events(id, { transport })).rejects.toThrow('SESSION_NOT_FOUND');
    const listed = async ({ headers }: User) =>
      (await execute(program.url, Sessions, {}, headers)).sessions.nodes.map((one) => one.id);
    expect(await listed(other)).toEqual([]);
    expect(await listed(acme)).toEqual([id]);

    // What a rule wrote cannot be taken away.
    const input = { sessionId: id, metadata: { org: null, m: 2 } };
    await execute(program.url, Update, { input }, acme.headers);
    expect((await acme.look(id)).metadata).toEqual({ org: 'acme', n: 1, m: 2 });
    const fork = await acme.fork({ sessionId: id, metadata: { org: 'other' } });
    expect((await acme.look(fork)).metadata).toMatchObject({ org: 'acme' });
    await expect(other.look(fork)).rejects.toThrow('no such session');

    const reader = user('bea:acme');
    expect((await reader.look(id)).id).toBe(id);
    const edit = { input: { sessionId: id, values: {} } };
    await expect(execute(program.url, Edit, edit, reader.headers)).rejects.toMatchObject({
      errors: [{ message: 'Read only.', extensions: { code: 'FORBIDDEN' } }],
    });
    expect(await refusal(execute(program.url, Delete, { id }, acme.headers))).toBe('FORBIDDEN');
    await acme.resume({ sessionId: id, answers: [{ interruptId, value: 'so' }] });
    expect(await acme.settled(id)).toMatchObject({ values: { said: 'so' } });
    await execute(program.url, Delete, { id }, user('bea:acme:delete').headers);
    await expect(acme.look(id)).rejects.toThrow('no such session');
  });

  it('a session stays its owner’s alone, whatever the handlers allow', async () => {
    const id = await user('cleo:acme').start({ graphId: 'told', input: {} });
    await expect(user('dan:acme').look(id)).rejects.toThrow('no such session');
  });

  it('lists by pages, and counts, what the handlers let through', async () => {
    const orgs = ['x', 'y', 'z'];
    for (const n of upTo(12))
      await user(`eli:${orgs[n % 3]}`).start({ graphId: 'told', input: {}, metadata: { n } });
    const pageAfter = async (after: string | null) =>
      (await execute(program.url, Sessions, { first: 3, after }, key('eli:y'))).sessions;
    const pages = [await pageAfter(null)];
    while (pages.at(-1)?.pageInfo.hasNextPage)
      pages.push(await pageAfter(pages.at(-1)?.pageInfo.endCursor ?? null));
    expect(pages.map(({ nodes }) => nodes.length)).toEqual([3, 1]);
    const found = pages.flatMap(({ nodes }) =>
      nodes.map(({ metadata }) => (metadata as { n: number }).n),
    );
    expect(found).toEqual([10, 7, 4, 1]);
    const query = '{ sessions(first: 1) { totalCount } }';
    const { data } = await post(program.url, { query }, key('eli:y'));
    expect(data).toEqual({ sessions: { totalCount: 4 } });
  });

  it('a handler that names the store decides in the place of the user’s own namespace', async () => {
    const ann = key('ann:acme');
    const put = (namespace: string[], headers: Headers) =>
      execute(program.url, PutStoreItem, { input: { namespace, key: 'k', value: {} } }, headers);
    await put(['acme', 'ann'], ann);
    const [own, foreign] = [
      { namespace: ['acme', 'ann'], key: 'k' },
      { namespace: ['users', 'ann'], key: 'k' },
    ];
    const fay = key('fay:acme');
    expect((await execute(program.url, StoreItem, own, fay)).storeItem).toMatchObject(own);
    const { storeItems } = await execute(program.url, StoreItems, { prefix: ['acme'] }, fay);
    expect(storeItems.nodes).toMatchObject([own]);
    const listed = await execute(program.url, StoreNamespaces, { prefix: ['acme'] }, fay);
    expect(listed.storeNamespaces.nodes).toEqual([own.namespace]);
    const codes = await Promise.all([
      refusal(put(['users', 'ann'], ann)),
      refusal(execute(program.url, StoreItem, foreign, ann)),
      refusal(execute(program.url, StoreItem, own, key('ann:other'))),
      refusal(execute(program.url, DeleteStoreItem, { input: own }, key('ann:other'))),
      refusal(execute(program.url, StoreItems, { prefix: [] }, ann)),
      refusal(execute(program.url, StoreNamespaces, {}, ann)),
    ]);
    expect(new Set(codes)).toEqual(new Set(['FORBIDDEN']));
    await execute(program.url, DeleteStoreItem, { input: own }, fay);
  });

  it('graphs are what LangGraph’s handlers call assistants', async () => {
    expect(await refusal(execute(program.url, Graphs, {}, key('ann:acme')))).toBe('FORBIDDEN');
    const { graphs } = await execute(program.url, Graphs, {}, key('ann:acme:all'));
    expect(graphs).toMatchObject([{ id: 'told' }]);
  });
});

describe('handlers that change or answer what they should not', () => {
  let program: Program;
  const folder = temporaryFolder();

  beforeAll(async () => {
    const file = join(folder.path, 'langgraph.json');
    const graphs = { told: join(FOLDER, 'graphs.ts:told') };
    writeFileSync(file, JSON.stringify({ graphs, auth: { path: join(FOLDER, 'auth.ts:odd') } }));
    program = await startProgram({ ENV: 'development', LANGGRAPH_JSON: file, LOG_LEVEL: 'warn' });
  });

  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  const user = (text: string) => new User(program.url, key(text));

  it('what a rule takes out of metadata stays out, and what it writes stays', async () => {
    const ann = user('ann:x');
    const id = await ann.start({
      graphId: 'told',
      input: {},
      metadata: { team: { of: 1 } },
      runMetadata: { members: ['mallory'], by: 'me', other: { x: 1 } },
    });
    const kept = { members: ['ann'], by: 'rule', team: { of: 1 } };
    expect((await ann.settled(id)).metadata).toMatchObject(kept);
    expect((await ann.look(id)).metadata).not.toHaveProperty('other');
    for (const metadata of [{ members: ['mallory'], by: null }, { by: null }]) {
      await execute(program.url, Update, { input: { sessionId: id, metadata } }, ann.headers);
      expect((await ann.look(id)).metadata).toMatchObject(kept);
    }
  });

  it('a retry gets its first answer, though a rule writes something else each time', async () => {
    const ann = user('ann:x');
    const input = { graphId: 'told', input: {}, idempotencyKey: 'once' };
    expect(await ann.start(input)).toBe(await ann.start(input));
    expect(await refusal(ann.start({ ...input, input: { said: 1 } }))).toBe('IDEMPOTENCY_CONFLICT');
  });

  it.each([
    '0',
    '""',
    '"no"',
    '[false]',
    '{"members": {"$in": ["nobody"]}}',
    '{"members": ["ann"]}',
    '{"members": {}}',
    '{"members": {"$eq": {"a": 1}}}',
  ])('a handler that answers %s lets nobody in', async (answer) => {
    const ann = user('ann:x');
    const id = await ann.start({ graphId: 'told', input: {} });
    await ann.settled(id);
    const deleting = execute(program.url, Delete, { id }, key(`ann:${answer}`));
    expect(await refusal(deleting)).toBe('INTERNAL');
    expect((await ann.look(id)).id).toBe(id);
  });

  it('a filter for the store, which has no metadata, lets nobody in', async () => {
    const put = { input: { namespace: ['users', 'ann'], key: 'k', value: {} } };
    expect(await refusal(execute(program.url, PutStoreItem, put, key('ann:x')))).toBe('INTERNAL');
    const all = execute(program.url, StoreItems, { prefix: [] }, key('ann:x'));
    expect(await refusal(all)).toBe('INTERNAL');
    expect(program.output()).toContain('its handler for store:search must return');
  });

  it('who may not see graphs does not see them through a session', async () => {
    const ann = user('ann:x');
    const id = await ann.start({ graphId: 'told', input: {} });
    const query = `{ session(id: "${id}") { graphId graph { id nodes } } }`;
    const { data } = await post(program.url, { query }, ann.headers);
    expect(data).toEqual({ session: { graphId: 'told', graph: null } });
  });

  it('watchers with other keys of one user do not share what is read for them', async () => {
    const high = user('ann:level high');
    const id = await user('ann:x').start({ graphId: 'told', input: {} });
    await user('ann:x').settled(id);
    await execute(
      program.url,
      Update,
      { input: { sessionId: id, metadata: { level: 'level high' } } },
      key('ann:x'),
    );
    const fork = await high.fork({ sessionId: id });
    const query = `subscription { sessionProgress(sessionId: "${fork}") {
      ... on SessionSnapshot { session { forkedFrom { session { id } } } } } }`;
    const parentSeenBy = async (text: string) => {
      using socket = await RawSocket.open(program.url);
      socket.send({ type: 'connection_init', payload: key(text) });
      await socket.next('connection_ack');
      socket.subscribe('1', query, {});
      const { payload } = await socket.next('next', '1');
      return JSON.stringify(payload).includes(id);
    };
    using first = await RawSocket.open(program.url);
    first.send({ type: 'connection_init', payload: key('ann:x') });
    await first.next('connection_ack');
    first.subscribe('1', query, {});
    expect(JSON.stringify((await first.next('next', '1')).payload)).toContain(id);
    expect(await parentSeenBy('ann:level high')).toBe(true);
    await execute(
      program.url,
      Update,
      { input: { sessionId: id, metadata: { level: 'other' } } },
      key('ann:x'),
    );
    await expect(user('ann:level high').look(id)).rejects.toThrow('no such session');
    expect(await parentSeenBy('ann:level high')).toBe(false);
    expect(await parentSeenBy('ann:x')).toBe(true);
  });

  it(
    'tells nobody what else fails, and waits for nobody for ever',
    { timeout: 40_000 },
    async () => {
      for (const [text, code] of [
        ['leak', 'INTERNAL'],
        ['bigint', 'INTERNAL'],
        ['hang', 'BACKEND_UNAVAILABLE'],
      ] as const) {
        const { errors } = await post(
          program.url,
          { query: '{ sessions { nodes { id } } }' },
          key(text),
        );
        expect(errors).toMatchObject([{ extensions: { code } }]);
        expect(JSON.stringify(errors)).not.toContain('hunter2');
      }
    },
  );
});

describe('a file', () => {
  const settingsOf = (folder: string, auth: object) => {
    const file = join(folder, 'langgraph.json');
    const graphs = { told: join(FOLDER, 'graphs.ts:told') };
    writeFileSync(file, JSON.stringify({ graphs, auth }));
    return { ENV: 'development', JWT_SECRET, LANGGRAPH_JSON: file };
  };

  it('with handlers alone leaves it to tokens who is calling', async () => {
    using folder = temporaryFolder();
    const settings = settingsOf(folder.path, { path: join(FOLDER, 'auth.ts:handlers') });
    await using program = await startProgram(settings);
    const alice = new User(program.url);
    const id = await alice.start({ graphId: 'told', input: {} });
    expect(await ownerOf(id, alice)).toBe('alice');
    expect(await alice.settled(id)).toMatchObject({
      metadata: { checked: true, permissions: [] },
    });
    await expect(new User(program.url, {}).look(id)).rejects.toThrow('Send a token');
  });

  it.each([
    ['./nowhere.ts:auth', 'there is no such file'],
    [join(FOLDER, 'auth.ts:nothing'), 'it exports no "nothing"'],
    [join(FOLDER, 'auth.ts:none'), 'is not an `Auth`'],
  ])('%s is refused at the start', async (path, words) => {
    using folder = temporaryFolder();
    const { code, output } = await runProgram(settingsOf(folder.path, { path }));
    expect(code).toBe(1);
    expect(output).toContain('`auth` of langgraph.json');
    expect(output).toContain(words);
  });
});
