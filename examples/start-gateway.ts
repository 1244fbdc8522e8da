// The gateway as a process of its own, over a database that goes with it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface RunningGateway extends AsyncDisposable {
  /** Where it serves GraphQL. */
  readonly url: string;
}

export async function startGateway(): Promise<RunningGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'session-gateway-example-'));
  const gateway = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts')], {
    env: {
      ...process.env,
      PORT: '0',
      SQLITE_PATH: join(folder, 'sessions.db'),
      LOG_LEVEL: 'warn',
      // The page stands at a port of its own.
      CORS_ORIGINS: 'loopback',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(gateway, 'exit');
  return {
    url: await readyUrl(createInterface({ input: gateway.stdout })),
    async [Symbol.asyncDispose]() {
      gateway.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function readyUrl(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const url = /ready at (\S+)/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('the gateway did not start');
}
