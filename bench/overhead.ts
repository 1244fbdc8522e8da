// What the gateway adds to a run, one at a time: from startSession to settled at the client, beside `graph.invoke` with
// LangGraph's own saver on the same backend.
import { openBesideBare } from './beside-bare.ts';
import { quantile } from './measure.ts';
import { ENVIRONMENTS, type EnvironmentName } from './services.ts';

export async function run({ quick }: { readonly quick: boolean }) {
  const figures: Record<string, number> = {};
  const rows = [];
  for (const ENV of ENVIRONMENTS) {
    const { ours, bare } = await measureBackend(ENV, quick);
    const added = quantile(ours, 0.5) - quantile(bare, 0.5);
    rows.push({
      backend: ENV,
      'ours, median ms': quantile(ours, 0.5),
      'p99 ms': quantile(ours, 0.99),
      'bare, median ms': quantile(bare, 0.5),
      'bare p99 ms': quantile(bare, 0.99),
      'added ms': added,
    });
    figures[`${ENV}_OF_BARE`] = quantile(ours, 0.5) / quantile(bare, 0.5);
    figures[`${ENV}_ADDED_MS`] = added;
  }
  console.table(rows);
  return figures;
}

async function measureBackend(ENV: EnvironmentName, quick: boolean) {
  await using runs = await openBesideBare(ENV, 1);
  const forMs = quick ? 500 : 2000;
  const rounds = quick ? 4 : 8;
  const samples = { ours: [] as number[], bare: [] as number[] };
  for (let n = 0; n < rounds; n += 1) {
    const ours = await runs.ours(1, forMs);
    const bare = await runs.bare(1, forMs);
    // What is compiled at first is in none of the figures.
    if (n === 0) continue;
    samples.ours.push(...ours.took);
    samples.bare.push(...bare.took);
  }
  return samples;
}
