// A gateway in a process of its own, whose users' sessions change one after the other.
import { setTimeout as sleep } from 'node:timers/promises';
import { openBackend } from '../src/backends/open-backend.ts';
import { readConfig } from '../src/config.ts';
import { createGateway } from '../src/gateway.ts';
import { SessionChangeNotifier, notifyingStore } from '../src/session/session-change-notifier.ts';
import { logNodes, startedSession } from '../test/support/started-session.ts';
import { answerAll } from './child.ts';

export type AskedOfListsServer =
  | { readonly ask: 'open'; readonly users: number; readonly sessionsOfEach: number }
  /** One session of each user changes, so many a second in all. */
  | { readonly ask: 'change'; readonly perSecond: number };

export interface OpenedLists {
  readonly url: string;
  /** The session of each user that will change. */
  readonly ids: readonly string[];
}

const config = readConfig(process.env);
const backend = await openBackend(config);
const changes = new SessionChangeNotifier(backend.bus);
const notifying = { ...backend, sessions: notifyingStore(backend.sessions, changes) };
const ids: string[] = [];

/** Answers `change` with the processor time that it took, in milliseconds. */
answerAll(async (asked: AskedOfListsServer): Promise<OpenedLists | number> => {
  if (asked.ask === 'open') {
    for (let user = 0; user < asked.users; user += 1) {
      for (let n = 1; n < asked.sessionsOfEach; n += 1)
        await startedSession(backend, `user-${user}`);
      ids.push(await startedSession(backend, `user-${user}`));
    }
    const { url } = await createGateway({ config, backend });
    return { url, ids };
  }
  const before = process.cpuUsage();
  const begun = performance.now();
  for (const [n, id] of ids.entries()) {
    await sleep(Math.max(0, begun + (n * 1000) / asked.perSecond - performance.now()));
    await logNodes(notifying, id, 1);
  }
  // The last of them is sent a moment later.
  await sleep(500);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
});
