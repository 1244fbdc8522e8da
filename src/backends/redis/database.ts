// The connection to the Redis that holds everything, and what is asked of it in one step.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Redis, ReplyError } from 'ioredis';
import { GatewayError } from '../../errors.ts';
import type { ForkSource } from '../../session/ports.ts';
import {
  closeRedis,
  createRedis,
  infoOf,
  untilConnected,
} from '../distributed/redis-connection.ts';
import { StoreClock } from '../store-clock.ts';
import { Keys, saverKeys } from './keys.ts';
import { type ScriptName, defineScripts, numberOfKeys } from './scripts.ts';

/** How long a server that restarts is waited for. */
const RETRY_FOR_MS = 8000;
const RETRY_EVERY_MS = 100;
const CONNECT_PATIENCE_MS = 5000;
const CHECK_PATIENCE_MS = 2000;
const CHECK_KEY_MS = 60_000;

export type Word = string | number;
/** A command of Redis with its arguments. */
export type Command = readonly [name: string, ...words: Word[]];

/** What a commit compares before it is applied. */
export interface CommitGuard {
  readonly session: string;
  /** The session's revision; empty for a new one. */
  readonly revision: string;
  /** A key that must be free. */
  readonly idempotencyKey: string | undefined;
  /** A session that is copied from, as it was seen. */
  readonly source: ({ readonly key: string } & ForkSource['seen']) | undefined;
}

export class RedisDatabase implements AsyncDisposable {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly clock = new StoreClock(() => this.#readClock());

  private constructor(redis: Redis, keys: Keys) {
    this.redis = redis;
    this.keys = keys;
  }

  /** @throws GatewayError BACKEND_UNAVAILABLE saying what the server lacks, or that there is none */
  static async open(url: string, prefix: string): Promise<RedisDatabase> {
    const redis = createRedis(url);
    try {
      await untilReady(redis);
      await refuseWithoutModules(redis);
      defineScripts(redis);
      const database = new RedisDatabase(redis, new Keys(prefix));
      await database.#createListIndex();
      await database.clock.sync();
      return database;
    } catch (error) {
      redis.disconnect();
      throw translateRedisError(error);
    }
  }

  /** One script. It is tried again when its connection breaks, so it must be one that can be. */
  async script(
    name: ScriptName,
    keys: readonly string[],
    words: readonly Word[],
  ): Promise<unknown> {
    if (keys.length !== numberOfKeys(name)) throw new Error(`${name} takes other keys`);
    return this.retrying(() => this.#call(name, [...keys, ...words]));
  }

  /** Commands in one round trip, for looking. */
  async look(commands: readonly Command[]): Promise<unknown[]> {
    if (commands.length === 0) return [];
    return this.retrying(async () => {
      const pipeline = this.redis.pipeline();
      for (const [name, ...words] of commands) pipeline.call(name, words);
      const answers = (await pipeline.exec()) ?? [];
      return answers.map(([error, answer]) => {
        if (error !== null) throw error;
        return answer;
      });
    });
  }

  /** @throws GatewayError BACKEND_UNAVAILABLE where the index is gone, as the server's data went; it is made again. */
  async search(
    words: readonly Word[],
    command: 'FT.SEARCH' | 'FT.AGGREGATE' = 'FT.SEARCH',
  ): Promise<unknown> {
    try {
      return (await this.look([[command, ...words]]))[0];
    } catch (error) {
      if (!isReply(error) || !/no such index|unknown index/i.test(error.message)) throw error;
      void this.#createListIndex().catch(() => undefined);
      throw new GatewayError(
        'BACKEND_UNAVAILABLE',
        'Redis has lost its data; the list of sessions is being made anew. Try again.',
        { cause: error },
      );
    }
  }

  /**
   * Applies the commands, all or none. Not tried again: a commit whose connection broke may have happened.
   * @returns 'stored', 'moved' where something is not as the guard says, or what the idempotency key holds
   */
  async commit(guard: CommitGuard, commands: readonly Command[]): Promise<string> {
    const { session, revision, idempotencyKey, source } = guard;
    const keys = [session, idempotencyKey ?? session, source?.key ?? session];
    const words = commands.flatMap((command) => [command.length, ...command]);
    const keyed = idempotencyKey === undefined ? '' : 'keyed';
    try {
      const seen = [source?.epoch ?? '', source?.lastOrdinal ?? ''];
      const args = [...keys, revision, keyed, ...seen, ...words];
      const answer = await this.#call('sgCommit', args);
      if (answer === 0) return 'moved';
      return answer === 1 ? 'stored' : String(answer);
    } catch (error) {
      throw translateRedisError(error);
    }
  }

  /** @throws GatewayError for what the server refuses, and for one that stays away */
  async retrying<T>(work: () => Promise<T>): Promise<T> {
    const until = performance.now() + RETRY_FOR_MS;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isAway(error) || performance.now() > until) throw translateRedisError(error);
        await sleep(RETRY_EVERY_MS);
      }
    }
  }

  /** @throws GatewayError BACKEND_UNAVAILABLE where it cannot be written to */
  async checkWritable(): Promise<void> {
    try {
      await untilConnected(this.redis, CHECK_PATIENCE_MS);
      await this.redis.set(this.keys.check, '1', 'PX', CHECK_KEY_MS);
      // LangGraph's keys have no prefix: a user may have the right to ours alone.
      await this.redis.exists(saverKeys.writes('', '', ''));
    } catch (error) {
      throw translateRedisError(error);
    }
    await this.clock.sync();
  }

  async #readClock(): Promise<number> {
    try {
      const [seconds, micros] = await this.redis.time();
      return Number(seconds) * 1000 + Number(micros) / 1000;
    } catch (error) {
      throw translateRedisError(error);
    }
  }

  /** What of the server's settings can lose sessions; null where nothing does. */
  async risk(): Promise<string | null> {
    const [persistence, memory, save] = await Promise.all([
      infoOf(this.redis, 'persistence'),
      infoOf(this.redis, 'memory'),
      this.#setting('save'),
    ]);
    const policy = memory?.get('maxmemory_policy') ?? 'noeviction';
    const risks = [
      persistence === undefined &&
        'Redis does not tell whether it keeps its data over a restart. See that it has `appendonly yes`.',
      persistence?.get('aof_enabled') === '0' &&
        (save === ''
          ? 'Redis keeps nothing on disk: its restart loses all sessions. Set `appendonly yes`.'
          : 'Redis keeps snapshots at most: its restart loses what came after the last. Set `appendonly yes`.'),
      policy !== 'noeviction' &&
        `Redis may evict sessions when its memory is full (maxmemory-policy ${policy}). Set it to noeviction.`,
    ].filter((risk) => risk !== false);
    return risks.length === 0 ? null : risks.join(' ');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeRedis(this.redis);
  }

  #call(name: ScriptName, words: readonly Word[]): Promise<unknown> {
    // `defineCommand` adds the method at run time.
    const commands = this.redis as unknown as Record<
      string,
      (words: readonly Word[]) => Promise<unknown>
    >;
    const command = commands[name];
    if (command === undefined) throw new Error(`there is no script ${name}`);
    // As one argument: a call takes only so many.
    return command.call(this.redis, words);
  }

  /** Managed servers often tell no settings. */
  async #setting(name: string): Promise<string | undefined> {
    const answer = await this.redis.config('GET', name).catch(() => undefined);
    return (answer as [string, string] | undefined)?.[1];
  }

  /** Sessions by what lists filter and order them by. Made at start, and behind a search that finds it lost. */
  async #createListIndex(): Promise<void> {
    // oxfmt-ignore
    const index = ['ON', 'HASH', 'PREFIX', 1, this.keys.listedPrefix, 'SCHEMA',
      'owner', 'TAG', 'status', 'TAG', 'graph', 'TAG', 'forkedFrom', 'TAG', 'metadata', 'TAG',
      'createdAt', 'NUMERIC', 'updatedAt', 'NUMERIC',
      'createdKey', 'TAG', 'SORTABLE', 'updatedKey', 'TAG', 'SORTABLE'];
    try {
      await this.redis.call('FT.CREATE', this.keys.listIndex, ...index);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (/index on db != 0/i.test(error.message)) {
        const message = 'RediSearch indexes database 0 alone: REDIS_URL must not name another.';
        throw new GatewayError('BACKEND_UNAVAILABLE', message, { cause: error });
      }
      if (!/index already exists/i.test(error.message)) throw error;
    }
  }
}

