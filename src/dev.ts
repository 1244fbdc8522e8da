// `session-gateway dev`: serves in a child process, and replaces it when a file of the project changes. Sessions are kept, as
// they are in the store; an interrupted run continues from its last step.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { watch } from 'chokidar';
import { environment, langgraphJsonPath } from './config.ts';
import { openSettings } from './project.ts';

/** An editor writes a file in several steps, and several files at once. */
const SETTLED_MS = 150;
/** How long a changed project may take to load. */
const CHECKED_MS = 60_000;
/** Shorter than in production: nobody waits for the old code to finish. */
const SHUTDOWN_TIMEOUT = '5s';
const SCRIPT = /\.([cm]?[jt]sx?|json)$|^\.env/;
const SKIPPED = /^(node_modules|dist|coverage|\..*)$/;

/** @param main the program, which is started again and again. Never ends by itself. */
export async function dev(main: string): Promise<void> {
  const settings = { SHUTDOWN_TIMEOUT, ...environment(), PORT: String(await portToKeep()) };
  const gateway = new ServedProject(main, settings);
  const stop = (signal: NodeJS.Signals) => void gateway.stop(signal).then(process.exit);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop(signal));
  const root = rootOf(dirname(resolve(langgraphJsonPath())));
  for await (const changed of changesIn(root))
    gateway.reload(changed.map((file) => relative(root, file)));
}

/** The child process that serves, and the one that checks whether a changed project can be served. */
class ServedProject {
  readonly #main: string;
  readonly #settings: Readonly<Record<string, string | undefined>>;
  #serving: ChildProcess;
  #checking: ChildProcess | undefined;
  /** Files that have changed since the last start. */
  readonly #changed = new Set<string>();
  #isStopping = false;

  constructor(main: string, settings: Readonly<Record<string, string | undefined>>) {
    this.#main = main;
    this.#settings = settings;
    this.#serving = this.#serve();
  }

  /** A new change restarts the check. */
  reload(files: readonly string[]): void {
    for (const file of files) this.#changed.add(file);
    this.#checking?.kill('SIGKILL');
    if (isRunning(this.#serving)) void this.#check();
    else this.#replace();
  }

  /** @returns the exit code of the process that served */
  async stop(signal: NodeJS.Signals): Promise<number> {
    this.#isStopping = true;
    this.#checking?.kill('SIGKILL');
    // A terminal sends SIGINT to all of its programs.
    if (isRunning(this.#serving) && !(signal === 'SIGINT' && process.stdin.isTTY))
      this.#serving.kill(signal);
    await ended(this.#serving);
    return this.#serving.exitCode ?? 0;
  }

  /** If the check fails, the old process continues to serve; the check itself has printed why. */
  async #check(): Promise<void> {
    const checking = this.#run(['check'], { STRICT_GRAPHS: 'true' });
    this.#checking = checking;
    const tooLong = setTimeout(() => {
      say(`${this.#names()} changed, but takes longer than ${CHECKED_MS / 1000} s to load.`);
      checking.kill('SIGKILL');
    }, CHECKED_MS);
    await ended(checking);
    clearTimeout(tooLong);
    if (this.#isStopping || this.#checking !== checking || checking.signalCode !== null) return;
    if (checking.exitCode === 0) await this.#replaceOnceEnded();
    else {
      say(`${this.#names()} changed, but cannot be served; the old version still is.`);
      this.#changed.clear();
    }
  }

  async #replaceOnceEnded(): Promise<void> {
    const old = this.#serving;
    old.removeAllListeners('exit');
    old.kill('SIGTERM');
    await ended(old);
    if (!this.#isStopping) this.#replace();
  }

  #replace(): void {
    const names = this.#names();
    this.#changed.clear();
    const began = performance.now();
    this.#serving = this.#serve();
    // It sends a message once it is ready.
    this.#serving.once('message', () =>
      say(`${names} changed; reloaded in ${Math.round(performance.now() - began)} ms.`),
    );
  }

  #serve(): ChildProcess {
    const child = this.#run(['serve'], {});
    child.once('exit', (code, signal) => {
      if (!this.#isStopping)
        say(`The gateway ended (${signal ?? `code ${code}`}); waiting for a change.`);
    });
    return child;
  }

  #run(command: readonly string[], more: Readonly<Record<string, string>>): ChildProcess {
    return spawn(process.execPath, [...process.execArgv, this.#main, ...command, '--with-parent'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...this.#settings, ...more },
    });
  }

  #names(): string {
    return [...this.#changed].join(', ');
  }
}

/** Prints a line between those of the log. */
function say(text: string): void {
  process.stderr.write(`dev: ${text}\n`);
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

async function ended(child: ChildProcess): Promise<void> {
  if (isRunning(child)) await once(child, 'exit');
}

/** With PORT=0 a free port is chosen once, so that the address stays the same. */
async function portToKeep(): Promise<number> {
  const { HOST, PORT } = await openSettings();
  if (PORT !== 0) return PORT;
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** The folder of the project: the nearest one that has a package.json. */
function rootOf(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at;
    if (dirname(at) === at) return folder;
  }
}

/** The changed files of a project; those that change together come together. Never ends. */
async function* changesIn(root: string): AsyncGenerator<readonly string[]> {
  const watcher = watch(root, {
    ignoreInitial: true,
    ignored: (path, stats) => {
      const name = basename(path);
      if (path !== root && SKIPPED.test(name) && !SCRIPT.test(name)) return true;
      return stats?.isFile() === true && !SCRIPT.test(name);
    },
  });
  const changed = new Set<string>();
  let notify = () => undefined as void;
  watcher.on('all', (_event, path) => {
    changed.add(path);
    notify();
  });
  for (;;) {
    if (changed.size === 0) await new Promise<void>((resolve) => (notify = resolve));
    for (let seen = -1; seen !== changed.size;) {
      seen = changed.size;
      await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    }
    const files = [...changed];
    changed.clear();
    yield files;
  }
}
