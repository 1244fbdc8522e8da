// One session whose state is not there, or cannot be read, takes no list, page or feed with it.
import { expect, it } from 'vitest';
import { startProgram } from '../support/program.ts';
import { User } from '../support/user.ts';

interface Answer {
  readonly data: Record<string, unknown> | null;
  readonly errors?: readonly { readonly path?: readonly unknown[]; readonly extensions: object }[];
}

async function ask(url: string, query: string, variables: object = {}): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-user-id': 'alice' },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Answer;
}

const FIELDS = `status values state { json } messages { totalCount } next interrupts { interruptId } missingNodes
  checkpoints(first: 3) { nodes { values next interrupts { interruptId } } }`;

it('values are null where there are none, and null with an error where they cannot be read', async () => {
  await using program = await startProgram({ ENV: 'development' });
  const alice = new User(program.url, { 'x-user-id': 'alice' });
  const start = (graphId: string, input: object, configurable: object = {}) =>
    alice.start({ graphId, input, configurable });
  const ids = {
    functional: await start('functional', { word: 'x' }),
    twoWriters: await start('twoWriters', { task: 'x' }),
    fickle: await start('fickle', { task: 'x' }, { fails: true }),
    steps: await start('steps', { task: 'x' }),
  };
  for (const id of Object.values(ids)) await ask(program.url, AWAIT, { id });

  const list = await ask(program.url, `{ sessions { nodes { id ${FIELDS} } } }`);
  const data = list.data as {
    sessions: { nodes: { id: string; values: unknown; state: unknown; messages: unknown }[] };
  };
  const { nodes } = data.sessions;
  const valuesOf = (id: string) => nodes.find((node) => node.id === id)?.values;
  expect(nodes).toHaveLength(4);
  expect(valuesOf(ids.functional)).toBeNull();
  expect(valuesOf(ids.twoWriters)).toMatchObject({ topic: 'begun' });
  expect(valuesOf(ids.fickle)).toBeNull();
  expect(valuesOf(ids.steps)).toMatchObject({ trail: expect.arrayContaining(['six']) as unknown });
  const at = nodes.findIndex(({ id }) => id === ids.fickle);
  // Its graph has no messages, whatever its state is.
  expect(nodes[at]).toMatchObject({ values: null, state: null, messages: { totalCount: 0 } });
  const failed = ['values', 'state'].map((field) => ({
    path: ['sessions', 'nodes', at, field],
    extensions: { code: 'GRAPH_ERROR' },
  }));
  expect(list.errors).toHaveLength(failed.length);
  // Fields are read beside each other: the errors come in any order.
  const told = list.errors?.toSorted((a, b) => (String(a.path) < String(b.path) ? 1 : -1));
  expect(told).toMatchObject(failed);
  for (const id of [ids.functional, ids.twoWriters, ids.steps])
    expect(nodes.find((node) => node.id === id)).toMatchObject({
      state: { json: valuesOf(id) ?? {} },
      messages: { totalCount: 0 },
    });

  for (const id of Object.values(ids)) {
    const one = await ask(program.url, `query ($id: ID!) { session(id: $id) { ${FIELDS} } }`, {
      id,
    });
    expect(one.data?.['session']).toMatchObject({ values: valuesOf(id) });
    const feed = await fetch(program.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        'x-user-id': 'alice',
      },
      body: JSON.stringify({
        query: `subscription ($id: ID!, $after: String) {
          sessionProgress(sessionId: $id, after: $after, untilSettled: true) {
            __typename session { status values }
          }
        }`,
        variables: { id, after: Buffer.from(`${id}:0`).toString('base64url') },
      }),
    });
    const text = await feed.text();
    expect(text).toContain('"RunStatusChanged"');
    expect(text).toContain('event: complete');
    expect(text).not.toContain('"data":null');
  }
});

const AWAIT = `query ($id: ID!) { awaitSession(id: $id, timeoutSeconds: 20) { status values } }`;
