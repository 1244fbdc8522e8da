// Deletes expired sessions, a few at a time and each completely (complete deletion), and expired items of LangGraph's store,
// and looks for checkpoints that belong to no session. One process at a time does so.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { LOOK, type Backend } from '../session/ports.ts';
import type { SessionChangeNotifier } from '../session/session-change-notifier.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { OrphanWatch } from './orphan-watch.ts';

export interface SweeperOptions {
  readonly backend: Backend;
  readonly changes: SessionChangeNotifier;
  readonly log: Logger;
  /** Whether sessions that wait for an answer expire, too. */
  readonly expireInterrupted: boolean;
  readonly metrics: Pick<Metrics, 'orphans'>;
}

const EVERY_MS = 5000;
const LEASE = 'sweeper';
const LEASE_MS = 15_000;
const BATCH = 50;
/** Between the batches, requests and runs of this process get their turn. */
const PAUSE_MS = 20;

/** Sweeps until the signal is aborted. */
export async function sweep(options: SweeperOptions, signal: AbortSignal): Promise<void> {
  const { backend, log } = options;
  const holder = randomUUID();
  const orphans = new OrphanWatch(backend.sessions, (threads, own) => {
    options.metrics.orphans.set(threads);
    if (own > 0) {
      const advice =
        '`session-gateway prune --orphans` removes those that this gateway has written';
      log.warn({ threads, own }, `threads have checkpoints but no session; ${advice}`);
    } else if (threads > 0) {
      const advice = '`session-gateway adopt` makes a session of one';
      log.warn({ threads }, `threads of another program have no session; ${advice}`);
    }
  });
  const keepLease = () => backend.sessions.acquireLease(LEASE, holder, LEASE_MS);
  while (!signal.aborted) {
    try {
      if (await keepLease()) {
        await deleteExpired(options, signal, keepLease);
        await deleteExpiredItems(options, signal, keepLease);
        await orphans.look();
      }
    } catch (error) {
      log.warn({ err: error }, 'the sweep failed; the next one tries again');
    }
    await sleep(EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
  // The next one need not wait for its end.
  await backend.sessions.releaseLease(LEASE, holder).catch(() => undefined);
}

async function deleteExpired(
  { backend: { sessions, bus, clock }, changes, expireInterrupted }: SweeperOptions,
  signal: AbortSignal,
  keepLease: () => Promise<boolean>,
): Promise<void> {
  for (;;) {
    // Not by this process's clock: what is deleted is gone.
    await clock.sync();
    const expired = await sessions.expired(clock.now(), BATCH, expireInterrupted);
    for (const { id, ownerId } of expired) {
      const deleted = await sessions.deleteExpired(id, clock.now(), expireInterrupted);
      if (!deleted) continue;
      bus.publish(id, LOOK);
      changes.notify(ownerId, id);
    }
    if (expired.length < BATCH || signal.aborted || !(await keepLease())) return;
    await sleep(PAUSE_MS);
  }
}

async function deleteExpiredItems(
  { backend: { items } }: SweeperOptions,
  signal: AbortSignal,
  keepLease: () => Promise<boolean>,
): Promise<void> {
  while ((await items.deleteExpired(BATCH)) === BATCH) {
    if (signal.aborted || !(await keepLease())) return;
    await sleep(PAUSE_MS);
  }
}
