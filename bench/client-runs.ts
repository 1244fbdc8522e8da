// Clients of a gateway, in a process of their own: each starts a session and waits until it has settled, again and again.
import { answerAll } from './child.ts';

export interface AskedOfClientRuns {
  readonly url: string;
  /** One for each client, which is a user of its own. */
  readonly tokens: readonly (string | undefined)[];
  readonly forMs: number;
}

const START = `mutation Start($input: StartSessionInput!) {
  startSession(input: $input) { session { id } }
}`;
const AWAIT = `query Await($id: ID!) { awaitSession(id: $id, timeoutSeconds: 30) { status } }`;

/** How long each took, in milliseconds. */
answerAll(async ({ url, tokens, forMs }: AskedOfClientRuns): Promise<number[]> => {
  const took: number[] = [];
  const end = performance.now() + forMs;
  const client = async (token: string | undefined, n: number) => {
    const headers = {
      'content-type': 'application/json',
      ...(token === undefined
        ? { 'x-user-id': `user-${n}` }
        : { authorization: `Bearer ${token}` }),
    };
    const ask = async (query: string, variables: object) => {
      const body = JSON.stringify({ query, variables });
      const response = await fetch(url, { method: 'POST', headers, body });
      return (await response.json()) as { data: never };
    };
    while (performance.now() < end) {
      const begun = performance.now();
      const started: { data: { startSession: { session: { id: string } } } } = await ask(START, {
        input: { graphId: 'sixNodes', input: { input: 'x' } },
      });
      const { id } = started.data.startSession.session;
      const settled: { data: { awaitSession: { status: string } } } = await ask(AWAIT, { id });
      const { status } = settled.data.awaitSession;
      if (status !== 'SUCCEEDED') throw new Error(`a run ended as ${status}`);
      took.push(performance.now() - begun);
    }
  };
  await Promise.all(tokens.map(client));
  return took;
});
