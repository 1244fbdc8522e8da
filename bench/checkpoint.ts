// What one step stores, by how large its state is: a checkpoint and the writes of a task a turn, one after the other,
// through the fenced saver that logs them as events, and through LangGraph's own; and how late the event loop was.
import { openChild } from './child.ts';
import type { AskedOfSavers, Stored } from './checkpoint-savers.ts';
import { quantile } from './measure.ts';
import { ENVIRONMENTS, openServices } from './services.ts';

const SIZES = [1024, 20 * 1024, 1024 * 1024];

export async function run({ quick }: { readonly quick: boolean }) {
  const rounds = quick ? 2 : 7;
  const end = { ms: quick ? 400 : 1500 };
  const figures: Record<string, number> = {};
  const rows = [];
  for (const ENV of ENVIRONMENTS) {
    await using services = await openServices(ENV);
    await using stockServices = await openServices(ENV);
    for (const stateBytes of SIZES) {
      using ours = openChild<AskedOfSavers>('checkpoint-savers.ts', services.env);
      using stock = openChild<AskedOfSavers>('checkpoint-savers.ts', stockServices.env);
      const samples = { ours: [] as Stored[], stock: [] as Stored[] };
      for (let n = 0; n <= rounds; n += 1) {
        const fenced = await ours.ask<Stored>({ saver: 'fenced', stateBytes, end });
        const plain = await stock.ask<Stored>({ saver: 'stock', stateBytes, end });
        if (n === 0) continue;
        samples.ours.push(fenced);
        samples.stock.push(plain);
      }
      const median = (all: readonly Stored[], part: keyof Stored) =>
        quantile(
          all.map((each) => each[part]),
          0.5,
        );
      const state = `${stateBytes / 1024}_KB`;
      rows.push({
        backend: ENV,
        state,
        'steps/s': Math.round(median(samples.ours, 'stepsPerSecond')),
        'stock steps/s': Math.round(median(samples.stock, 'stepsPerSecond')),
        'longest delay, ms': median(samples.ours, 'longestDelayMs'),
        'stock, ms': median(samples.stock, 'longestDelayMs'),
      });
      figures[`${ENV}_${state}_STEPS_OF_STOCK`] =
        median(samples.ours, 'stepsPerSecond') / median(samples.stock, 'stepsPerSecond');
    }
  }
  console.table(rows);
  return figures;
}
