// A Redis of one test file: its own server on a free port, or the one that TEST_REDIS_URL names.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { type RedisProgram, findRedis } from './redis-stack.ts';

export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  /** Ends the server and starts it again on the same port: with its data, or empty. */
  restart(options: { readonly empty: boolean; readonly pauseMs?: number }): Promise<void>;
  /** Ends the server; `start` brings it back with its data. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface RedisOptions {
  /** Whether it has RedisJSON and RediSearch. */
  readonly modules?: boolean;
  /** Whether it keeps its data over a restart. */
  readonly persistent?: boolean;
  /** More of its command line. */
  readonly settings?: readonly string[];
}

/** A server for tests that share it with nobody. */
export async function startRedis(): Promise<RedisServer> {
  const given = process.env['TEST_REDIS_URL'];
  if (given !== undefined && given !== '') return givenRedis(given);
  return startOwnRedis();
}

/** A server that may be stopped: always our own. */
export async function startOwnRedis({
  modules = true,
  persistent = true,
  settings = [],
}: RedisOptions = {}): Promise<RedisServer> {
  const found = await findRedis();
  const kept = ['--appendonly', persistent ? 'yes' : 'no', '--appendfsync', 'everysec'];
  const program = { ...found, args: [...kept, ...settings, ...(modules ? found.args : [])] };
  const folder = mkdtempSync(join(tmpdir(), 'session-gateway-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let child = await spawnRedis(program, port, folder);
  const stop = () => end(child);
  const start = async () => {
    child = await spawnRedis(program, port, folder);
  };
  return {
    url,
    stop,
    start,
    async restart({ empty, pauseMs = 0 }) {
      await stop();
      if (empty) rmSync(join(folder, 'appendonlydir'), { recursive: true, force: true });
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      await start();
    },
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function givenRedis(url: string): Promise<RedisServer> {
  const refuse = () => Promise.reject(new Error('this server is not ours to stop'));
  const redis = new Redis(url);
  await redis.flushall();
  redis.disconnect();
  return {
    url,
    stop: refuse,
    start: refuse,
    restart: refuse,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function spawnRedis(
  { command, args, env }: RedisProgram,
  port: number,
  folder: string,
): Promise<ChildProcess> {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  const child = spawn(command, [...settings, '--save', '', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes('Ready to accept connections')) resolve();
      });
    }
    child.once('error', reject);
    child.once('close', () => reject(new Error(`Redis did not start: ${output}`)));
  });
  return child;
}

const ASKED_AGAIN_MS = 1000;

/** Ends it as an operator would. While Redis writes its first log after it has become a replica, it refuses, and must be asked again. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  const timer = setInterval(() => child.kill('SIGTERM'), ASKED_AGAIN_MS);
  await closed;
  clearInterval(timer);
}
