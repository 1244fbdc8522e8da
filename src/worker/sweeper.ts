// Deletes sessions past their expiry, a few at a time, each with everything under it (promise 9).
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { LOOK, type Backend } from '../session/ports.ts';

const EVERY_MS = 5000;
const BATCH = 50;

/** Sweeps until the signal is aborted. */
export async function sweepExpired(
  backend: Backend,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await sweepOnce(backend);
    } catch (error) {
      log.warn({ err: error }, 'expired sessions could not be deleted; the next sweep tries again');
    }
    await sleep(EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function sweepOnce({ sessions, bus }: Backend): Promise<void> {
  for (const { id } of await sessions.expired(Date.now(), BATCH)) {
    const deleted = await sessions.deleteExpired(id, Date.now());
    if (deleted) bus.publish(id, LOOK);
  }
}
