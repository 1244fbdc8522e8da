// `npm run bench -- NAME [--quick]`: runs one of the benchmarks, which prints a table and then its figures, a line each.
import { parseArgs } from 'node:util';

const BENCHMARKS: Readonly<Record<string, () => Promise<Benchmark>>> = {
  checkpoint: () => import('./checkpoint.ts'),
  console: () => import('./console.ts'),
  feed: () => import('./feed.ts'),
  history: () => import('./history.ts'),
  lists: () => import('./lists.ts'),
  overhead: () => import('./overhead.ts'),
  memory: () => import('./memory.ts'),
  peers: () => import('./peers.ts'),
  scale: () => import('./scale.ts'),
  start: () => import('./start.ts'),
  takeover: () => import('./takeover.ts'),
  throughput: () => import('./throughput.ts'),
  typed: () => import('./typed.ts'),
};

/** A benchmark's module. */
export interface Benchmark {
  /** What is measured, by name; ratios first. */
  run(options: { readonly quick: boolean }): Promise<Readonly<Record<string, number>>>;
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
});
const [name = ''] = positionals;
const open = BENCHMARKS[name];
if (open === undefined) {
  process.stderr.write(`Name one of: ${Object.keys(BENCHMARKS).join(', ')}.\n`);
  process.exit(1);
}
const figures = await (await open()).run({ quick: values.quick });
for (const [metric, value] of Object.entries(figures))
  process.stdout.write(`${name} ${metric}=${Number(value.toPrecision(3))}\n`);
process.exit(0);
