// Settled runs a second, by how many clients: through the gateway, beside `graph.invoke` with LangGraph's own saver in a
// process of its own, on the same backend.
import { openBesideBare } from './beside-bare.ts';
import type { Runs } from './bare-runs.ts';
import { quantile } from './measure.ts';
import { ENVIRONMENTS, type EnvironmentName } from './services.ts';

const CLIENTS = [1, 8, 32, 128];

export async function run({ quick }: { readonly quick: boolean }) {
  const figures: Record<string, number> = {};
  const rows = [];
  for (const ENV of ENVIRONMENTS) {
    for (const row of await measureBackend(ENV, quick)) {
      rows.push(row);
      figures[`${ENV}_${row.clients}_CLIENTS_OF_BARE`] = row.ratio;
    }
  }
  console.table(rows);
  return figures;
}

async function measureBackend(ENV: EnvironmentName, quick: boolean) {
  await using runs = await openBesideBare(ENV, Math.max(...CLIENTS));
  const forMs = quick ? 300 : 2000;
  const rounds = quick ? 1 : 3;
  const rows = [];
  for (const clients of CLIENTS) {
    const ours: Rate[] = [];
    const bare: Rate[] = [];
    // They take turns, and what is compiled at first is in none of the figures.
    for (let n = 0; n <= rounds; n += 1) {
      const oursNow = await rateOf(() => runs.ours(clients, forMs));
      const bareNow = await rateOf(() => runs.bare(clients, forMs));
      if (n === 0) continue;
      ours.push(oursNow);
      bare.push(bareNow);
    }
    const perSecond = median(ours, 'perSecond');
    const barePerSecond = median(bare, 'perSecond');
    rows.push({
      backend: ENV,
      clients,
      'runs/s': Math.round(perSecond),
      'bare runs/s': Math.round(barePerSecond),
      ratio: perSecond / barePerSecond,
      'cpu ms of a run': median(ours, 'cpuMs'),
      'bare cpu ms': median(bare, 'cpuMs'),
    });
  }
  return rows;
}

interface Rate {
  readonly perSecond: number;
  /** Processor time of the process, for each run. */
  readonly cpuMs: number;
}

/** Counted from the first that begins to the last that ends. */
async function rateOf(work: () => Promise<Runs>): Promise<Rate> {
  const begun = performance.now();
  const { took, cpuMs } = await work();
  const perSecond = (took.length * 1000) / (performance.now() - begun);
  return { perSecond, cpuMs: cpuMs / took.length };
}

function median(rates: readonly Rate[], part: keyof Rate): number {
  return quantile(
    rates.map((rate) => rate[part]),
    0.5,
  );
}
