// The processes that a storm goes over, and the services they stand on.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { JWT_SECRET } from '../support/caller.ts';
import { type Program, type Settings, startProgram, temporaryFolder } from '../support/program.ts';
import { type CuttingProxy, startCuttingProxy } from '../support/services/cutting-proxy.ts';
import { type PostgresServer, startPostgres } from '../support/services/postgres.ts';
import { type RedisServer, startOwnRedis } from '../support/services/redis.ts';

export type StormEnvironment = 'production' | 'staging' | 'sqlite' | 'development';

interface Member {
  readonly program: Program;
  readonly role: string;
  readonly clockFile: string;
}

const CLOCK = `${import.meta.dirname}/clock.mjs`;
/** Of the file system that a SQLite file fills up. */
const DISK = '384m';

export class Fleet implements AsyncDisposable {
  readonly ENV: StormEnvironment;
  readonly folder: string;
  readonly settings: Settings;
  readonly postgres: PostgresServer | undefined;
  readonly redis: RedisServer | undefined;
  readonly proxies: readonly CuttingProxy[];
  /** A file system of its own, which can be filled; undefined where it could not be mounted. */
  readonly disk: string | undefined;
  readonly members: Member[] = [];
  /** All that were ever started. */
  readonly #programs: Program[] = [];
  readonly #parts: AsyncDisposableStack;
  #started = 0;
  #standby: RedisServer | undefined;
  #isFailedOver = false;

  private constructor(
    ENV: StormEnvironment,
    parts: AsyncDisposableStack,
    services: Pick<Fleet, 'folder' | 'settings' | 'postgres' | 'redis' | 'proxies' | 'disk'>,
  ) {
    this.ENV = ENV;
    this.#parts = parts;
    this.folder = services.folder;
    this.settings = services.settings;
    this.postgres = services.postgres;
    this.redis = services.redis;
    this.proxies = services.proxies;
    this.disk = services.disk;
  }

  /** @param workers how many child processes of each member execute runs; with 0 some members are workers themselves */
  static async open(ENV: StormEnvironment, workers: number): Promise<Fleet> {
    const parts = new AsyncDisposableStack();
    const folder = parts.use(temporaryFolder()).path;
    const common = {
      ENV,
      REQUESTS_PER_USER: 'unlimited',
      REQUESTS_PER_ADDRESS: 'unlimited',
      RUN_STALLED_AFTER: '45s',
      WORKERS: String(workers),
    };
    const none = { postgres: undefined, redis: undefined, disk: undefined, proxies: [] };
    if (ENV === 'development') {
      const fleet = new Fleet(ENV, parts, { folder, settings: common, ...none });
      await fleet.add('all');
      return fleet;
    }
    if (ENV === 'sqlite') {
      const disk = mountDisk(`${folder}/disk`, parts);
      const settings = { ...common, SQLITE_PATH: `${disk ?? folder}/sessions.db` };
      const fleet = new Fleet(ENV, parts, { folder, settings, ...none, disk });
      for (let n = 0; n < 2; n += 1) await fleet.add('all');
      return fleet;
    }
    const redis = parts.use(await startOwnRedis());
    const toRedis = parts.use(await startCuttingProxy(redis.url));
    let settings: Settings = { ...common, JWT_SECRET, REDIS_URL: toRedis.url };
    const proxies = [toRedis];
    let postgres: PostgresServer | undefined;
    if (ENV === 'production') {
      postgres = parts.use(await startPostgres());
      const toPostgres = parts.use(await startCuttingProxy(postgres.url));
      proxies.push(toPostgres);
      settings = { ...settings, DATABASE_URL: toPostgres.url, PG_STATEMENT_TIMEOUT: '5s' };
    }
    const services = { folder, settings, postgres, redis, proxies, disk: undefined };
    const fleet = new Fleet(ENV, parts, services);
    const roles = ['gateway', 'gateway', 'worker', 'worker', 'worker'];
    for (const role of workers > 0 ? ['all', 'all'] : roles) await fleet.add(role);
    return fleet;
  }

  async add(role: string): Promise<void> {
    this.#started += 1;
    const clockFile = `${this.folder}/clock-${this.#started}`;
    writeFileSync(clockFile, '0');
    const program = await startProgram({
      ...this.settings,
      ROLE: role,
      CLOCK_FILE: clockFile,
      NODE_OPTIONS: `--import=${CLOCK}`,
    });
    this.members.push({ program, role, clockFile });
    this.#programs.push(program);
  }

  /** The processes that a member has started; none without WORKERS. */
  children(): number[] {
    return this.members.flatMap(({ program }) => childrenOf(program.process.pid ?? 0));
  }

  /** Kills one of the members, and starts another in its place. */
  async replace(member: Member): Promise<void> {
    this.members.splice(this.members.indexOf(member), 1);
    await member.program.end('SIGKILL');
    await this.add(member.role);
  }

  /** Another Redis becomes the master, and the one before its replica; the connections there are stay with that. */
  async failOver(): Promise<void> {
    const [proxy] = this.proxies;
    if (this.redis === undefined || proxy === undefined) return;
    this.#standby ??= this.#parts.use(await startOwnRedis());
    const [next, last] = this.#isFailedOver
      ? [this.redis, this.#standby]
      : [this.#standby, this.redis];
    this.#isFailedOver = !this.#isFailedOver;
    const ask = async (server: RedisServer, ...words: [string, string | number]) => {
      const admin = new Redis(server.url);
      admin.on('error', () => undefined);
      await admin.replicaof(...words).catch(() => undefined);
      admin.disconnect();
    };
    const { hostname, port } = new URL(next.url);
    await ask(next, 'NO', 'ONE');
    await ask(last, hostname, Number(port));
    proxy.lead(next.url);
  }

  /** The address of one that serves GraphQL. */
  gatewayUrl(n: number): string {
    const gateways = this.members.filter(({ role }) => role !== 'worker');
    const gateway = gateways[n % gateways.length];
    if (gateway === undefined) throw new Error('no gateway is left');
    return gateway.program.url;
  }

  /** What was answered with INTERNAL, and runs without progress, as the logs tell it. */
  unexpected(): string[] {
    return this.#programs
      .flatMap((program) => program.output().split('\n'))
      .filter((line) => /"unexpected error"|"a running run makes no progress/.test(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map(({ program }) => program.end('SIGKILL')));
    await this.#parts.disposeAsync();
  }
}

function childrenOf(pid: number): number[] {
  try {
    const found = execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
    return found.trim().split('\n').map(Number);
  } catch {
    // It has none.
    return [];
  }
}

/** Only root may mount, and not everywhere. */
function mountDisk(path: string, parts: AsyncDisposableStack): string | undefined {
  try {
    execFileSync('mkdir', ['-p', path]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', path], {
      stdio: 'ignore',
    });
  } catch {
    rmSync(path, { recursive: true, force: true });
    return undefined;
  }
  parts.defer(() => void execFileSync('umount', ['-l', path]));
  return path;
}
