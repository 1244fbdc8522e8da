// Counts one worker's heartbeat up in Redis, in a thread of its own.
import { parentPort, workerData } from 'node:worker_threads';
import { Redis } from 'ioredis';
import { BeatRecord } from '../heartbeat.ts';
import { commonOptions } from './redis-connection.ts';
import type { RedisHeartbeat } from './redis-worker-registry.ts';

/** A frozen connection must be made anew before the worker is missed (STALE_MS). */
const SILENT_MS = 1000;

const { url, key, workerId, everyMs, record } = workerData as RedisHeartbeat;
const beats = BeatRecord.from(record);
const redis = new Redis(url, {
  ...commonOptions(),
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  commandTimeout: 2000,
  connectTimeout: 2000,
  socketTimeout: SILENT_MS,
  retryStrategy: () => everyMs / 2,
});
redis.on('error', () => undefined);
parentPort?.postMessage('begun', []);

const beat = () => {
  const begun = process.hrtime.bigint();
  redis
    .hincrby(key, workerId, 1)
    .then(() => beats.landed(begun))
    .catch(() => undefined);
};
redis.on('ready', beat);
setInterval(beat, everyMs);
