// What one user may have at once. A user is looked at now and then, and again at a limit; in between, what this process
// accepts and stores is counted on top.
import { LRUCache } from 'lru-cache';
import { GatewayError } from '../errors.ts';
import type { SessionStore } from './ports.ts';

/** Null: no limit. */
export interface QuotaLimits {
  readonly activeSessions: number | null;
  readonly queuedRuns: number | null;
  readonly storedBytes: number | null;
}

/** What new work adds. */
export interface NewWork {
  /** Whether its session was at rest. */
  readonly activates: boolean;
}

type Usage = Pick<SessionStore, 'activityOf' | 'storedBytesOf'>;

const ACTIVITY_TTL_MS = 1000;
const BYTES_TTL_MS = 5000;
/** At a limit it is looked again, but no more often than this. */
const LOOK_AGAIN_MS = 100;
const USERS_KEPT = 10_000;

/** Holds users to what they may have at once. */
export class UserQuota {
  readonly #limits: QuotaLimits;
  readonly #activity: LRUCache<string, { activeSessions: number; queuedRuns: number }>;
  readonly #storage: LRUCache<string, { bytes: number }>;

  constructor(usage: Usage, limits: QuotaLimits) {
    this.#limits = limits;
    this.#activity = new LRUCache({
      max: USERS_KEPT,
      ttl: ACTIVITY_TTL_MS,
      fetchMethod: async (ownerId: string) => ({ ...(await usage.activityOf(ownerId)) }),
    });
    this.#storage = new LRUCache({
      max: USERS_KEPT,
      ttl: BYTES_TTL_MS,
      fetchMethod: async (ownerId: string) => ({ bytes: await usage.storedBytesOf(ownerId) }),
    });
  }

  /** Called before new work is stored, which then counts. @throws GatewayError LIMIT_EXCEEDED */
  async admitWork(ownerId: string, { activates }: NewWork): Promise<void> {
    await this.admitBytes(ownerId);
    const { activeSessions: mostSessions, queuedRuns: mostRuns } = this.#limits;
    if (mostSessions === null && mostRuns === null) return;
    const seen = await look(
      this.#activity,
      ownerId,
      ({ activeSessions, queuedRuns }) =>
        (!activates || isBelow(mostSessions, activeSessions)) && isBelow(mostRuns, queuedRuns),
    );
    if (seen.fits) {
      if (activates) seen.value.activeSessions += 1;
      seen.value.queuedRuns += 1;
      return;
    }
    const { activeSessions, queuedRuns } = seen.value;
    throw new GatewayError(
      'LIMIT_EXCEEDED',
      `You have ${activeSessions} sessions at work (ACTIVE_SESSIONS_PER_USER: ${mostSessions ?? 'unlimited'}) and ${queuedRuns} runs that wait (QUEUED_RUNS_PER_USER: ${mostRuns ?? 'unlimited'}); wait until some settle.`,
    );
  }

  /** Called before more is stored. @throws GatewayError LIMIT_EXCEEDED */
  async admitBytes(ownerId: string): Promise<void> {
    const { storedBytes: most } = this.#limits;
    if (most === null) return;
    const seen = await look(this.#storage, ownerId, ({ bytes }) => isBelow(most, bytes));
    if (seen.fits) return;
    throw new GatewayError(
      'LIMIT_EXCEEDED',
      `Your sessions store ${seen.value.bytes} bytes; at most ${most} (STORED_BYTES_PER_USER). Delete some.`,
    );
  }

  /** Counts what a run of this process has stored. */
  stored(ownerId: string, bytes: number): void {
    const seen = this.#storage.get(ownerId);
    if (seen !== undefined) seen.bytes += bytes;
  }
}

/** What is known of a user, looked up anew where it is old or does not fit. */
async function look<Seen extends object>(
  cache: LRUCache<string, Seen>,
  ownerId: string,
  fits: (seen: Seen) => boolean,
): Promise<{ readonly value: Seen; readonly fits: boolean }> {
  let value = await cache.forceFetch(ownerId);
  const age = cache.ttl - cache.getRemainingTTL(ownerId);
  if (!fits(value) && age > LOOK_AGAIN_MS)
    value = await cache.forceFetch(ownerId, { forceRefresh: true });
  return { value, fits: fits(value) };
}

function isBelow(most: number | null, count: number): boolean {
  return most === null || count < most;
}
