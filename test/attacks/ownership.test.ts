// Promise 1, owned: every field and operation of the schema, asked for by everybody, over every transport.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type GraphQLObjectType, buildSchema, getNamedType } from 'graphql';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeCursor } from '../../src/session/progress.ts';
import type { ClientError, Headers } from '../support/client.ts';
import { ENVIRONMENTS, type Environment, openEnvironment } from '../support/environments.ts';
import { type Program, startProgram } from '../support/program.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { User } from '../support/user.ts';
import { WholeSelection, allFields } from '../support/whole-selection.ts';

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
/** In everything that the owner's session holds. */
const MARK = 'of-the-owner-alone';

interface Ids {
  readonly session: string;
  readonly fork: string;
  readonly checkpoint: string;
  readonly run: string;
  readonly interrupt: string;
  readonly cursor: string;
}

/** What somebody gets who is known, but not the owner. */
type Stranger =
  | 'null'
  | 'empty'
  | 'public'
  | 'own'
  | 'FORBIDDEN'
  | 'SESSION_NOT_FOUND'
  | 'RUN_NOT_FOUND';

interface Row {
  readonly args: (ids: Ids) => string;
  readonly stranger: Stranger;
  /** What an administrator gets for themselves, where that is more than what other strangers get. */
  readonly administrator?: Stranger;
}

const ITEM = 'namespace: ["users", "alice"], key: "k"';

