// Promise 9 from outside: what a deleted session leaves in tables, keys and queues is nothing.
import { describe, expect, it } from 'vitest';
import { as } from '../support/caller.ts';
import {
  type Contents,
  postgresContents,
  redisContents,
  sqliteContents,
} from '../support/contents.ts';
import { linesOf } from '../support/effects.ts';
import { openEnvironment } from '../support/environments.ts';
import { type Settings, startProgram, temporaryFolder } from '../support/program.ts';
import { User } from '../support/user.ts';

describe.each(['sqlite', 'staging', 'production'] as const)('ENV=%s', (ENV) => {
  it('a session deleted while it runs, with runs that wait, a watcher and a fork, leaves nothing', async () => {
    await using environment = await openEnvironment(ENV);
    const { settings } = environment;
    await using program = await startProgram(settings);
    using folder = temporaryFolder();
    const effects = `${folder.path}/effects`;
    const alice = new User(program.url, as('alice'));
    await alice.settled(await alice.start({ graphId: 'steps', input: {} }));
    const before = await contentsOf(settings);

    const id = await alice.start({
      graphId: 'slow',
      input: { effects },
      metadata: { label: 'x' },
      idempotencyKey: 'once',
    });
    await expect.poll(() => linesOf(effects).length).toBeGreaterThan(3);
    for (let n = 0; n < 3; n += 1)
      await alice.resume({ sessionId: id, input: {}, onBusy: 'ENQUEUE' });
    const fork = await alice.fork({ sessionId: id });
    const watched = alice.events(id, { untilSettled: false }).catch(String);
    expect(mentions(await contentsOf(settings), id)).not.toEqual([]);

    await alice.delete(id);
    expect(await watched).toContain('SESSION_NOT_FOUND');
    // Its own row says where it comes from.
    const ofFork = mentions(await contentsOf(settings), fork);
    expect(ofFork).toEqual(expect.arrayContaining(mentions(await contentsOf(settings), id)));
    await alice.delete(fork);
    const begun = linesOf(effects).length;
    const after = await contentsOf(settings);
    expect(mentions(after, id)).toEqual([]);
    expect(mentions(after, fork)).toEqual([]);
    expect(sizes(after)).toEqual(sizes(before));
    expect(linesOf(effects).length).toBe(begun);
  });
});

async function contentsOf(settings: Settings): Promise<Contents> {
  const { SQLITE_PATH, DATABASE_URL, REDIS_URL, REDIS_PREFIX = 'session-gateway' } = settings;
  return [
    ...(SQLITE_PATH === undefined ? [] : sqliteContents(SQLITE_PATH)),
    ...(DATABASE_URL === undefined ? [] : await postgresContents(DATABASE_URL)),
    ...(REDIS_URL === undefined ? [] : await redisContents(REDIS_URL, REDIS_PREFIX)),
  ];
}

/** The tables and keys that have a text anywhere, in bytes too. */
function mentions(contents: Contents, text: string): string[] {
  return contents.filter((each) => toText(each).includes(text)).map(([name]) => name);
}

function toText(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isBytes(part) ? Buffer.from(part.data).toString('latin1') : part,
  );
}

function isBytes(value: unknown): value is { data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
}

/** How many rows each table has, and which keys there are. */
function sizes(contents: Contents): unknown[] {
  return contents.map(([name, content]) => [name, Array.isArray(content) ? content.length : 1]);
}
