// Counts one worker's heartbeat up, in a thread of its own. Plain JavaScript, so that it starts without a loader
// and stands beside the code both from a clone and in the package.
import { workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';

const { path, workerId, host, everyMs } = workerData;
const database = new Database(path, { timeout: everyMs });
const beat = database.prepare(
  'INSERT INTO workers (id, host, pid, beat) VALUES (?, ?, ?, 0) ON CONFLICT (id) DO UPDATE SET beat = beat + 1',
);

setInterval(() => {
  try {
    // A frozen process whose row was removed is among the living again once it wakes up.
    beat.run(workerId, host, process.pid);
  } catch {
    // The file is busy or the disk full: the next beat tries again.
  }
}, everyMs);
