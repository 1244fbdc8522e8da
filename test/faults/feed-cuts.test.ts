// Exactly-once resume over connections that break: the clients of graphql-ws and graphql-sse come back to whichever gateway, and
// have each event once.
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWebSocketClient } from 'graphql-ws';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type WatchClient, watchSession } from '../../src/client/index.ts';
import { as } from '../support/caller.ts';
import { ENVIRONMENTS, openEnvironment } from '../support/environments.ts';
import { startProgram, temporaryFolder } from '../support/program.ts';
import { startSwitchingProxy } from '../support/services/switching-proxy.ts';
import { User, upTo } from '../support/user.ts';

const CUTS = 200;
const headers = as('alice');

it.each(ENVIRONMENTS)('nothing is lost or repeated over 200 cuts (%s)', async (ENV) => {
  await using parts = new AsyncDisposableStack();
  const folder = parts.use(temporaryFolder());
  const environment = parts.use(await openEnvironment(ENV));
  // Memory is one process's own.
  const count = ENV === 'development' ? 1 : 2;
  const programs = await Promise.all(
    Array.from({ length: count }, () => startProgram(environment.settings)),
  );
  for (const program of programs) parts.use(program);
  const proxy = parts.use(await startSwitchingProxy(programs.map(({ url }) => url)));
  const user = new User(programs[0]?.url ?? '');
  const input = { effects: `${folder.path}/effects` };
  const id = await user.start({ graphId: 'slow', input, recursionLimit: 600 });

  let cuts = 0;
  let last = Infinity;
  const seen: Set<string>[] = [];
  const watchers = [webSocketClient(proxy.url), sseClient(proxy.url)].map(async (client) => {
    const sequences: number[] = [];
    const states = new Set<string>();
    seen.push(states);
    const after = Buffer.from(`${id}:0`).toString('base64url');
    const options = { client, sessionId: id, after, retryWait: () => 5 };
    const watch = watchSession({ ...options, onState: (state) => void states.add(state) });
    for await (const event of watch) {
      if (!['NodeStarted', 'MessageDelta', 'CustomProgress'].includes(event.__typename))
        sequences.push(event.sequence);
      if (event.sequence > last) break;
    }
    return { sequences, states };
  });

  // On a busy machine a cut may come before there is anything to cut.
  while (cuts < CUTS || !seen.every((states) => states.has('reconnecting'))) {
    await sleep(5 + Math.random() * 40);
    proxy.cutAll();
    cuts += 1;
  }
  await user.settled(id);
  // An event that tells both watchers that there are no more.
  const { run } = await user.resume({ sessionId: id, message: 'once more' });
  const all = await user.events(id, { after: Buffer.from(`${id}:0`).toString('base64url') });
  expect(all.at(-1)).toMatchObject({ runId: run.id, type: 'RunStatusChanged' });
  last = all.at(-1)?.sequence ?? 0;
  const { run: end } = await user.resume({ sessionId: id, message: 'and again' });
  expect(end.id).not.toBe(run.id);
  for (const { sequences, states } of await Promise.all(watchers)) {
    expect(sequences).toEqual(upTo(sequences.length));
    expect(sequences.length).toBeGreaterThan(last);
    expect([...states]).toEqual(expect.arrayContaining(['catching-up', 'live', 'reconnecting']));
  }
});

function webSocketClient(url: string): WatchClient {
  return createWebSocketClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: headers,
    retryAttempts: 3,
    retryWait: () => sleep(5),
  });
}

function sseClient(url: string): WatchClient {
  return createSseClient({ url, headers, retryAttempts: 3, retry: () => sleep(5) });
}
