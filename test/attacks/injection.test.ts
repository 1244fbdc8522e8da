// What a client writes is a value, never a part of a query: for SQL, RediSearch and Lua, in every filter, cursor and id.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { as } from '../support/caller.ts';
import { post } from '../support/client.ts';
import { ENVIRONMENTS, type Environment, openEnvironment } from '../support/environments.ts';
import { type Program, startProgram } from '../support/program.ts';

/** Each would mean something to one of the stores, if it were taken for more than text. */
const TEXTS = [
  "' OR '1'='1",
  "'; DROP TABLE sessions; --",
  '" OR ""="',
  '$1',
  '?',
  '%',
  '_',
  '\\',
  "\\'",
  "E'\\047'",
  '{a}|{b}',
  '}) (@owner:{*',
  '@owner:{*}',
  '*',
  '-@status:{RUNNING}',
  'a | b',
  '"quoted"',
  '[-inf +inf]',
  "') return redis.call('FLUSHALL') --",
  ']] .. redis.call("KEYS","*") .. [[',
  '%SEQUENCE%',
  '%0',
  '$.metadata',
  '$..*',
  '__proto__',
  'constructor',
  'toString',
  '\r\nDEL x\r\n',
  '𝓤nicode ‮ ﷽ ́',
  '../../etc/passwd',
  '${7*7}',
  '{{7*7}}',
  'null',
  '0',
  'x'.repeat(5000),
];

describe.each(ENVIRONMENTS)('ENV=%s', (ENV) => {
  let environment: Environment;
  let program: Program;
  beforeAll(async () => {
    environment = await openEnvironment(ENV);
    program = await startProgram(environment.settings);
  });
  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await environment[Symbol.asyncDispose]();
  });

  const ask = async (query: string, variables: object, user = 'alice') => {
    const answer = await post(program.url, { query, variables }, as(user));
    for (const { message, extensions } of answer.errors ?? []) {
      expect(`${extensions.code} ${message} ${JSON.stringify(variables)}`).not.toMatch(/^INTERNAL/);
      expect(message).not.toMatch(/syntax error|SQLITE|ERR |user_script|relation "/i);
    }
    return answer as { data?: Record<string, never>; errors?: typeof answer.errors };
  };
  const START = `mutation ($text: String!, $metadata: JSON) {
    startSession(input: {graphId: "steps", task: $text, metadata: $metadata, idempotencyKey: $text}) { session { id task metadata } }
  }`;
  const FIND = `query ($filter: SessionFilter, $after: String) {
    sessions(filter: $filter, after: $after, first: 100) { nodes { id ownerId } pageInfo { endCursor } }
  }`;
  const idOf = (data: unknown) =>
    (data as { startSession: { session: { id: string } } }).startSession.session.id;
  const nodesOf = (data: unknown) =>
    (data as { sessions: { nodes: { id: string; ownerId: string }[] } }).sessions.nodes;

  // Keys of metadata have at most so many characters.
  const keyOf = (text: string) => text.slice(0, 128);

  it('texts are kept as they are, and found by themselves alone', async () => {
    await ask(START, { text: 'of bob', metadata: { secret: 'of bob' } }, 'bob');
    const ids = new Map<string, string>();
    for (const text of TEXTS.filter((each) => each !== '__proto__')) {
      const short = text.slice(0, 200);
      const { data } = await ask(START, {
        text: short,
        metadata: { [keyOf(text)]: text, kind: text },
      });
      expect(data).toMatchObject({
        startSession: { session: { task: short, metadata: { kind: text } } },
      });
      ids.set(text, idOf(data));
      // The same key again is the same session: no other text is taken for it.
      expect(
        idOf(
          (await ask(START, { text: short, metadata: { [keyOf(text)]: text, kind: text } })).data,
        ),
      ).toBe(ids.get(text));
    }
    expect(new Set(ids.values()).size).toBe(TEXTS.length - 1);
    for (const text of ids.keys()) {
      for (const metadata of [{ kind: text }, { [keyOf(text)]: text }]) {
        const found = nodesOf((await ask(FIND, { filter: { metadata } })).data);
        expect([text, ...found.map(({ id }) => id)]).toEqual([text, ids.get(text)]);
      }
      expect(nodesOf((await ask(FIND, { filter: { graphId: text } })).data)).toEqual([]);
      const { errors } = await ask(FIND, { filter: { forkedFromSessionId: text } });
      expect(errors?.[0]?.extensions.code).toBe('INVALID_INPUT');
    }
    const all = nodesOf((await ask(FIND, {})).data);
    expect(all.filter(({ ownerId }) => ownerId !== 'alice')).toEqual([]);
  });

  it('users with such names are themselves alone', async () => {
    for (const text of TEXTS.filter((each) => each.length < 200 && /^[\x20-\x7e]+$/.test(each))) {
      const mine = idOf((await ask(START, { text: 'mine' }, text)).data);
      const found = nodesOf((await ask(FIND, {}, text)).data);
      expect(found).toEqual([{ id: mine, ownerId: text }]);
    }
  });

  it('ids and cursors that are none are refused', async () => {
    const own = idOf((await ask(START, { text: 'own' })).data);
    const cursor = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url');
    const cursors = TEXTS.flatMap((text) => [
      text,
      cursor(text),
      cursor(['session', 1, text]),
      cursor(['session', text, own]),
      cursor(['checkpoint', own, text, 1]),
      cursor(['checkpoint', own, '', text]),
      cursor(['run', text]),
    ]);
    for (const after of [
      ...cursors,
      cursor(['session', 1e300, own]),
      cursor(['session', -1, own]),
      cursor(['run', 2 ** 60]),
      cursor({ __proto__: null }),
    ]) {
      for (const query of [
        'query ($after: String) { sessions(after: $after) { nodes { ownerId } } }',
        'query ($id: ID!, $after: String) { session(id: $id) { forks(after: $after) { nodes { ownerId } } } }',
        'query ($id: ID!, $after: String) { session(id: $id) { runs(after: $after) { nodes { id } } } }',
        'query ($id: ID!, $after: String) { checkpoints(sessionId: $id, after: $after) { nodes { id } } }',
      ]) {
        const { data, errors } = await ask(query, { id: own, after });
        expect([query, errors?.[0]?.extensions.code ?? 'INVALID_INPUT']).toEqual([
          query,
          'INVALID_INPUT',
        ]);
        expect(JSON.stringify(data ?? {})).not.toContain('bob');
      }
    }
    for (const id of TEXTS) {
      for (const query of [
        'query ($id: ID!) { session(id: $id) { id } }',
        'query ($id: ID!) { run(id: $id) { id } }',
        'query ($id: ID!) { checkpoints(sessionId: $id) { nodes { id } } }',
        'query ($id: ID!) { awaitSession(id: $id, timeoutSeconds: 1) { id } }',
        'mutation ($id: ID!) { deleteSession(input: {sessionId: $id}) { deletedSessionId } }',
        'mutation ($id: ID!) { forkSession(input: {sessionId: $id}) { session { id } } }',
      ]) {
        const { errors } = await ask(query, { id });
        expect([query, id, errors?.[0]?.extensions.code]).toEqual([query, id, 'INVALID_INPUT']);
      }
      const checkpoint = `query ($id: ID!, $text: String!) {
        session(id: $id) { values(keys: [$text]) }
        checkpoints(sessionId: $id, filter: {namespace: $text}) { nodes { id } }
      }`;
      const { errors } = await ask(checkpoint, { id: own, text: id });
      expect(errors ?? []).toEqual([]);
    }
  });
});
