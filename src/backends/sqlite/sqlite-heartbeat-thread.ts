// Counts one worker's heartbeat up in the file, in a thread of its own.
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { BeatRecord } from '../heartbeat.ts';
import type { SqliteHeartbeat } from './worker-registry.ts';

const { path, workerId, host, everyMs, record } = workerData as SqliteHeartbeat;
const beats = BeatRecord.from(record);
const database = new Database(path, { timeout: everyMs });
parentPort?.postMessage('begun', []);
// A frozen process whose row was removed is among the living again once it wakes up.
const beat = database.prepare(
  'INSERT INTO workers (id, host, pid, beat) VALUES (?, ?, ?, 0) ON CONFLICT (id) DO UPDATE SET beat = beat + 1',
);

setInterval(() => {
  try {
    const begun = process.hrtime.bigint();
    beat.run(workerId, host, process.pid);
    beats.landed(begun);
  } catch {
    // The file is busy or the disk full: the next beat tries again.
  }
}, everyMs);
