// Clients of both servers, in a process of their own: each starts a session of a graph and waits until it has settled, or watches what its
// model says, again and again.
import { createClient as createSseClient } from 'graphql-sse';
import { answerAll } from '../child.ts';

export interface AskedOfClients {
  readonly url: string;
  readonly server: 'gateway' | 'langgraph';
  readonly graph: string;
  readonly input: object;
  readonly watched: boolean;
  readonly clients: number;
  readonly forMs: number;
}

const START = `mutation Start($input: StartSessionInput!) {
  startSession(input: $input) { session { id } }
}`;
const AWAIT = `query Await($id: ID!) { awaitSession(id: $id, timeoutSeconds: 30) { status } }`;
const WATCH = `subscription Watch($id: ID!, $after: String!) {
  sessionProgress(sessionId: $id, after: $after, untilSettled: true) { __typename ... on MessageDelta { text } }
}`;

type Work = (asked: AskedOfClients, user: string) => Promise<void>;

async function post(url: string, body: object, user = ''): Promise<Response> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-user-id': user },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(await response.text());
  return response;
}

const WORK: Readonly<Record<AskedOfClients['server'], Work>> = {
  async gateway({ url, graph, input, watched }, user) {
    const ask = async <Data>(query: string, variables: object) =>
      ((await (await post(url, { query, variables }, user)).json()) as { data: Data }).data;
    const started = await ask<{ startSession: { session: { id: string } } }>(START, {
      input: { graphId: graph, input },
    });
    const { id } = started.startSession.session;
    if (!watched) {
      const { awaitSession } = await ask<{ awaitSession: { status: string } }>(AWAIT, { id });
      if (awaitSession.status !== 'SUCCEEDED')
        throw new Error(`a run ended as ${awaitSession.status}`);
      return;
    }
    const client = createSseClient({ url, headers: { 'x-user-id': user }, retryAttempts: 0 });
    const after = Buffer.from(`${id}:0`).toString('base64url');
    let last = '';
    for await (const { data } of client.iterate<{ sessionProgress: { __typename: string } }>({
      query: WATCH,
      variables: { id, after },
    }))
      last = data?.sessionProgress.__typename ?? last;
    client.dispose();
    if (last !== 'RunStatusChanged') throw new Error(`a watch ended with ${last}`);
  },
  async langgraph({ url, graph, input, watched }) {
    const { thread_id } = (await (await post(`${url}/threads`, {})).json()) as {
      thread_id: string;
    };
    const asked = { assistant_id: graph, input, durability: 'sync' };
    const runs = `${url}/threads/${thread_id}/runs`;
    if (!watched) {
      const state = (await (await post(`${runs}/wait`, asked)).json()) as Record<string, unknown>;
      if ('__error__' in state) throw new Error(JSON.stringify(state));
      return;
    }
    const response = await post(`${runs}/stream`, { ...asked, stream_mode: ['messages-tuple'] });
    if ((await response.text()).includes('event: error')) throw new Error('a run failed');
  },
};

/** How long each took, in milliseconds. */
answerAll(async (asked: AskedOfClients): Promise<number[]> => {
  const took: number[] = [];
  const end = performance.now() + asked.forMs;
  const client = async (_: unknown, n: number) => {
    while (performance.now() < end) {
      const begun = performance.now();
      await WORK[asked.server](asked, `user-${n}`);
      took.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: asked.clients }, client));
  return took;
});