/** One or more rows for every field of Query, Mutation and Subscription; those that destroy most come last. */
const ROWS: Readonly<Record<string, readonly Row[]>> = {
  'Query.session': [{ args: ({ session }) => `(id: "${session}")`, stranger: 'null' }],
  'Query.sessions': [
    { args: () => '', stranger: 'empty' },
    { args: ({ session }) => `(filter: {forkedFromSessionId: "${session}"})`, stranger: 'empty' },
    {
      args: () => `(filter: {metadata: {mark: "${MARK}"}}, orderBy: UPDATED_AT)`,
      stranger: 'empty',
    },
  ],
  'Query.checkpoints': [
    { args: ({ session }) => `(sessionId: "${session}")`, stranger: 'SESSION_NOT_FOUND' },
    {
      args: ({ session, run }) => `(sessionId: "${session}", filter: {runId: "${run}"})`,
      stranger: 'SESSION_NOT_FOUND',
    },
  ],
  'Query.checkpoint': [
    {
      args: ({ session, checkpoint }) => `(sessionId: "${session}", checkpointId: "${checkpoint}")`,
      stranger: 'null',
    },
  ],
  'Query.run': [{ args: ({ run }) => `(id: "${run}")`, stranger: 'null' }],
  'Query.runs': [
    { args: ({ session }) => `(sessionId: "${session}")`, stranger: 'SESSION_NOT_FOUND' },
  ],
  'Query.node': [
    { args: ({ session }) => `(id: "${session}")`, stranger: 'null' },
    { args: ({ run }) => `(id: "${run}")`, stranger: 'null' },
    { args: ({ session, checkpoint }) => `(id: "${session}/${checkpoint}")`, stranger: 'null' },
    { args: ({ session, interrupt }) => `(id: "${session}/${interrupt}")`, stranger: 'null' },
  ],
  'Query.nodes': [
    {
      args: ({ session, run, checkpoint, interrupt }) =>
        `(ids: ["${session}", "${run}", "${session}/${checkpoint}", "${session}/${interrupt}"])`,
      stranger: 'null',
    },
  ],
  'Query.sessionsById': [
    { args: ({ session, fork }) => `(ids: ["${session}", "${fork}"])`, stranger: 'null' },
  ],
  'Query.graphs': [{ args: () => '', stranger: 'public' }],
  'Query.graph': [{ args: () => '(id: "ask")', stranger: 'public' }],
  'Query.awaitSession': [
    {
      args: ({ session }) => `(id: "${session}", timeoutSeconds: 5)`,
      stranger: 'SESSION_NOT_FOUND',
    },
  ],
  'Subscription.sessionProgress': [
    {
      args: ({ session }) => `(sessionId: "${session}", untilSettled: true)`,
      stranger: 'SESSION_NOT_FOUND',
    },
    {
      args: ({ session, cursor }) =>
        `(sessionId: "${session}", after: "${cursor}", untilSettled: true)`,
      stranger: 'SESSION_NOT_FOUND',
    },
  ],
  // Its first event tells of no session; what changes is told to the owner alone (test/e2e/sessions-changed.test.ts).
  'Subscription.sessionsChanged': [
    { args: () => '', stranger: 'own' },
    { args: ({ session }) => `(filter: {forkedFromSessionId: "${session}"})`, stranger: 'own' },
  ],
  'Mutation.startSession': [
    {
      args: () => '(input: {graphId: "steps", task: "go", idempotencyKey: "of-the-owner"})',
      stranger: 'own',
    },
  ],
  'Mutation.forkSession': [
    { args: ({ session }) => `(input: {sessionId: "${session}"})`, stranger: 'SESSION_NOT_FOUND' },
    {
      args: ({ session, checkpoint }) =>
        `(input: {sessionId: "${session}", checkpointId: "${checkpoint}", idempotencyKey: "${session}"})`,
      stranger: 'SESSION_NOT_FOUND',
    },
  ],
  'Mutation.updateSession': [
    {
      args: ({ session }) => `(input: {sessionId: "${session}", metadata: {more: 1}})`,
      stranger: 'SESSION_NOT_FOUND',
    },
  ],
  'Mutation.extendSession': [
    {
      args: ({ session }) => `(input: {sessionId: "${session}", ttlSeconds: 3600})`,
      stranger: 'SESSION_NOT_FOUND',
    },
  ],
  'Mutation.resumeSession': [
    {
      args: ({ session, interrupt }) =>
        `(input: {sessionId: "${session}", answers: [{interruptId: "${interrupt}", value: "yes"}]})`,
      stranger: 'SESSION_NOT_FOUND',
    },
    {
      args: ({ session }) => `(input: {sessionId: "${session}", input: {}, onBusy: INTERRUPT})`,
      stranger: 'SESSION_NOT_FOUND',
    },
  ],
  'Mutation.cancelRun': [
    { args: ({ run }) => `(input: {runId: "${run}"})`, stranger: 'RUN_NOT_FOUND' },
  ],
  'Mutation.cancelSession': [
    { args: ({ session }) => `(input: {sessionId: "${session}"})`, stranger: 'SESSION_NOT_FOUND' },
  ],
  'Mutation.updateSessionState': [
    {
      args: ({ session }) => `(input: {sessionId: "${session}", values: {trail: ["edited"]}})`,
      stranger: 'SESSION_NOT_FOUND',
    },
  ],
  'Query.storeItem': [{ args: () => `(${ITEM})`, stranger: 'FORBIDDEN', administrator: 'public' }],
  'Query.storeItems': [
    {
      args: () => '(namespacePrefix: ["users", "alice"])',
      stranger: 'FORBIDDEN',
      administrator: 'empty',
    },
    { args: () => '(namespacePrefix: ["users"])', stranger: 'empty', administrator: 'empty' },
    {
      args: () => `(namespacePrefix: [], filter: {mark: "${MARK}"})`,
      stranger: 'empty',
      administrator: 'empty',
    },
  ],
  'Query.storeNamespaces': [
    { args: () => '', stranger: 'empty', administrator: 'empty' },
    {
      args: () => '(prefix: ["users", "*"], suffix: ["alice"])',
      stranger: 'empty',
      administrator: 'empty',
    },
  ],
  'Mutation.putStoreItem': [
    {
      args: () => `(input: {${ITEM}, value: {mark: "${MARK}"}})`,
      stranger: 'FORBIDDEN',
      administrator: 'public',
    },
  ],
  'Mutation.deleteStoreItem': [
    { args: () => `(input: {${ITEM}})`, stranger: 'FORBIDDEN', administrator: 'public' },
  ],
  'Mutation.deleteSession': [
    { args: ({ session }) => `(input: {sessionId: "${session}"})`, stranger: 'SESSION_NOT_FOUND' },
  ],
};

const whole = new WholeSelection(schema);

interface Operation {
  readonly field: string;
  readonly row: Row;
  text(ids: Ids): string;
}

const operations: readonly Operation[] = Object.entries(ROWS).flatMap(([name, rows]) => {
  const [root = '', field = ''] = name.split('.');
  const type = (schema.getType(root) as GraphQLObjectType).getFields()[field]?.type;
  if (type === undefined) throw new Error(`the schema has no ${name}`);
  whole.covered.add(name);
  const selection = whole.of(getNamedType(type));
  return rows.map((row) => ({
    field,
    row,
    text: (ids: Ids) => `${root.toLowerCase()} { ${field}${row.args(ids)} ${selection} }`,
  }));
});

