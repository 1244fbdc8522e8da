// LangGraph's server, as `langgraphjs dev` starts it: everything in memory. Told `cpu`, it answers its processor time in milliseconds.
import { tmpdir } from 'node:os';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

interface Server {
  startServer(options: {
    readonly port: number;
    readonly nWorkers: number;
    readonly host: string;
    readonly cwd: string;
    readonly graphs: Readonly<Record<string, string>>;
  }): Promise<{ readonly host: string }>;
}

const [port = '', workers = '', ...graphs] = process.argv.slice(2);
// It is installed only where the benchmark is run.
const name: string = '@langchain/langgraph-api/server';
const { startServer } = (await import(name)) as Server;
const cwd = mkdtempSync(join(tmpdir(), 'session-gateway-peer-'));
const { host } = await startServer({
  port: Number(port),
  nWorkers: Number(workers),
  host: '127.0.0.1',
  cwd,
  graphs: Object.fromEntries(
    graphs.map((graph) => [graph, `${import.meta.dirname}/graphs.ts:${graph}`]),
  ),
});

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.((user + system) / 1000);
});
process.send?.(host);
