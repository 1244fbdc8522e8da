// `npm run chaos -- --minutes N --seed S [--backend ENV] [--workers N]`: so many minutes over each backend, or over one; with
// WORKERS=N, if that is said.
import { parseArgs } from 'node:util';
import { runChaos } from './chaos.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    backend: { type: 'string' },
    workers: { type: 'string', default: '0' },
    seed: { type: 'string', default: String(Date.now() % 1e6) },
  },
});
const seconds = Number(values.minutes) * 60;
const seed = Number(values.seed);
const workers = Number(values.workers);
if (!(seconds > 0) || !Number.isInteger(seed)) {
  process.stderr.write('Say --minutes N and --seed S, as numbers.\n');
  process.exit(1);
}
let violations = 0;
const all = ['production', 'staging', 'sqlite', 'development'] as const;
// Memory is not shared by processes.
const chosen = all.filter((name) => workers === 0 || name !== 'development');
for (const ENV of chosen.filter((name) => (values.backend ?? name) === name)) {
  const log = (line: string) => process.stdout.write(`${ENV} ${line}\n`);
  const report = await runChaos({ ENV, seconds, seed, workers, log });
  violations += report.violations.length;
  console.table([{ ENV, sessions: report.sessions, watched: report.watched, ...report.faults }]);
  for (const violation of report.violations) log(`VIOLATION ${violation}`);
}
process.stdout.write(`chaos SEED=${seed}\nchaos VIOLATIONS=${violations}\n`);
process.exit(violations === 0 ? 0 : 1);
