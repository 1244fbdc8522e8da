// Publishes what workers publish, without the work.
import { Redis } from 'ioredis';
import { answerAll } from './child.ts';

export interface AskedOfPublisher {
  readonly ask: 'publish';
  /** What channels begin with. */
  readonly prefix: string;
  readonly ids: readonly string[];
  /** The numbers of the events that each session has then. */
  readonly first: number;
  readonly last: number;
}

const redis = new Redis(process.env['BUS_URL'] ?? '');
// It publishes faster than anybody takes it; Redis would cut those off who are behind.
await redis.config('SET', 'client-output-buffer-limit', 'pubsub 0 0 0');

answerAll(async ({ prefix, ids, first, last }: AskedOfPublisher): Promise<null> => {
  for (let sequence = first; sequence <= last; sequence += 1) {
    const detail = { type: 'NodeFinished', namespace: '', node: 'step', error: null };
    const logged = [{ runId: null, at: Date.now(), detail }];
    const signals = [{ type: 'changed', lastEvent: sequence, epoch: 1, logged }];
    const message = JSON.stringify({ from: 'bench', signals });
    const pipeline = redis.pipeline();
    for (const id of ids) pipeline.publish(prefix + id, message);
    await pipeline.exec();
  }
  return null;
});
