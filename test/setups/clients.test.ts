// Code generators of other projects over the schema of the examples, each installed as its documentation says.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Tour } from '../../examples/clients/tour.ts';
import { expectAudit } from '../examples/audit-output.ts';
import { expectTour } from '../examples/tour.ts';
import { JWT_SECRET, as } from '../support/caller.ts';
import { startSwitchingProxy } from '../support/services/switching-proxy.ts';
import { type Program, startProgram, temporaryFolder } from '../support/program.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLES = join(ROOT, 'examples');
const run = promisify(execFile);

let program: Program;

beforeAll(async () => {
  program = await startProgram({
    ENV: 'development',
    LANGGRAPH_JSON: join(ROOT, 'langgraph.json'),
    AUDIT_ROOT: ROOT,
  });
});

afterAll(() => program[Symbol.asyncDispose]());

it('ariadne-codegen, in Python', async () => {
  using folder = temporaryFolder();
  const typed = join(folder.path, 'typed');
  cpSync(join(EXAMPLES, 'typed'), typed, { recursive: true });
  cpSync(join(EXAMPLES, 'schema.graphql'), join(folder.path, 'schema.graphql'));
  await run('python3', ['-m', 'venv', join(folder.path, 'venv')]);
  const bin = (name: string) => join(folder.path, 'venv/bin', name);
  await run(bin('pip'), ['install', '--quiet', 'ariadne-codegen']);
  await run(bin('ariadne-codegen'), [], { cwd: typed });
  const { stdout } = await run(bin('python'), ['audit.py', program.url], { cwd: typed });
  expectAudit(stdout);
}, 300_000);

it('gql, in Python, over connections that break', async () => {
  using folder = temporaryFolder();
  await using program = await startProgram({
    ENV: 'sqlite',
    JWT_SECRET,
    SQLITE_PATH: join(folder.path, 'sessions.db'),
    LANGGRAPH_JSON: join(EXAMPLES, 'clients/langgraph.json'),
  });
  using proxy = await startSwitchingProxy([program.url]);
  await run('python3', ['-m', 'venv', join(folder.path, 'venv')]);
  const bin = (name: string) => join(folder.path, 'venv/bin', name);
  await run(bin('pip'), ['install', '--quiet', 'gql[aiohttp,websockets]']);
  const script = join(EXAMPLES, 'clients/python/tour.py');
  const client = spawn(bin('python'), [script, proxy.url, JSON.stringify(as('alice'))]);
  let [output, events, said] = ['', 0, ''];
  client.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  client.stderr.on('data', (bytes: Buffer) => {
    said += bytes.toString();
    const before = events;
    events = said.split('\n').length;
    if ([10, 25].some((at) => before < at && events >= at)) proxy.cutAll();
  });
  const [code] = (await once(client, 'close')) as [number];
  expect({ code, said }).toEqual({ code: 0, said });
  await expectTour(program.url, JSON.parse(output) as Tour, as('alice'));
}, 300_000);

/** A project with these packages and files, and the schema. */
async function openProject(packages: readonly string[], files: Readonly<Record<string, string>>) {
  const folder = temporaryFolder();
  mkdirSync(join(folder.path, 'src'));
  writeFileSync(join(folder.path, 'package.json'), '{"type": "module", "private": true}');
  cpSync(join(EXAMPLES, 'schema.graphql'), join(folder.path, 'schema.graphql'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
  await run('npm', ['install', '--no-audit', '--no-fund', ...packages], { cwd: folder.path });
  return {
    [Symbol.dispose]: () => folder[Symbol.dispose](),
    bin: (name: string, args: readonly string[]) =>
      run(join(folder.path, 'node_modules/.bin', name), args, { cwd: folder.path }),
  };
}

const TADA = `
import { initGraphQLTada, type VariablesOf, type ResultOf } from 'gql.tada';
import type { introspection } from './graphql-env.js';
const graphql = initGraphQLTada<{ introspection: introspection; scalars: { DateTime: string; JSON: unknown } }>();
const Start = graphql('mutation ($graph: GraphInput!) { startSession(input: { graph: $graph }) { session { id } } }');
const Look = graphql('query ($id: ID!) { session(id: $id) { state { __typename ... on RepoAuditState { report audits { folder } } } } }');
export const good: VariablesOf<typeof Start> = { graph: { repoAudit: { path: '.', exclude: ['a'] } } };
// @ts-expect-error no such graph
export const none: VariablesOf<typeof Start> = { graph: { audit: {} } };
// @ts-expect-error no such key
export const wrong: VariablesOf<typeof Start> = { graph: { repoAudit: { depth: 1 } } };
export function reportOf({ session }: ResultOf<typeof Look>): string | null {
  if (session?.state?.__typename !== 'RepoAuditState') return null;
  const folders: string[] = session.state.audits?.map(({ folder }) => folder) ?? [];
  // @ts-expect-error it may be null
  const report: string = session.state.report;
  return report + folders.join();
}
`;

it('gql.tada, whose types compile or do not', async () => {
  const plugin = {
    name: 'gql.tada/ts-plugin',
    schema: './schema.graphql',
    tadaOutputLocation: './src/graphql-env.d.ts',
  };
  const compilerOptions = {
    strict: true,
    target: 'es2022',
    module: 'nodenext',
    moduleResolution: 'nodenext',
    noEmit: true,
    skipLibCheck: true,
    plugins: [plugin],
  };
  using project = await openProject(['gql.tada@1', 'graphql@16', 'typescript@5'], {
    'tsconfig.json': JSON.stringify({ compilerOptions, include: ['src'] }),
    'src/main.ts': TADA,
  });
  await project.bin('gql.tada', ['generate-output']);
  await project.bin('tsc', ['-p', '.']);
}, 300_000);

const RELAY = `
import { graphql } from 'relay-runtime';
graphql\`
  fragment main_messages on Session
  @argumentDefinitions(count: { type: "Int", defaultValue: 30 }, cursor: { type: "String" })
  @refetchable(queryName: "mainMessagesPageQuery") {
    messages(last: $count, before: $cursor) @connection(key: "main_messages_messages") {
      edges { node { id role text toolCalls { toolCallId name args } } }
    }
  }
\`;
graphql\`
  fragment main_sessions on Query
  @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" })
  @refetchable(queryName: "mainSessionsPageQuery") {
    sessions(first: $count, after: $cursor) @connection(key: "main_sessions_sessions") {
      edges { node { id status state { __typename ... on RepoAuditState { report } } ...main_messages } }
    }
  }
\`;
graphql\`query mainQuery { ...main_sessions }\`;
graphql\`mutation mainStartMutation($input: StartSessionInput!) { startSession(input: $input) { session { id } } }\`;
`;

it('the Relay compiler, with pages that are fetched again', async () => {
  using project = await openProject(['relay-compiler', 'relay-runtime'], {
    'relay.config.json': JSON.stringify({
      src: './src',
      schema: './schema.graphql',
      language: 'typescript',
    }),
    'src/main.ts': RELAY,
  });
  const { stdout, stderr } = await project.bin('relay-compiler', []);
  expect(stdout + stderr).toContain('Compilation completed');
}, 300_000);
