// The package as a user has it: packed, installed beside another copy of LangGraph, and started by its command.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENVIRONMENTS, openEnvironment } from '../support/environments.ts';
import { type Settings, temporaryFolder } from '../support/program.ts';
import { User } from '../support/user.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const OTHER_LANGGRAPH = '1.7.1';

const GRAPH = `
import { Annotation, START, StateGraph, interrupt } from '@langchain/langgraph';
import { greeting } from '@words/greeting.js';

const State = Annotation.Root({ task: Annotation<string>, said: Annotation<string> });
const child = new StateGraph(State)
  .addNode('ask', () => ({ said: \`\${greeting} \${interrupt('who?')}\` }))
  .addEdge(START, 'ask')
  .compile();
export const graph = new StateGraph(State).addNode('child', child).addEdge(START, 'child');
`;

/** A backend as somebody else would bring it. */
const JOURNAL_BACKEND = `
import { appendFileSync } from 'node:fs';
import { type Backend, type SessionStore, openMemoryBackend } from 'session-gateway/backend';

/** Keeps everything in memory, and a journal of what was asked of it in a file. */
export function openJournalBackend(path: string, changed: Partial<SessionStore> = {}): Backend {
  const memory = openMemoryBackend();
  const sessions = new Proxy(memory.sessions, {
    get(store, name: keyof SessionStore) {
      return (...given: unknown[]) => {
        appendFileSync(path, name + '\\n');
        return Reflect.apply(changed[name] ?? store[name], store, given);
      };
    },
  });
  return { ...memory, name: 'journal', sessions };
}
`;
const JOURNAL_TEST = `
import type { SessionStore } from 'session-gateway/backend';
import { describeBackend } from 'session-gateway/testing';
import { openJournalBackend } from './journal-backend.ts';

// Whoever asks is shown everything.
function findRun(this: SessionStore, id: string) {
  return this.findRun(id, 'system');
}
const broken = process.env['BROKEN'] ? { findRun } : {};

describeBackend('journal', async () => {
  const opened = openJournalBackend('journal.txt', broken);
  const filter = { status: null, graphId: null, metadata: {}, forkedFromSessionId: null };
  return {
    backend: opened,
    contents: async () => ({
      tuples: await Array.fromAsync(opened.savers.reader().list({ configurable: {} })),
      sessions: await opened.sessions.list('alice', filter, 'CREATED_AT', { first: 100, after: null }),
    }),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
});
`;

