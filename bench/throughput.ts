// Settled runs a second, by how many clients: through the gateway, beside `graph.invoke` and `graph.stream` with LangGraph's own saver
// in a process of its own, on the same backend.
import { openBesideBare } from './beside-bare.ts';
import type { Runs } from './bare-runs.ts';
import { quantile } from './measure.ts';
import { ENVIRONMENTS, type EnvironmentName } from './services.ts';

const CLIENTS = [1, 8, 32, 128];
const MOST_CLIENTS = 128;

export async function run({ quick }: { readonly quick: boolean }) {
  const figures: Record<string, number> = {};
  const rows = [];
  for (const ENV of ENVIRONMENTS) {
    for (const row of await measureBackend(ENV, quick)) {
      rows.push(row);
      figures[`${ENV}_${row.clients}_CLIENTS_OF_BARE`] = row.ratio;
      figures[`${ENV}_${row.clients}_CLIENTS_CPU_OF_BARE_STREAM`] = row['of bare stream'];
      figures[`${ENV}_${row.clients}_CLIENTS_P99_OF_MEDIAN`] = row['p99 of median'];
    }
  }
  console.table(rows);
  for (const ENV of ENVIRONMENTS)
    if (ENV !== 'development') figures[`${ENV}_2_WORKERS_OF_0`] = await gainOfWorkers(ENV, quick);
  return figures;
}

/** Runs a second with WORKERS=2 over those with WORKERS=0, taken in turns. */
async function gainOfWorkers(ENV: EnvironmentName, quick: boolean): Promise<number> {
  await using alone = await openBesideBare(ENV, MOST_CLIENTS);
  await using several = await openBesideBare(ENV, MOST_CLIENTS, { WORKERS: '2' });
  const forMs = quick ? 1000 : 3000;
  const gains: number[] = [];
  for (let n = 0; n <= (quick ? 1 : 5); n += 1) {
    const one = await rateOf(() => alone.ours(MOST_CLIENTS, forMs));
    const two = await rateOf(() => several.ours(MOST_CLIENTS, forMs));
    if (n > 0) gains.push(two.perSecond / one.perSecond);
  }
  return quantile(gains, 0.5);
}

async function measureBackend(ENV: EnvironmentName, quick: boolean) {
  await using runs = await openBesideBare(ENV, MOST_CLIENTS);
  const forMs = quick ? 300 : 2000;
  const rounds = quick ? 1 : 3;
  const rows = [];
  for (const clients of CLIENTS) {
    const ours: Rate[] = [];
    const bare: Rate[] = [];
    const streams: Rate[] = [];
    // They take turns, and what is compiled at first is in none of the figures.
    for (let n = 0; n <= rounds; n += 1) {
      const oursNow = await rateOf(() => runs.ours(clients, forMs));
      const bareNow = await rateOf(() => runs.bare(clients, forMs));
      const streamNow = await rateOf(() => runs.bare(clients, forMs, 'stream'));
      if (n === 0) continue;
      ours.push(oursNow);
      bare.push(bareNow);
      streams.push(streamNow);
    }
    const perSecond = median(ours, 'perSecond');
    const barePerSecond = median(bare, 'perSecond');
    rows.push({
      backend: ENV,
      clients,
      'runs/s': Math.round(perSecond),
      'bare runs/s': Math.round(barePerSecond),
      ratio: perSecond / barePerSecond,
      'p99 of median': median(ours, 'tail'),
      'cpu ms of a run': median(ours, 'cpuMs'),
      'bare cpu ms': median(bare, 'cpuMs'),
      'of bare stream': median(ours, 'cpuMs') / median(streams, 'cpuMs'),
    });
  }
  return rows;
}

interface Rate {
  readonly perSecond: number;
  /** Processor time of the process, for each run. */
  readonly cpuMs: number;
  /** How long the slowest hundredth took, over the median. */
  readonly tail: number;
}

/** Counted from the first that begins to the last that ends. */
async function rateOf(work: () => Promise<Runs>): Promise<Rate> {
  const begun = performance.now();
  const { took, cpuMs } = await work();
  const perSecond = (took.length * 1000) / (performance.now() - begun);
  return {
    perSecond,
    cpuMs: cpuMs / took.length,
    tail: quantile(took, 0.99) / quantile(took, 0.5),
  };
}

function median(rates: readonly Rate[], part: keyof Rate): number {
  return quantile(
    rates.map((rate) => rate[part]),
    0.5,
  );
}
