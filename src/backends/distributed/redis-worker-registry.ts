// Worker liveness in Redis. Each worker increments a counter in a hash, from a thread of its own, so that a node that blocks the
// event loop is not mistaken for a death. Observers use their own monotonic clock, and declare a death only after observing
// without a break for as long: an outage of Redis, or a frozen observer, makes nobody dead.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { WorkerRegistry } from '../../session/ports.ts';
import { BeatRecord, HeartbeatThread, threadFile } from '../heartbeat.ts';

const BEAT_MS = 500;
const LOOK_MS = 250;
/** A worker whose count stood still this long is dead: with what looking takes, it is noticed in about 3 s. */
const STALE_MS = 2500;
/** A longer pause between two looks, or between two beats of our own that landed, is a break. */
const BREAK_MS = 1500;
/** A count that stood still this long is cleared away. */
const DEAD_WORKER_RETENTION_MS = 600_000;

/** What the heartbeat thread is told. */
export interface RedisHeartbeat {
  readonly url: string;
  readonly key: string;
  readonly workerId: string;
  readonly everyMs: number;
  readonly record: BeatRecord['parts'];
}

export class RedisWorkerRegistry implements WorkerRegistry {
  readonly workerId = randomUUID();
  readonly #commands: Redis;
  readonly #key: string;
  readonly #thread: HeartbeatThread;
  readonly #beats = BeatRecord.begin(STALE_MS);
  readonly #timer: NodeJS.Timeout;
  readonly #seen = new Map<string, { beat: string | null; at: number }>();
  #sightSince = performance.now();
  #lastLook = -Infinity;
  #looking = false;

  constructor(url: string, commands: Redis, prefix: string) {
    this.#commands = commands;
    this.#key = `${prefix}:workers`;
    const heartbeat: RedisHeartbeat = {
      url,
      key: this.#key,
      workerId: this.workerId,
      everyMs: BEAT_MS,
      record: this.#beats.parts,
    };
    const file = threadFile('redis-heartbeat-thread', import.meta.url);
    this.#thread = new HeartbeatThread(file, heartbeat, BEAT_MS);
    this.#timer = setInterval(() => void this.#look(), LOOK_MS).unref();
  }

  isDead(workerId: string): boolean {
    const now = performance.now();
    if (workerId === this.workerId || now - this.#lastLook > BREAK_MS) return false;
    // Redis may answer looks and refuse beats: out of memory, a replica, without rights. Then all counts stand still.
    if (now - this.#beats.unbrokenSince() < STALE_MS + BREAK_MS) return false;
    const seen = this.#seen.get(workerId);
    // It may have begun since the last look.
    if (seen === undefined) this.#seen.set(workerId, { beat: null, at: now });
    // As the last look saw it: since then it may have beaten.
    return this.#lastLook - Math.max(this.#sightSince, seen?.at ?? now) > STALE_MS;
  }

  beatingSince(): number {
    return this.#beats.unbrokenSince();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#thread[Symbol.asyncDispose]();
    await this.#commands.hdel(this.#key, this.workerId).catch(() => undefined);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const beats = await this.#commands.hgetall(this.#key);
      const now = performance.now();
      // Where our own beats are refused, those of others may be: they last landed at most a beat before ours.
      if (now - this.#lastLook > BREAK_MS || this.#beats.silentMs() > BREAK_MS)
        this.#sightSince = now;
      this.#lastLook = now;
      for (const [id, beat] of Object.entries(beats)) {
        const seen = this.#seen.get(id);
        if (seen?.beat !== beat) this.#seen.set(id, { beat, at: now });
        else if (now - seen.at > DEAD_WORKER_RETENTION_MS) await this.#commands.hdel(this.#key, id);
      }
      for (const [id, { at }] of this.#seen)
        if (!(id in beats) && now - at > DEAD_WORKER_RETENTION_MS) this.#seen.delete(id);
    } catch {
      // Not to see is not to know; the next look tells that there was a break.
    } finally {
      this.#looking = false;
    }
  }
}
