// What somebody meets who has just begun: the command line, `init`, `dev`, and settings beside the graphs.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { JWT_SECRET } from '../support/caller.ts';
import { post } from '../support/client.ts';
import { runProgram, startProgram, temporaryFolder } from '../support/program.ts';
import { User } from '../support/user.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'src/main.ts');

/** A project in a folder of its own, with this repository's packages. */
function openProject(files: Readonly<Record<string, string>> = {}) {
  const folder = temporaryFolder();
  symlinkSync(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'));
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder.path, name), content);
  return folder;
}

/** A graph that says a word and asks. */
const graphOf = (word: string) => `
  import { END, START, StateGraph, interrupt } from '@langchain/langgraph';
  import { z } from 'zod';
  import { punctuation } from './lib/punctuation';
  export const graph = new StateGraph(z.object({ said: z.string().optional(), answer: z.unknown() }))
    .addNode('say', () => ({ said: '${word}' + punctuation }))
    .addNode('ask', () => ({ answer: interrupt('more?') }))
    .addEdge(START, 'say').addEdge('say', 'ask').addEdge('ask', END).compile();
`;
const LANGGRAPH_JSON = JSON.stringify({ graphs: { talk: './graph.ts:graph' }, env: '.env' });

const PUNCTUATION = 'lib/punctuation.ts';

/** A project whose graph imports another file. */
function openTalk(graph: string) {
  const project = openProject({
    'package.json': '{"type": "module"}',
    'langgraph.json': LANGGRAPH_JSON,
    '.env': '',
    'graph.ts': graph,
  });
  mkdirSync(join(project.path, 'lib'));
  writeFileSync(join(project.path, PUNCTUATION), "export const punctuation = '.';");
  return project;
}

describe('the command line', () => {
  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(await runProgram({}, ['--version'])).toEqual({ code: 0, output: `${version}\n` });
  });

  it.each([
    [['srve'], 'There is no command "srve". Is it "serve"? See --help.'],
    [['migrat'], 'Is it "migrate"?'],
    [['--prot', '1'], 'There is no option "--prot". Is it "--port"? See --help.'],
    [['--port', 'x'], 'PORT is "x"'],
    [['dev', 'more'], '"more" is not expected'],
  ])('refuses %j, and says what may be meant', async (args, words) => {
    const { code, output } = await runProgram({}, args);
    expect(code).toBe(1);
    expect(output).toContain(words);
    expect(output.trim().split('\n')).toHaveLength(1);
  });

  it('takes the port, and says where the console is', async () => {
    await using program = await startProgram({ ENV: 'development', PORT: '1' }, [
      MAIN,
      '--port',
      '0',
    ]);
    const console = new URL('/', program.url).href;
    await expect.poll(() => program.output()).toContain(`Console at ${console}`);
    const page = await fetch(console, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(200);
  });

  it('logs for people where that is asked for, and JSON where nothing is and nobody looks', async () => {
    const settings = { ENV: 'development', LOG_LEVEL: 'info' };
    await using pretty = await startProgram({ ...settings, LOG_FORMAT: 'pretty' });
    expect(pretty.output()).toMatch(
      /^\[?\d\d:\d\d:\d\d\.\d{3}\]? \S*INFO\S*: .*sessions are kept/m,
    );
    expect(pretty.output()).not.toContain('{"level"');
    await using json = await startProgram(settings);
    expect(json.output()).toContain('{"level":30');
  });
});

describe('settings in the `env` of langgraph.json', () => {
  it('count, and those of the environment before them', async () => {
    using project = openProject({
      'langgraph.json': LANGGRAPH_JSON,
      '.env': `JWT_SECRET=${JWT_SECRET}\nENV=development\nMAX_STEPS=7\nSECRET_OF_A_TOOL=x\n`,
      'graph.ts': graphOf('hi').replace(
        "import { punctuation } from './lib/punctuation';",
        "const punctuation = '';",
      ),
    });
    const settings = { LANGGRAPH_JSON: join(project.path, 'langgraph.json') };
    await using program = await startProgram({ ...settings, MAX_STEPS: '9' });
    expect(program.output()).toContain('backend: memory');
    expect((await post(program.url, { query: '{ graphs { id } }' }, {})).errors?.[0]).toMatchObject(
      {
        extensions: { code: 'UNAUTHENTICATED' },
      },
    );
    const token = await runProgram(settings, ['token', '--user', 'ann']);
    const ann = new User(program.url, { authorization: `Bearer ${token.output.trim()}` });
    await expect(ann.start({ graphId: 'talk', input: {}, recursionLimit: 10 })).rejects.toThrow(
      '9',
    );
    expect(await ann.settled(await ann.start({ graphId: 'talk', input: {} }))).toMatchObject({
      status: 'INTERRUPTED',
    });
  });
});

