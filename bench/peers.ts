// The same graphs and clients through the gateway and through LangGraph's own server for JavaScript, in turns: settled runs a second, how
// long one takes, and processor time. That server keeps everything in memory; the gateway stores each step.
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { startProgram } from '../test/support/program.ts';
import { cpuMsOf } from './beside-bare.ts';
import { type Child, openChild } from './child.ts';
import { quantile } from './measure.ts';
import type { AskedOfClients } from './peers/clients.ts';
import { type EnvironmentName, openServices } from './services.ts';

const FOLDER = `${import.meta.dirname}/peers`;
const ENVIRONMENTS = ['development', 'sqlite'] as const satisfies readonly EnvironmentName[];
/** How many runs each server executes at once. */
const AT_ONCE = 10;

interface Work {
  readonly graph: string;
  readonly input: object;
  readonly watched?: boolean;
  readonly clients: readonly number[];
}

const text = { input: 'x' };
const WORK: readonly Work[] = [
  { graph: 'sixNodes', input: text, clients: [1, 32, 128] },
  { graph: 'twentySteps', input: text, clients: [8] },
  { graph: 'fanOut', input: text, clients: [8] },
  {
    graph: 'tokens',
    input: { messages: [{ role: 'user', content: 'x' }] },
    watched: true,
    clients: [8],
  },
];

interface Server extends AsyncDisposable {
  readonly name: AskedOfClients['server'];
  readonly url: string;
  cpuMs(): Promise<number>;
}

export async function run({ quick }: { readonly quick: boolean }) {
  if (!existsSync(`${FOLDER}/node_modules`))
    await promisify(execFile)('npm', ['install', '--no-package-lock', '--no-audit'], {
      cwd: FOLDER,
    });
  using clients = openChild<AskedOfClients>('peers/clients.ts');
  const figures: Record<string, number> = {};
  const rows = [];
  for (const work of WORK)
    for (const ENV of ENVIRONMENTS) {
      // New ones for each: what that server keeps makes it slower.
      await using gateway = await openGateway(ENV);
      await using peer = await openPeer();
      for (const count of work.clients) {
        const [ours, theirs] = await inTurns([gateway, peer], clients, work, count, quick);
        if (ours === undefined || theirs === undefined) throw new Error('nothing was measured');
        rows.push({
          graph: work.graph,
          backend: ENV,
          clients: count,
          'runs/s': ours.perSecond,
          'peer runs/s': theirs.perSecond,
          'median ms': ours.medianMs,
          'peer median ms': theirs.medianMs,
          'cpu ms': ours.cpuMs,
          'peer cpu ms': theirs.cpuMs,
        });
        const name = `${ENV}_${work.graph}_${count}_CLIENTS`;
        figures[`${name}_RATE_OF_PEER`] = ours.perSecond / theirs.perSecond;
        figures[`${name}_CPU_OF_PEER`] = ours.cpuMs / theirs.cpuMs;
      }
    }
  console.table(rows);
  return figures;
}

interface Rate {
  readonly perSecond: number;
  readonly medianMs: number;
  /** Processor time of the server, for each run. */
  readonly cpuMs: number;
}

/** The medians of each server's rounds; the first round of each is in none of them. */
async function inTurns(
  servers: readonly Server[],
  clients: Child<AskedOfClients>,
  { graph, input, watched = false }: Work,
  count: number,
  quick: boolean,
): Promise<Rate[]> {
  const rounds = servers.map((): Rate[] => []);
  for (let n = 0; n <= (quick ? 1 : 5); n += 1)
    for (const [of, server] of servers.entries()) {
      const cpu = await server.cpuMs();
      const begun = performance.now();
      const took = await clients.ask<number[]>({
        url: server.url,
        server: server.name,
        graph,
        input,
        watched,
        clients: count,
        forMs: quick ? 1000 : 4000,
      });
      const seconds = (performance.now() - begun) / 1000;
      if (n === 0) continue;
      rounds[of]?.push({
        perSecond: took.length / seconds,
        medianMs: quantile(took, 0.5),
        cpuMs: ((await server.cpuMs()) - cpu) / took.length,
      });
    }
  const median = (rates: readonly Rate[], part: keyof Rate) =>
    quantile(
      rates.map((rate) => rate[part]),
      0.5,
    );
  return rounds.map((rates) => ({
    perSecond: median(rates, 'perSecond'),
    medianMs: median(rates, 'medianMs'),
    cpuMs: median(rates, 'cpuMs'),
  }));
}

async function openGateway(ENV: EnvironmentName): Promise<Server> {
  const parts = new AsyncDisposableStack();
  const services = parts.use(await openServices(ENV));
  const { url } = parts.use(
    await startProgram({
      ...services.env,
      LANGGRAPH_JSON: `${FOLDER}/langgraph.json`,
      WORKER_CONCURRENCY: String(AT_ONCE),
    }),
  );
  return {
    name: 'gateway',
    url,
    cpuMs: () => cpuMsOf(url),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function openPeer(): Promise<Server> {
  const port = await freePort();
  const graphs = WORK.map(({ graph }) => graph);
  const server = fork(`${FOLDER}/serve.ts`, [String(port), String(AT_ONCE), ...graphs], {
    env: { ...process.env, LOG_LEVEL: 'error' },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(server, 'message');
  return {
    name: 'langgraph',
    url: `http://127.0.0.1:${port}`,
    async cpuMs() {
      server.send('cpu');
      const [ms] = (await once(server, 'message')) as [number];
      return ms;
    },
    async [Symbol.asyncDispose]() {
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
