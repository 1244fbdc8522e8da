// `npm run chaos -- --minutes N --seed S`: two thirds of the time over production, the rest over SQLite.
import { parseArgs } from 'node:util';
import { runChaos } from './chaos.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1e6) },
  },
});
const seconds = Number(values.minutes) * 60;
const seed = Number(values.seed);
if (!(seconds > 0) || !Number.isInteger(seed)) {
  process.stderr.write('Say --minutes N and --seed S, as numbers.\n');
  process.exit(1);
}
let violations = 0;
for (const [ENV, part] of [
  ['production', 2 / 3],
  ['sqlite', 1 / 3],
] as const) {
  const log = (line: string) => process.stdout.write(`${ENV} ${line}\n`);
  const report = await runChaos({ ENV, seconds: seconds * part, seed, log });
  violations += report.violations.length;
  console.table([{ ENV, sessions: report.sessions, watched: report.watched, ...report.faults }]);
  for (const violation of report.violations) log(`VIOLATION ${violation}`);
}
process.stdout.write(`chaos SEED=${seed}\nchaos VIOLATIONS=${violations}\n`);
process.exit(violations === 0 ? 0 : 1);
