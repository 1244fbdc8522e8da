// A process whose workers on a SQLite file end while they begin, or soon after.
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteBackend } from '../../src/backends/sqlite/index.ts';

/** SQLite's native code is loaded about then. */
const WAITS_MS = { from: 20, upTo: 60 };
const ROUNDS = 3;

await using backend = await openSqliteBackend(process.argv[2] ?? '');
for (let round = 0; round < ROUNDS; round += 1) {
  for (let waitMs = WAITS_MS.from; waitMs < WAITS_MS.upTo; waitMs += 1) {
    await using registry = await backend.openWorkerRegistry();
    await sleep(waitMs);
    process.stdout.write(`${registry.workerId}\n`);
  }
}
