// The processes that a storm goes over, and the services they stand on.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { JWT_SECRET } from '../support/caller.ts';
import { type Program, type Settings, startProgram, temporaryFolder } from '../support/program.ts';
import { type CuttingProxy, startCuttingProxy } from '../support/services/cutting-proxy.ts';
import { type PostgresServer, startPostgres } from '../support/services/postgres.ts';
import { type RedisServer, startOwnRedis } from '../support/services/redis.ts';

export type StormEnvironment = 'production' | 'sqlite';

interface Member {
  readonly program: Program;
  readonly role: string;
  readonly clockFile: string;
}

const CLOCK = `${import.meta.dirname}/clock.mjs`;
/** Of the file system that a SQLite file fills up. */
const DISK = '96m';

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

  static async open(ENV: StormEnvironment): Promise<Fleet> {
    const parts = new AsyncDisposableStack();
    const folder = parts.use(temporaryFolder()).path;
    const unlimited = { REQUESTS_PER_USER: 'unlimited', REQUESTS_PER_ADDRESS: 'unlimited' };
    if (ENV === 'sqlite') {
      const disk = mountDisk(`${folder}/disk`, parts);
      const settings = { ...unlimited, ENV, SQLITE_PATH: `${disk ?? folder}/sessions.db` };
      const none = { postgres: undefined, redis: undefined, proxies: [] };
      const fleet = new Fleet(ENV, parts, { folder, settings, disk, ...none });
      for (let n = 0; n < 2; n += 1) await fleet.add('all');
      return fleet;
    }
    const postgres = parts.use(await startPostgres());
    const redis = parts.use(await startOwnRedis());
    const toPostgres = parts.use(await startCuttingProxy(postgres.url));
    const toRedis = parts.use(await startCuttingProxy(redis.url));
    const settings = {
      ...unlimited,
      ENV,
      JWT_SECRET,
      DATABASE_URL: toPostgres.url,
      REDIS_URL: toRedis.url,
    };
    const proxies = [toPostgres, toRedis];
    const fleet = new Fleet(ENV, parts, {
      folder,
      settings,
      postgres,
      redis,
      proxies,
      disk: undefined,
    });
    for (const role of ['gateway', 'gateway', 'worker', 'worker', 'worker']) await fleet.add(role);
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

  /** Kills one of the members, and starts another in its place. */
  async replace(member: Member): Promise<void> {
    this.members.splice(this.members.indexOf(member), 1);
    await member.program.end('SIGKILL');
    await this.add(member.role);
  }

  /** The address of one that serves GraphQL. */
  gatewayUrl(n: number): string {
    const gateways = this.members.filter(({ role }) => role !== 'worker');
    const gateway = gateways[n % gateways.length];
    if (gateway === undefined) throw new Error('no gateway is left');
    return gateway.program.url;
  }

  /** What was answered with INTERNAL, as the logs tell it. */
  unexpected(): string[] {
    return this.#programs
      .flatMap((program) => program.output().split('\n'))
      .filter((line) => line.includes('"unexpected error"'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map(({ program }) => program.end('SIGKILL')));
    await this.#parts.disposeAsync();
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