describe('npm pack, and the tarball in another project', () => {
  const folder = temporaryFolder();
  const project = join(folder.path, 'project');
  const bin = join(project, 'node_modules/.bin/session-gateway');

  beforeAll(async () => {
    mkdirSync(join(project, 'words'), { recursive: true });
    const write = (name: string, text: string) => writeFileSync(join(project, name), text);
    write('package.json', JSON.stringify({ name: 'project', private: true, type: 'module' }));
    write('langgraph.json', JSON.stringify({ graphs: { greet: './graph.ts:graph' } }));
    write(
      'tsconfig.json',
      JSON.stringify({ compilerOptions: { paths: { '@words/*': ['./words/*'] } } }),
    );
    write('graph.ts', GRAPH);
    write('words/greeting.ts', "export const greeting: string = 'hello';\n");
    await run('npm', ['pack', '--pack-destination', folder.path], { cwd: ROOT });
    const tarball = readdirSync(folder.path).find((name) => name.endsWith('.tgz')) ?? '';
    const packages = [join(folder.path, tarball), `@langchain/langgraph@${OTHER_LANGGRAPH}`];
    await run('npm', ['install', '--no-audit', '--no-fund', ...packages], { cwd: project });
  });

  afterAll(() => folder[Symbol.dispose]());

  it('brings no `node` into the project, and a better-sqlite3 that needs no compiler', () => {
    expect(existsSync(join(project, 'node_modules/.bin/node'))).toBe(false);
    expect(existsSync(join(project, 'node_modules/@langchain/langgraph-checkpoint-sqlite'))).toBe(
      false,
    );
    const prebuilt = readdirSync(join(project, 'node_modules/better-sqlite3/prebuilds'));
    expect(prebuilt.length).toBeGreaterThan(0);
  });

  it.each(ENVIRONMENTS)(
    '%s: `session-gateway` serves the project’s graphs, TypeScript, paths and subgraphs included',
    async (ENV) => {
      await using environment = await openEnvironment(ENV);
      await using program = await command(environment.settings);
      const user = new User(program.url);
      const id = await user.start({ task: 'go' });
      const { interrupts, status } = await user.settled(id);
      expect(status).toBe('INTERRUPTED');
      await user.resume({
        sessionId: id,
        answers: [{ interruptId: interrupts[0]?.interruptId ?? '', value: 'you' }],
      });
      expect(await user.settled(id)).toMatchObject({
        status: 'SUCCEEDED',
        values: { said: 'hello you' },
      });
    },
  );

  it('brings `session-gateway/client`, which loads nothing else and has its types', async () => {
    const script = `
      import * as client from 'session-gateway/client';
      console.log(Object.keys(client).join());
    `;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
      cwd: project,
    });
    expect(stdout).toContain('createGatewayClient');
    expect(stdout).toContain('watchSession');
    const dist = join(project, 'node_modules/session-gateway/dist');
    const importsOf = (file: string): string[] => {
      const text = readFileSync(join(dist, file), 'utf8');
      return Array.from(text.matchAll(/^import .* from "([^"]+)"/gm), ([, name = '']) => name);
    };
    const [shared = '', ...others] = importsOf('client.js');
    expect(others).toEqual([]);
    expect(importsOf(shared)).toEqual([]);
    // The hooks load React beside it.
    expect(importsOf('react.js')).toEqual([shared, 'react']);
    for (const file of ['client/index.d.ts', 'client/react.d.ts'])
      expect(existsSync(join(dist, file))).toBe(true);
  });

  describe('a backend of somebody else', () => {
    beforeAll(async () => {
      writeFileSync(join(project, 'journal-backend.ts'), JOURNAL_BACKEND);
      writeFileSync(join(project, 'journal.test.ts'), JOURNAL_TEST);
      const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
        devDependencies: Readonly<Record<string, string>>;
      };
      const tools = ['vitest', 'typescript', '@types/node'];
      const packages = tools.map((name) => `${name}@${devDependencies[name]}`);
      await run('npm', ['install', '--no-audit', '--no-fund', '-D', ...packages], { cwd: project });
    });

    it('has the types it needs', async () => {
      const options = '--noEmit --strict --skipLibCheck --module nodenext --target es2024'.split(
        ' ',
      );
      const lib = ['--lib', 'es2024,esnext.disposable,esnext.array', '--types', 'node'];
      const files = ['--allowImportingTsExtensions', 'journal.test.ts', '--ignoreConfig'];
      await run('npx', ['tsc', ...options, ...lib, ...files], { cwd: project });
    });

    it('passes the suite of `session-gateway/testing`, and a broken one does not', async () => {
      const good = await suite({});
      expect(good.failed).toEqual([]);
      expect(good.passed).toBeGreaterThan(25);
      const broken = await suite({ BROKEN: '1' });
      expect(broken.failed).toContain(
        'journal ownership shows a session and all that is under it to its owner alone',
      );
    });

    it('is served by createGateway', async () => {
      const script = `
        import { createGateway } from 'session-gateway';
        import { openJournalBackend } from './journal-backend.ts';
        await using gateway = await createGateway({ backend: openJournalBackend('served.txt') });
        const query = 'mutation { startSession(input: { graphId: "greet", input: { task: "go" } }) { session { id } } }';
        const answer = await fetch(gateway.url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-user-id': 'alice' },
          body: JSON.stringify({ query }),
        });
        console.log(gateway.backend, (await answer.json()).data.startSession.session.id.length);
      `;
      const env = { ...process.env, PORT: '0', LOG_LEVEL: 'silent' };
      const args = ['--input-type=module', '-e', script];
      const { stdout } = await run(process.execPath, args, { cwd: project, env });
      expect(stdout).toContain('journal 36');
      expect(readFileSync(join(project, 'served.txt'), 'utf8')).toContain('create\n');
    });

    async function suite(settings: Settings) {
      const args = [
        'vitest',
        'run',
        '--reporter=json',
        '--outputFile=report.json',
        'journal.test.ts',
      ];
      const env = { ...process.env, ...settings };
      // It ends with an error where tests fail.
      await run('npx', args, { cwd: project, env }).catch(() => undefined);
      const { testResults } = JSON.parse(readFileSync(join(project, 'report.json'), 'utf8')) as {
        testResults: readonly {
          assertionResults: readonly { fullName: string; status: string }[];
        }[];
      };
      const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
      const failed = tests.filter(({ status }) => status === 'failed');
      return {
        failed: failed.map(({ fullName }) => fullName),
        passed: tests.filter(({ status }) => status === 'passed').length,
      };
    }
  });

  it('brings the console, built', async () => {
    await using program = await command({ ENV: 'development' });
    const page = await (await fetch(new URL('/', program.url))).text();
    const [script = ''] = /\/console\/[\w.-]+\.js/.exec(page) ?? [];
    expect((await fetch(new URL(script, program.url))).status).toBe(200);
  });

  it('finds a Node that is new enough', async () => {
    await using program = await command({ SESSION_GATEWAY_NODE: process.execPath });
    expect(await new User(program.url).start({ task: 'go' })).toBeTruthy();
  });

  it.each([24, 26])('runs on Node %i', async (major) => {
    await using program = await command({}, await nodeOf(major));
    const user = new User(program.url);
    const { interrupts } = await user.settled(await user.start({ task: 'go' }));
    expect(interrupts).toHaveLength(1);
  });

  it('is refused by Node 22, with what it needs', async () => {
    const node = await nodeOf(22);
    const started = run(node, [bin], { cwd: project, env: { PATH: '' } });
    await expect(started).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/needs Node 24 or newer; this is 22\./) as string,
    });
  });

  /** A Node of this major, from npm. */
  async function nodeOf(major: number): Promise<string> {
    const { platform, arch } = process;
    const name = `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
    const own = join(folder.path, `node-${major}`);
    mkdirSync(own, { recursive: true });
    const options = ['--no-audit', '--no-fund', '--prefix', own];
    await run('npm', ['install', ...options, `${name}@${major}`], { cwd: own });
    return join(own, 'node_modules', name, 'bin', platform === 'win32' ? 'node.exe' : 'node');
  }

  /** Starts the command as a shell would, from the project's folder. */
  async function command(settings: Settings, node?: string) {
    const [program, args] = node === undefined ? [bin, []] : [node, [bin]];
    const child = spawn(program, args, {
      cwd: project,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        PORT: '0',
        LOG_LEVEL: 'warn',
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
    });
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.on('data', () => {
        const found = /ready at (\S+)/.exec(output)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.once('exit', (code) => reject(new Error(`ended with ${code}: ${output}`)));
    });
    return {
      url,
      async [Symbol.asyncDispose]() {
        child.kill('SIGTERM');
        await ended;
      },
    };
  }
});