async function untilReady(redis: Redis): Promise<void> {
  const until = performance.now() + CONNECT_PATIENCE_MS;
  for (;;) {
    try {
      await redis.ping();
      return;
    } catch (error) {
      if (!isAway(error) || performance.now() > until) throw error;
      await sleep(RETRY_EVERY_MS);
    }
  }
}

async function refuseWithoutModules(redis: Redis): Promise<void> {
  const commands = (await redis.call('COMMAND', 'INFO', 'JSON.SET', 'FT.SEARCH')) as unknown[];
  if (commands.every((command) => command !== null)) return;
  throw new GatewayError(
    'BACKEND_UNAVAILABLE',
    'The Redis of REDIS_URL lacks RedisJSON and RediSearch: run Redis 8 (docker run redis:8), or Redis Stack.',
  );
}

/** Whether there is no server to answer, or one that is just starting. */
export function isAway(error: unknown): boolean {
  if (isReply(error)) return /^(LOADING|MASTERDOWN|CLUSTERDOWN|BUSY )/.test(error.message);
  return error instanceof Error && !(error instanceof GatewayError) && isConnectionError(error);
}

/** Whether the server answered, with an error. */
function isReply(error: unknown): error is Error {
  return error instanceof ReplyError;
}

function isConnectionError(error: Error): boolean {
  return (
    'code' in error ||
    error.name === 'MaxRetriesPerRequestError' ||
    /connection is closed|isn't writeable|command timed out|stream|socket/i.test(error.message)
  );
}

/** What the user is told of an error of Redis; others stay as they are. */
export function translateRedisError(error: unknown): unknown {
  if (error instanceof GatewayError) return error;
  const tell = (message: string) =>
    new GatewayError('BACKEND_UNAVAILABLE', message, { cause: error });
  if (isAway(error)) return tell('Redis cannot be reached; try again.');
  if (!isReply(error)) return error;
  if (/\bOOM\b/.test(error.message)) return tell('Redis has no memory left.');
  if (/\b(READONLY|MISCONF|NOREPLICAS|UNBLOCKED|INPROG)\b/.test(error.message))
    return tell('Redis cannot take writes now.');
  if (/\b(MOVED|ASK|CROSSSLOT|TRYAGAIN)\b/.test(error.message))
    return tell('Redis Cluster is not supported.');
  if (/\b(WRONGPASS|NOAUTH|NOPERM)\b/.test(error.message))
    return tell(
      'Redis refuses the user, the password or a command; see the user and rights of REDIS_URL.',
    );
  return error;
}