it('there is a row for every operation, and every field of every type is asked for', () => {
  expect([...whole.covered].toSorted()).toEqual(allFields(schema).toSorted());
});

interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly ClientError[];
}

const TRANSPORTS = {
  http: (url: string, headers: Headers, query: string) => ask(url, headers, query),
  sse: (url: string, headers: Headers, query: string) =>
    ask(url, { accept: 'text/event-stream', ...headers }, query),
  async websocket(url: string, headers: Headers, query: string): Promise<Answer> {
    using socket = await RawSocket.open(url);
    socket.send({ type: 'connection_init', payload: headers });
    try {
      await socket.next('connection_ack');
    } catch {
      const code = (await socket.closed) === 4403 ? 'UNAUTHENTICATED' : 'closed';
      return { errors: [{ message: '', extensions: { code, retryable: false } }] };
    }
    socket.subscribe('1', query, {});
    await Promise.race([
      socket.next('complete', '1'),
      socket.next('error', '1'),
      ...(isEndless(query) ? [socket.next('next', '1')] : []),
    ]);
    const answers = socket.messages.flatMap(({ type, payload }): Answer[] =>
      type === 'next'
        ? [payload as Answer]
        : type === 'error'
          ? [{ errors: payload as ClientError[] }]
          : [],
    );
    return joined(answers);
  },
};

async function ask(url: string, headers: Headers, query: string): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  const text = isEndless(query) ? await firstEventOf(response) : await response.text();
  const events = [...text.matchAll(/^data: (.+)$/gm)];
  return events.length === 0
    ? (JSON.parse(text) as Answer)
    : joined(events.map(([, json = '']) => JSON.parse(json) as Answer));
}

/** Goes on until its client leaves. */
function isEndless(query: string): boolean {
  return query.includes('sessionsChanged');
}

/** An event stream up to its first event; another answer whole. */
async function firstEventOf({ body }: Response): Promise<string> {
  let text = '';
  // Leaving the loop ends the stream.
  for await (const part of (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    text += part;
    if (/^data: .+$/m.test(text)) break;
  }
  return text;
}

/** Of an operation's answers the last, with the errors of all. */
function joined(answers: readonly Answer[]): Answer {
  return { ...answers.at(-1), errors: answers.flatMap(({ errors = [] }) => errors) };
}

/** What somebody got, in a word. */
function kindOf({ data, errors = [] }: Answer, field: string): string {
  if (errors.length > 0) return errors[0]?.extensions.code ?? 'an error without a code';
  const value = data?.[field] as Owned & { nodes?: Owned[]; session?: Owned };
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value) && value.length > 0 && value.every((each) => each === null))
    return 'null';
  const owners = [value, value.session, ...('pageInfo' in value ? (value.nodes ?? []) : [])].map(
    (one) => one?.ownerId,
  );
  if (owners.includes('alice')) return 'of the owner';
  if ('pageInfo' in value) return 'empty';
  return value.session === undefined ? 'public' : 'own';
}

interface Owned {
  readonly ownerId?: string;
}

