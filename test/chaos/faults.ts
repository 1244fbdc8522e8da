// What befalls a fleet. Each heals by itself: when it returns, everything works again.
import { rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import type { Fleet } from './fleet.ts';

type Fault = (fleet: Fleet, random: () => number) => Promise<void>;

const DAYS_MS = 2 * 86_400_000;
const FILLER_BYTES = 1 << 20;

/** Each with the fleets it can befall. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  async kill(fleet, random) {
    await fleet.replace(pick(fleet.members, random));
  },
  async freeze(fleet, random) {
    const { program } = pick(fleet.members, random);
    program.process.kill('SIGSTOP');
    await sleep(500 + random() * 6000);
    program.process.kill('SIGCONT');
  },
  /** Its parent starts another. */
  async 'kill of a child'(fleet, random) {
    const children = fleet.children();
    if (children.length > 0) signal(pick(children, random), 'SIGKILL');
  },
  async 'freeze of a child'(fleet, random) {
    const children = fleet.children();
    if (children.length === 0) return;
    const child = pick(children, random);
    signal(child, 'SIGSTOP');
    await sleep(500 + random() * 6000);
    signal(child, 'SIGCONT');
  },
  async 'lost connections'(fleet, random) {
    const proxy = pick(fleet.proxies, random);
    proxy.cut(/./s, 1 + Math.floor(random() * 20));
    await sleep(300);
    proxy.cut(/(?!)/, 0);
  },
  async 'Redis emptied'({ redis }, random) {
    await redis?.restart({ empty: true, pauseMs: random() * 1000 });
  },
  async 'Redis restarted'({ redis }, random) {
    await redis?.restart({ empty: false, pauseMs: random() * 1000 });
  },
  async 'Postgres restarted'({ postgres }, random) {
    await postgres?.restart(random() * 1500);
  },
  async 'clock jumps'(fleet, random) {
    const { clockFile } = pick(fleet.members, random);
    writeFileSync(clockFile, String(Math.round((random() * 2 - 1) * DAYS_MS)));
    await sleep(500 + random() * 3000);
    writeFileSync(clockFile, '0');
  },
  async 'frozen connections'({ proxies }, random) {
    pick(proxies, random).freeze();
    await sleep(500 + random() * 2000);
  },
  async 'Redis refuses writes'({ redis }, random) {
    const [setting, value, undone] = pick(REFUSALS, random);
    const admin = new Redis(redis?.url ?? '');
    admin.on('error', () => undefined);
    try {
      await admin.config('SET', setting, value);
      await sleep(1000 + random() * 8000);
    } finally {
      await admin.config('SET', setting, undone);
      admin.disconnect();
    }
  },
  async 'Redis fails over'(fleet) {
    await fleet.failOver();
  },
  async 'locked file'(fleet, random) {
    await holdFile(fleet.settings['SQLITE_PATH'] ?? '', 2000 + random() * 10_000);
  },
  async 'slow disk'(fleet, random) {
    const forMs = 300 + random() * 2000;
    if (fleet.ENV === 'sqlite') await holdFile(fleet.settings['SQLITE_PATH'] ?? '', forMs);
    else await holdPostgres(fleet.postgres?.url ?? '', forMs);
  },
  async 'full disk'({ disk }, random) {
    const filler = `${disk}/filler`;
    try {
      const bytes = Buffer.alloc(FILLER_BYTES);
      for (;;) writeFileSync(filler, bytes, { flag: 'a' });
    } catch {
      await sleep(500 + random() * 2000);
    } finally {
      rmSync(filler, { force: true });
    }
  },
};

/** By which settings Redis answers reads and refuses writes. */
const REFUSALS: readonly (readonly [setting: string, value: string, undone: string])[] = [
  ['maxmemory', '1', '0'],
  ['min-replicas-to-write', '5', '0'],
];

export function faultsOf({ ENV, disk, settings }: Fleet): string[] {
  // What is kept in memory goes with its process.
  if (ENV === 'development') return ['freeze', 'clock jumps'];
  const hasChildren = settings['WORKERS'] !== '0';
  const ofChildren = hasChildren ? ['kill of a child', 'freeze of a child'] : [];
  const all = ['kill', 'freeze', 'clock jumps', ...ofChildren];
  if (ENV === 'sqlite')
    return [...all, 'slow disk', 'locked file', ...(disk === undefined ? [] : ['full disk'])];
  const connected = [...all, 'lost connections', 'frozen connections', 'Redis refuses writes'];
  if (ENV === 'staging') return [...connected, 'Redis restarted'];
  return [
    ...connected,
    'slow disk',
    'Redis emptied',
    'Redis restarted',
    'Redis fails over',
    'Postgres restarted',
  ];
}

/** Nobody else can write to the file meanwhile. */
async function holdFile(path: string, forMs: number): Promise<void> {
  const file = new Database(path);
  file.exec('BEGIN IMMEDIATE');
  await sleep(forMs);
  file.exec('ROLLBACK');
  file.close();
}

/** Its processes stand still, as when a disk does not answer. */
async function holdPostgres(url: string, forMs: number): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pid FROM pg_stat_activity');
  const pids = rows.map(({ pid }) => pid);
  await client.end();
  for (const pid of pids) signal(pid, 'SIGSTOP');
  await sleep(forMs);
  for (const pid of pids) signal(pid, 'SIGCONT');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

function pick<T>(from: readonly T[], random: () => number): T {
  const picked = from[Math.floor(random() * from.length)];
  if (picked === undefined) throw new Error('there is nothing to pick from');
  return picked;
}
