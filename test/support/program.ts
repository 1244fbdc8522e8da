// The real program as a child process. Tests speak to it only over HTTP, server-sent events and WebSocket.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Program extends AsyncDisposable {
  readonly url: string;
  readonly process: ChildProcess;
  /** All of standard output and standard error so far. */
  output(): string;
  /** Sends a signal and waits for the end; the exit code, or null where a signal ended it. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface Settings {
  readonly [name: string]: string | undefined;
}

const GRAPHS = join(import.meta.dirname, '../graphs/langgraph.json');
const MAIN = join(import.meta.dirname, '../../src/main.ts');
const LONGEST_START_MS = 60_000;
/** Programs that are started by the hundred need not compile their code each time. One that ends by itself writes there. */
const COMPILE_CACHE = join(tmpdir(), 'session-gateway-tests-compiled');

/** A folder for one test's files, removed with it. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'session-gateway-'));
  return {
    path,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Starts the program with just these settings, and waits until it is ready. @throws what it printed, if it ends */
export async function startProgram(settings: Settings, command = [MAIN]): Promise<Program> {
  const { child, output } = spawnProgram(settings, command);
  const url = await ready(child, output);
  return {
    url,
    process: child,
    output,
    end: (signal = 'SIGTERM') => end(child, signal),
    async [Symbol.asyncDispose]() {
      await end(child, 'SIGKILL');
    },
  };
}

/** Runs the program to its end; for starts that are refused and for its commands. */
export async function runProgram(
  settings: Settings,
  args: readonly string[] = [],
): Promise<{ code: number | null; output: string }> {
  const { child, output } = spawnProgram(settings, [MAIN, ...args]);
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_START_MS);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return { code, output: output() };
}

/** Starts the program and kills it `delayMs` after something can be seen of it. */
export async function killAsSoonAs(
  seen: () => boolean,
  delayMs: number,
  settings: Settings,
): Promise<void> {
  const { child } = spawnProgram(settings, [MAIN]);
  const closed = once(child, 'close');
  while (!seen()) await sleep(1);
  await sleep(delayMs);
  child.kill('SIGKILL');
  await closed;
}

function spawnProgram(settings: Settings, command: readonly string[]) {
  const child = spawn(process.execPath, command, {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      LOG_LEVEL: 'warn',
      LANGGRAPH_JSON: GRAPHS,
      PORT: '0',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  }
  return { child, output: () => chunks.join('') };
}

function ready(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready: ${output()}`)), LONGEST_START_MS);
    child.stdout?.on('data', () => {
      const url = /(?:ready|working) at (\S+)/.exec(output())?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      reject(new Error(`ended with ${code}: ${output()}`));
    });
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  }
  return child.exitCode;
}
