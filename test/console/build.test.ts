// The console's build, in a copy of its sources: a gateway may start, and a build be killed, at any moment of it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../support/program.ts';

const ROOT = join(import.meta.dirname, '../..');
const folder = temporaryFolder();
const dist = join(folder.path, 'dist');
const built = join(dist, 'console');

beforeAll(() => {
  for (const name of [
    'console',
    'src/client',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
  ])
    cpSync(join(ROOT, name), join(folder.path, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'));
});
afterAll(() => folder[Symbol.dispose]());

function build(): ChildProcess {
  return spawn(process.execPath, [join(folder.path, 'console/build.ts')], { stdio: 'ignore' });
}

/** What a gateway looks for, once the page is there: its operations, and all that the page names. */
function missing(): string[] {
  if (!existsSync(join(built, 'index.html'))) return [];
  const page = readFileSync(join(built, 'index.html'), 'utf8');
  const named = [...page.matchAll(/(?:src|href)="\/(console\/[^"]+)"/g)].map(
    ([, path]) => path ?? '',
  );
  expect(named.length).toBeGreaterThan(0);
  return ['documents.json', ...named].filter((path) => !existsSync(join(built, path)));
}

it('leaves nothing in its place when it is killed while it writes', async () => {
  const child = build();
  const closed = once(child, 'close');
  // The folder beside the place is there before anything is written.
  while (!existsSync(dist) || readdirSync(dist).length === 0) await sleep(1);
  child.kill('SIGKILL');
  await closed;
  expect(existsSync(built)).toBe(false);
});

it('is whole as soon as it is there', async () => {
  const child = build();
  const closed = once(child, 'close');
  let looks = 0;
  while (child.exitCode === null) {
    expect(missing()).toEqual([]);
    looks += 1;
    await sleep(1);
  }
  expect(await closed).toEqual([0, null]);
  expect(looks).toBeGreaterThan(100);
  expect(existsSync(built)).toBe(true);
  expect(missing()).toEqual([]);
});

it('is whole after two that were built at once', async () => {
  utimesSync(join(folder.path, 'console/index.html'), new Date(), new Date());
  const before = statSync(join(built, 'index.html')).mtimeMs;
  const ends = await Promise.all([build(), build()].map((child) => once(child, 'close')));
  expect(ends).toEqual([
    [0, null],
    [0, null],
  ]);
  expect(statSync(join(built, 'index.html')).mtimeMs).toBeGreaterThan(before);
  expect(missing()).toEqual([]);
});
