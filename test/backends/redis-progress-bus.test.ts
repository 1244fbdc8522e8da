// Promise 5 where the bell is lost: a process may die between its commit and its bell.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createRedis } from '../../src/backends/distributed/redis-connection.ts';
import { RedisProgressBus } from '../../src/backends/distributed/redis-progress-bus.ts';
import { LOOK, type ProgressSignal } from '../../src/session/ports.ts';
import { sharedRedis } from './open-test-backend.ts';

const LOOK_EVERY_MS = 500;

it('what was published before a script rings is heard before it', async () => {
  const { url } = await sharedRedis();
  const prefix = `test-${randomUUID()}`;
  const commands = createRedis(url);
  await expect.poll(() => commands.status).toBe('ready');
  await using here = new RedisProgressBus(url, commands, prefix);
  await using there = new RedisProgressBus(url, createRedis(url), prefix);
  const heard: string[] = [];
  const id = randomUUID();
  there.subscribe(id, ({ type }) => void heard.push(type));
  // It is looked at once the subscription stands.
  await expect.poll(() => heard).toContain('changed');
  const detail = { type: 'NodeStarted', namespace: '', node: 'n' } as const;
  here.publish(id, { type: 'live', event: { runId: id, at: 0, detail } });
  here.flush();
  const text = here.message([{ type: 'written', messageIds: [] }]);
  await commands.publish(here.channelOf(id), text);
  const told = () => heard.filter((type) => type !== 'changed');
  await expect.poll(told).toEqual(['live', 'written']);
  commands.disconnect();
});

it('a watched session is looked at now and then, though nothing was heard of it', async () => {
  const { url } = await sharedRedis();
  const commands = createRedis(url);
  await using bus = new RedisProgressBus(url, commands, `test-${randomUUID()}`, LOOK_EVERY_MS);
  const sessions = Array.from({ length: 25 }, () => randomUUID());
  const heard = new Map(sessions.map((id) => [id, [] as ProgressSignal[]]));
  const ends = sessions.map((id) =>
    bus.subscribe(id, (signal) => void heard.get(id)?.push(signal)),
  );
  // The first look is at once, as the subscription stands.
  await expect.poll(() => [...heard.values()].every((signals) => signals.length >= 3)).toBe(true);
  for (const end of ends) end();
  commands.disconnect();
});

it('a message that is not ours costs a look at the log, and nothing else', async () => {
  const { url } = await sharedRedis();
  const commands = createRedis(url);
  await expect.poll(() => commands.status).toBe('ready');
  await using bus = new RedisProgressBus(url, commands, `test-${randomUUID()}`);
  const id = randomUUID();
  const heard: ProgressSignal[] = [];
  bus.subscribe(id, (signal) => void heard.push(signal));
  // Looks at the log: once subscribed, and while the connection is being made.
  await sleep(1000);
  heard.length = 0;
  const foreign = [
    'hello',
    'null',
    '{"v":2,"from":"x"}',
    '{"from":"x","signals":[{"type":"later"}]}',
    '{"from":"x","signals":[{"type":"changed","lastEvent":"7","epoch":1,"logged":[]}]}',
    '{"from":"x","signals":[{"type":"live","event":{"detail":{"type":"MessageDelta"}}}]}',
  ];
  for (const text of foreign) await commands.publish(bus.channelOf(id), text);
  await expect.poll(() => heard.length).toBe(foreign.length);
  expect(heard.every((signal) => signal === LOOK)).toBe(true);
  commands.disconnect();
});
