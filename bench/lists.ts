// What a live list costs: the processor time for each message of `sessionsChanged` beside one of `sessionProgress`, of the same changes.
import { setTimeout as sleep } from 'node:timers/promises';
import { openChild } from './child.ts';
import { subscribed } from './feed-socket.ts';
import type { AskedOfListsServer, OpenedLists } from './lists-server.ts';
import { quantile } from './measure.ts';

const LIST = 'subscription List { sessionsChanged { kind session { id status updatedAt } } }';
const PROGRESS = `subscription Watch($id: ID!) {
  sessionProgress(sessionId: $id) { __typename session { id status updatedAt } }
}`;
const ENV = {
  ENV: 'development',
  PORT: '0',
  // Nothing takes the sessions over, whose worker is not there.
  ROLE: 'gateway',
  LOG_LEVEL: 'error',
  LANGGRAPH_JSON: `${import.meta.dirname}/langgraph.json`,
};
const PER_SECOND = 100;

export async function run({ quick }: { readonly quick: boolean }) {
  const users = quick ? 200 : 1000;
  using server = openChild<AskedOfListsServer>('lists-server.ts', ENV);
  const { url, ids } = await server.ask<OpenedLists>({ ask: 'open', users, sessionsOfEach: 10 });
  /** What the changes cost while each user watches by this. @throws Error where a change is not heard */
  const costOf = async (query: string) => {
    let messages = 0;
    const hasFirst = () => messages >= users;
    const sockets = await Promise.all(
      ids.map(async (id, n) => {
        const socket = await subscribed(url, undefined, { query, variables: { id } }, `user-${n}`);
        return socket.on('message', () => (messages += 1));
      }),
    );
    while (!hasFirst()) await sleep(20);
    messages = 0;
    const cpuMs = await server.ask<number>({ ask: 'change', perSecond: PER_SECOND });
    for (const socket of sockets) socket.terminate();
    if (messages !== users) throw new Error(`${messages} messages of ${users} changes`);
    return cpuMs;
  };
  const ratios: number[] = [];
  const rows = [];
  for (let n = 0; n <= (quick ? 1 : 3); n += 1) {
    const list = await costOf(LIST);
    const progress = await costOf(PROGRESS);
    // What is compiled at first is in none of the figures.
    if (n === 0) continue;
    ratios.push(list / progress);
    rows.push({ 'sessionsChanged, ms': list / users, 'sessionProgress, ms': progress / users });
  }
  console.table(rows);
  return { LIST_MESSAGE_OF_PROGRESS_CPU: quantile(ratios, 0.5) };
}
