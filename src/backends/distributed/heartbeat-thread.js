// Counts one worker's heartbeat up, in a thread of its own. Plain JavaScript, so that it starts without a loader
// and stands beside the code both from a clone and in the package.
import { workerData } from 'node:worker_threads';
import { Redis } from 'ioredis';

const { url, key, workerId, everyMs } = workerData;
const redis = new Redis(url, {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  commandTimeout: 2000,
  retryStrategy: () => everyMs,
});
redis.on('error', () => undefined);

const beat = () => void redis.hincrby(key, workerId, 1).catch(() => undefined);
redis.on('ready', beat);
setInterval(beat, everyMs);