describe.each(ENVIRONMENTS)('ENV=%s', (ENV) => {
  let environment: Environment;
  let program: Program;
  let identities: Readonly<
    Record<string, { headers: Headers; is: 'owner' | 'stranger' | 'nobody' | 'forbidden' }>
  >;

  beforeAll(async () => {
    environment = await openEnvironment(ENV);
    program = await startProgram({
      ...environment.settings,
      JWT_SECRET: '',
      JWT_PUBLIC_KEY: PEM,
      JWT_ISSUER: 'us',
      MAX_QUERY_COST: '1000000000',
      REQUESTS_PER_USER: 'unlimited',
      MAX_QUERY_FIELDS: '1000000',
      MAX_QUERY_TOKENS: '1000000',
      MAX_QUERY_DEPTH: '100',
    });
    const token = (claims: Record<string, unknown>, expires = '1h') =>
      new SignJWT({ iss: 'us', ...claims })
        .setProtectedHeader({ alg: 'RS256' })
        .setExpirationTime(expires)
        .sign(keys.privateKey);
    const bearer = (jwt: string, more: Headers = {}) => ({
      authorization: `Bearer ${jwt}`,
      ...more,
    });
    const payload = Buffer.from(JSON.stringify({ iss: 'us', sub: 'alice' })).toString('base64url');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    const confused = await new SignJWT({ iss: 'us', sub: 'alice' })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from(PEM));
    const admin = { sub: 'root', scope: 'sessions:admin' };
    identities = {
      'another user': { headers: bearer(await token({ sub: 'bob' })), is: 'stranger' },
      'an administrator for themselves': { headers: bearer(await token(admin)), is: 'stranger' },
      'an administrator for another': {
        headers: bearer(await token(admin), { asUser: 'bob' }),
        is: 'stranger',
      },
      'another who would act for the owner': {
        headers: bearer(await token({ sub: 'bob' }), { asUser: 'alice' }),
        is: 'forbidden',
      },
      'no token': { headers: { 'x-user-id': 'alice' }, is: 'nobody' },
      expired: { headers: bearer(await token({ sub: 'alice' }, '-1h')), is: 'nobody' },
      'wrong issuer': { headers: bearer(await token({ sub: 'alice', iss: 'them' })), is: 'nobody' },
      'alg none': { headers: bearer(none), is: 'nobody' },
      'the public key as a secret': { headers: bearer(confused), is: 'nobody' },
      'an administrator for the owner': {
        headers: bearer(await token(admin), { asUser: 'alice' }),
        is: 'owner',
      },
      owner: { headers: bearer(await token({ sub: 'alice' })), is: 'owner' },
    };
  });

  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await environment[Symbol.asyncDispose]();
  });

  const owner = () => new User(program.url, identities['owner']?.headers);

  /** A session that asks, with a fork. */
  async function prepare(): Promise<Ids> {
    const alice = owner();
    const session = await alice.start({
      graphId: 'ask',
      input: { trail: [MARK] },
      metadata: { mark: MARK },
      configurable: { mark: MARK },
      idempotencyKey: MARK + Math.random(),
    });
    const state = await alice.settled(session);
    const put = `mutation { putStoreItem(input: {${ITEM}, value: {mark: "${MARK}"}}) { item { key } } }`;
    await TRANSPORTS.http(program.url, alice.headers, put);
    const { data } = await TRANSPORTS.http(
      program.url,
      alice.headers,
      `{ session(id: "${session}") { checkpoint { checkpointId } latestRun { id } } }`,
    );
    const { checkpoint, latestRun } = (
      data as {
        session: { checkpoint: { checkpointId: string }; latestRun: { id: string } };
      }
    ).session;
    return {
      session,
      fork: await alice.fork({ sessionId: session }),
      checkpoint: checkpoint.checkpointId,
      run: latestRun.id,
      interrupt: state.interrupts[0]?.interruptId ?? '',
      cursor: encodeCursor(session, 1),
    };
  }

  it.each(Object.keys(TRANSPORTS))('strangers and nobody, over %s', async (transport) => {
    const ids = await prepare();
    const look = async () =>
      JSON.stringify([await owner().look(ids.session), await owner().look(ids.fork)]);
    const before = await look();
    for (const [who, { headers, is }] of Object.entries(identities)) {
      if (is === 'owner') continue;
      for (const { field, row, text } of operations) {
        const answer = await TRANSPORTS[transport as keyof typeof TRANSPORTS](
          program.url,
          headers,
          text(ids),
        );
        const forbidden = is === 'forbidden' && transport !== 'websocket';
        const refused = forbidden ? 'FORBIDDEN' : 'UNAUTHENTICATED';
        const administrator = who === 'an administrator for themselves' && row.administrator;
        const stranger = administrator || row.stranger;
        const got = is === 'stranger' ? stranger : refused;
        const leaks = !administrator && JSON.stringify(answer).includes(MARK);
        expect({ who, field, leaks, got: kindOf(answer, field) }).toEqual({
          who,
          field,
          leaks: false,
          got,
        });
      }
    }
    expect(await look()).toBe(before);
  });

  it.each(Object.keys(TRANSPORTS))(
    'the owner, and who acts for them, over %s',
    async (transport) => {
      for (const [who, { headers, is }] of Object.entries(identities)) {
        if (is !== 'owner') continue;
        const ids = await prepare();
        for (const { field, text } of operations) {
          const answer = await TRANSPORTS[transport as keyof typeof TRANSPORTS](
            program.url,
            headers,
            text(ids),
          );
          const { data, errors = [] } = answer;
          expect({ who, field, errors, there: Boolean(data?.[field]) }).toEqual({
            who,
            field,
            errors: [],
            there: true,
          });
        }
      }
    },
  );
});
