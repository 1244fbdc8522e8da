// How much is stored of a checkpoint and of a session at rest, beside LangGraph's own saver; and what a process holds
// with ten thousand sessions that wait.
import { startProgram } from '../test/support/program.ts';
import { type BesideBare, openBesideBare } from './beside-bare.ts';
import type { AskedOfSavers, Stored } from './checkpoint-savers.ts';
import { openChild } from './child.ts';
import {
  ENVIRONMENTS,
  type EnvironmentName,
  type Services,
  openServices,
  storedBytes,
} from './services.ts';

const SIZES = [1024, 20 * 1024];

export async function run({ quick }: { readonly quick: boolean }) {
  const figures: Record<string, number> = {};
  const rows = [];
  for (const ENV of ENVIRONMENTS) {
    for (const stateBytes of SIZES) {
      const ours = await bytesOfCheckpoint(ENV, 'fenced', stateBytes, quick);
      const stock = await bytesOfCheckpoint(ENV, 'stock', stateBytes, quick);
      const what = `checkpoint of ${stateBytes / 1024} KB, with its writes`;
      rows.push({ backend: ENV, what, bytes: Math.round(ours), stock: Math.round(stock) });
      figures[`${ENV}_CHECKPOINT_${stateBytes / 1024}_KB_OF_STOCK`] = ours / stock;
    }
    if (ENV === 'development') continue;
    const { ours, stock } = await bytesOfSession(ENV, quick);
    const what = 'session of six nodes at rest';
    rows.push({ backend: ENV, what, bytes: Math.round(ours), stock: Math.round(stock) });
    figures[`${ENV}_SESSION_OF_STOCK`] = ours / stock;
  }
  console.table(rows);
  for (const ENV of ENVIRONMENTS)
    figures[`${ENV}_QUEUED_SESSION_BYTES`] = await bytesOfQueued(ENV, quick ? 500 : 10_000);
  return figures;
}

async function bytesOfCheckpoint(
  ENV: EnvironmentName,
  saver: AskedOfSavers['saver'],
  stateBytes: number,
  quick: boolean,
): Promise<number> {
  await using services = await openServices(ENV);
  using child = openChild<AskedOfSavers>('checkpoint-savers.ts', services.env, ['--expose-gc']);
  const steps = quick ? 300 : 2000;
  const size = async (end: number) => {
    const { heldBytes } = await child.ask<Stored>({ saver, stateBytes, end: { steps: end } });
    return ENV === 'development' ? heldBytes : await storedBytes(services.env);
  };
  const before = await size(50);
  return ((await size(steps)) - before) / steps;
}

async function bytesOfSession(ENV: EnvironmentName, quick: boolean) {
  await using runs = await openBesideBare(ENV, 8);
  const forMs = quick ? 800 : 10_000;
  const grown = async (work: BesideBare['ours'], { env }: Services) => {
    await work(8, forMs);
    const before = await storedBytes(env);
    const { took } = await work(8, forMs);
    return ((await storedBytes(env)) - before) / took.length;
  };
  return {
    ours: await grown(runs.ours, runs.services),
    stock: await grown(runs.bare, runs.bareServices),
  };
}

/** What each of so many sessions takes in the process that holds their queue, behind runs that never end. */
async function bytesOfQueued(ENV: EnvironmentName, sessions: number): Promise<number> {
  await using services = await openServices(ENV);
  await using program = await startProgram(services.env);
  const token = await services.tokenOf('local');
  const headers = {
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const start = async () => {
    const query = `mutation { startSession(input: { graphId: "hanging", input: { input: "x" } }) { session { id } } }`;
    const response = await fetch(program.url, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query }),
    });
    const text = await response.text();
    if (text.includes('"errors"')) throw new Error(text);
  };
  const startAll = async (count: number) => {
    for (let n = 0; n < count; n += 20) await Promise.all(Array.from({ length: 20 }, start));
  };
  const resident = async () => {
    const metrics = await (await fetch(new URL('/metrics', program.url))).text();
    const read = (name: string) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(metrics)?.[1]);
    return {
      rss: read('process_resident_memory_bytes'),
      heap: read('nodejs_heap_size_used_bytes'),
    };
  };
  await startAll(200);
  const before = await resident();
  await startAll(sessions);
  const after = await resident();
  const megabytes = (bytes: number) => Math.round(bytes / 1e6);
  console.table([
    {
      backend: ENV,
      'queued sessions': sessions,
      'resident MB': megabytes(after.rss),
      'MB before': megabytes(before.rss),
      'heap MB': megabytes(after.heap),
      'heap MB before': megabytes(before.heap),
    },
  ]);
  return (after.rss - before.rss) / sessions;
}
