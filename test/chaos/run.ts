// `npm run chaos -- --minutes N --seed S [--backend ENV]`: so many minutes over each backend, or over one.
import { parseArgs } from 'node:util';
import { runChaos } from './chaos.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    backend: { type: 'string' },
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
const all = ['production', 'staging', 'sqlite', 'development'] as const;
for (const ENV of all.filter((name) => (values.backend ?? name) === name)) {
  const log = (line: string) => process.stdout.write(`${ENV} ${line}\n`);
  const report = await runChaos({ ENV, seconds, seed, log });
  violations += report.violations.length;
  console.table([{ ENV, sessions: report.sessions, watched: report.watched, ...report.faults }]);
  for (const violation of report.violations) log(`VIOLATION ${violation}`);
}
process.stdout.write(`chaos SEED=${seed}\nchaos VIOLATIONS=${violations}\n`);
process.exit(violations === 0 ? 0 : 1);