it('init writes a graph that is served, asks and takes its answer', async () => {
  using project = openProject();
  const init = await runIn(project.path, ['init']);
  expect(init).toMatchObject({ code: 0, output: expect.stringContaining('npm install') as string });
  expect(JSON.parse(readFileSync(join(project.path, 'package.json'), 'utf8'))).toMatchObject({
    scripts: { dev: 'session-gateway dev' },
  });
  const again = await runIn(project.path, ['init']);
  expect(again).toMatchObject({ code: 1 });
  expect(again.output).toContain('langgraph.json is there already');
  await using program = await startProgram({
    ENV: 'development',
    LANGGRAPH_JSON: join(project.path, 'langgraph.json'),
  });
  const user = new User(program.url, {});
  const id = await user.start({ graphId: 'greeter', input: { name: 'Ann' } });
  const { interrupts } = await user.settled(id);
  expect(interrupts).toMatchObject([{ value: { draft: 'Hello, Ann!' } }]);
  const [{ interruptId } = { interruptId: '' }] = interrupts;
  const answer = (value: unknown) =>
    user.resume({ sessionId: id, answers: [{ interruptId, value }] });
  await expect(answer({ send: 'maybe' })).rejects.toThrow('send');
  await answer({ send: true, instead: 'Hi!' });
  expect(await user.settled(id)).toMatchObject({
    status: 'SUCCEEDED',
    values: { greeting: 'Hi!' },
  });
});

it('a folder without a langgraph.json is told of init', async () => {
  using project = openProject();
  expect((await runIn(project.path, [])).output).toContain('`session-gateway init`');
});

describe('dev', () => {
  it('serves what changes, keeps the sessions, and says why what is wrong is not served', async () => {
    using project = openTalk(graphOf('one'));
    const punctuation = join(project.path, PUNCTUATION);
    await using dev = await startDev(project.path);
    const user = new User(dev.url(), {});
    const said = async () => {
      const id = await user.start({ graphId: 'talk', input: {} });
      const { values } = await user.settled(id);
      return [id, (values as { said: string }).said] as const;
    };
    const [first, words] = await said();
    expect(words).toBe('one.');

    writeFileSync(join(project.path, 'graph.ts'), graphOf('two'));
    await expect.poll(dev.output).toMatch(/dev: graph\.ts changed; reloaded in \d+ ms\./);
    await dev.ready(2);
    expect((await said())[1]).toBe('two.');
    // The session of before is there, and goes on with the graph of now.
    const { interrupts } = await user.look(first);
    const [{ interruptId } = { interruptId: '' }] = interrupts;
    await user.resume({ sessionId: first, answers: [{ interruptId, value: 1 }] });
    expect(await user.settled(first)).toMatchObject({ status: 'SUCCEEDED' });

    writeFileSync(punctuation, 'export const punctuation = ;');
    await expect.poll(dev.output).toContain('but cannot be served; the old version still is');
    expect(dev.output()).toMatch(/Graph "talk" .*punctuation\.ts:1/s);
    expect((await said())[1]).toBe('two.');

    writeFileSync(punctuation, "export const punctuation = '!';");
    await dev.ready(3);
    expect((await said())[1]).toBe('two!');

    // What is no source of the project changes nothing.
    writeFileSync(join(project.path, 'notes.md'), 'more');
    writeFileSync(join(project.path, '.env'), 'GREETING=1');
    await dev.ready(4);
    await expect.poll(dev.output).toContain('dev: .env changed');
    expect(dev.output()).not.toContain('notes.md');
  });

  it('does not wait for a graph that never loads, and leaves nothing behind', async () => {
    using project = openTalk(graphOf('one'));
    await using dev = await startDev(project.path);
    const processes = () => {
      const { stdout } = spawnSync('pgrep', ['-P', String(dev.process.pid)], { encoding: 'utf8' });
      return stdout.split('\n').filter((pid) => pid !== '');
    };
    writeFileSync(
      join(project.path, 'graph.ts'),
      `${graphOf('two')}\nawait new Promise(() => setInterval(() => undefined, 1000));`,
    );
    await expect.poll(() => processes().length).toBe(2);
    writeFileSync(join(project.path, 'graph.ts'), graphOf('three'));
    await dev.ready(2);
    await expect.poll(dev.output).toContain('reloaded in');
    expect(processes()).toHaveLength(1);
    writeFileSync(
      join(project.path, 'langgraph.json'),
      JSON.stringify({ graphs: { talk: './graph.ts:graph' }, auth: { path: './auth.ts:auth' } }),
    );
    writeFileSync(join(project.path, 'auth.ts'), 'export const auth = ');
    await expect.poll(dev.output).toContain('cannot be served; the old version still is');
    expect((await fetch(dev.url())).status).toBeLessThan(500);
  });

  it('begins with a graph that is wrong, and ends with who started it', async () => {
    using project = openTalk('export const graph = ');
    await using dev = await startDev(project.path, false);
    await expect.poll(dev.output).toContain('waiting for a change');
    writeFileSync(join(project.path, 'graph.ts'), graphOf('one'));
    await dev.ready(1);
    const url = dev.url();
    dev.process.kill('SIGKILL');
    await expect
      .poll(() =>
        fetch(url).then(
          () => 'up',
          () => 'down',
        ),
      )
      .toBe('down');
  });

  async function startDev(folder: string, waits = true) {
    const child = spawn(process.execPath, [MAIN, 'dev'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: '0' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    const starts = () => [...output.matchAll(/ready at (\S+)/g)];
    const started = {
      process: child as ChildProcess,
      output: () => output,
      url: () => starts().at(-1)?.[1] ?? '',
      ready: async (times: number) => {
        await expect.poll(() => starts().length).toBe(times);
        await sleep(0);
      },
      async [Symbol.asyncDispose]() {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const closed = once(child, 'close');
        child.kill('SIGTERM');
        await closed;
        expect(child.exitCode).toBe(0);
      },
    };
    if (waits) await started.ready(1);
    return started;
  }
});

async function runIn(cwd: string, args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ENV: 'development', PORT: '0' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}
