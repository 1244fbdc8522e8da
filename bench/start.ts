// From the start of the process to its first answer, beside a process that only loads what a graph on SQLite takes and
// answers over HTTP; and what a process holds in memory once it has nothing to do.
import { execFile } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Program, startProgram } from '../test/support/program.ts';
import { quantile } from './measure.ts';
import { ENVIRONMENTS, openServices } from './services.ts';

const execute = promisify(execFile);

const SOURCE = `${import.meta.dirname}/../src/main.ts`;
const PACKED = `${import.meta.dirname}/../dist/main.js`;
const BARE = `${import.meta.dirname}/bare-start.ts`;

export async function run({ quick }: { readonly quick: boolean }) {
  await execute('npm', ['run', 'build'], { cwd: `${import.meta.dirname}/..` });
  const rounds = quick ? 3 : 11;
  const figures: Record<string, number> = {};
  const rows = [];
  for (const ENV of ENVIRONMENTS) {
    await using services = await openServices(ENV);
    const samples = { packed: [] as number[], source: [] as number[], bare: [] as number[] };
    // They take turns; the first of each reads its files from the disk.
    for (let n = 0; n <= rounds; n += 1) {
      const packed = await firstAnswerMs(services, PACKED);
      const source = await firstAnswerMs(services, SOURCE);
      const bare = await firstAnswerMs(services, BARE);
      if (n === 0) continue;
      samples.packed.push(packed);
      samples.source.push(source);
      samples.bare.push(bare);
    }
    const idle = await idleMegabytes(services);
    const median = (of: keyof typeof samples) => quantile(samples[of], 0.5);
    rows.push({
      backend: ENV,
      'packed, ms': Math.round(median('packed')),
      'from source, ms': Math.round(median('source')),
      'bare, ms': Math.round(median('bare')),
      'idle, MB': Math.round(idle),
    });
    figures[`${ENV}_IDLE_MB`] = idle;
    figures[`${ENV}_OF_BARE`] = median('packed') / median('bare');
    figures[`${ENV}_S`] = median('packed') / 1000;
  }
  console.table(rows);
  return figures;
}

/** Of resident memory, twenty seconds after the start. */
async function idleMegabytes({ env }: Awaited<ReturnType<typeof openServices>>): Promise<number> {
  await using program = await startProgram(env, [PACKED]);
  await setTimeout(20_000);
  const { stdout } = await execute('ps', ['-o', 'rss=', '-p', String(program.process.pid)]);
  return Number(stdout) / 1024;
}

async function firstAnswerMs(
  { env, tokenOf }: Awaited<ReturnType<typeof openServices>>,
  main: string,
): Promise<number> {
  const token = await tokenOf('local');
  const begun = performance.now();
  // As at a first start.
  const settings = { ...env, NODE_COMPILE_CACHE: undefined };
  await using program: Program = await startProgram(settings, [main]);
  const response = await fetch(program.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query: '{ sessions(first: 1) { nodes { id } } }' }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return performance.now() - begun;
}
