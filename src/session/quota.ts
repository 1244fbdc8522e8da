// What one user may have at once. A user is looked at now and then, and again at a limit; in between, what this process
// accepts and stores is counted on top. So a limit is exact within a process; several may each let through, of one
// second, what the others did not see yet.
import { LRUCache } from 'lru-cache';
import { GatewayError } from '../errors.ts';
import type { SessionStore, UserActivity } from './ports.ts';

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
  /** About how much of it is stored at once. */
  readonly bytes: number;
}

/** Counted up as work is let through. */
type Activity = { -readonly [Name in keyof UserActivity]: number };

type Usage = Pick<SessionStore, 'activityOf' | 'storedBytesOf'>;

const ACTIVITY_TTL_MS = 1000;
const BYTES_TTL_MS = 5000;
/** At a limit the store is read again, at most this often. */
const LOOK_AGAIN_MS = 100;
const USERS_KEPT = 10_000;

/** Holds users to what they may have at once. */
export class UserQuota {
  readonly #limits: QuotaLimits;
  readonly #activity: LRUCache<string, Activity>;
  readonly #storage: LRUCache<string, { bytes: number }>;
  /** What was let through and may not be stored yet, by user. */
  readonly #underWay = new Map<string, Set<NewWork>>();

  constructor(usage: Usage, limits: QuotaLimits) {
    this.#limits = limits;
    this.#activity = new LRUCache({
      max: USERS_KEPT,
      ttl: ACTIVITY_TTL_MS,
      fetchMethod: async (ownerId: string) => {
        // What is stored while the store looks may be in its answer, or not.
        const before = [...(this.#underWay.get(ownerId) ?? [])];
        const activity = { ...(await usage.activityOf(ownerId)) };
        for (const work of new Set([...before, ...(this.#underWay.get(ownerId) ?? [])]))
          count(activity, work);
        return activity;
      },
    });
    this.#storage = new LRUCache({
      max: USERS_KEPT,
      ttl: BYTES_TTL_MS,
      fetchMethod: async (ownerId: string) => ({ bytes: await usage.storedBytesOf(ownerId) }),
    });
  }

  /**
   * Called before new work is stored, which then counts.
   * @returns to be disposed of once it is stored, or is not going to be
   * @throws GatewayError LIMIT_EXCEEDED
   */
  async admitWork(ownerId: string, work: NewWork): Promise<Disposable> {
    await this.admitBytes(ownerId, work.bytes);
    const { activeSessions: mostSessions, queuedRuns: mostRuns } = this.#limits;
    if (mostSessions === null && mostRuns === null) return new DisposableStack();
    // Who waits for the same look decides after one another, each with what the others were let through.
    const counted = (seen: Activity) => {
      const fits =
        (!work.activates || isBelow(mostSessions, seen.activeSessions)) &&
        isBelow(mostRuns, seen.queuedRuns);
      if (fits) {
        count(seen, work);
        this.#begin(ownerId, work);
      }
      return fits;
    };
    const seen = await look(this.#activity, ownerId, counted);
    if (seen === undefined) return { [Symbol.dispose]: () => this.#end(ownerId, work) };
    const { activeSessions, queuedRuns } = seen;
    throw new GatewayError(
      'LIMIT_EXCEEDED',
      `You have ${activeSessions} sessions at work (ACTIVE_SESSIONS_PER_USER: ${mostSessions ?? 'unlimited'}) and ${queuedRuns} runs that wait (QUEUED_RUNS_PER_USER: ${mostRuns ?? 'unlimited'}); wait until some settle.`,
    );
  }

  #begin(ownerId: string, work: NewWork): void {
    const underWay = this.#underWay.get(ownerId) ?? new Set();
    this.#underWay.set(ownerId, underWay.add(work));
  }

  #end(ownerId: string, work: NewWork): void {
    const underWay = this.#underWay.get(ownerId);
    underWay?.delete(work);
    if (underWay?.size === 0) this.#underWay.delete(ownerId);
  }

  /**
   * Called before more is stored, which then counts.
   * @param more about how many bytes, as far as it is known
   * @throws GatewayError LIMIT_EXCEEDED
   */
  async admitBytes(ownerId: string, more = 0): Promise<void> {
    const { storedBytes: most } = this.#limits;
    if (most === null) return;
    const seen = await look(this.#storage, ownerId, (storage) => {
      const fits = isBelow(most, storage.bytes);
      if (fits) storage.bytes += more;
      return fits;
    });
    if (seen === undefined) return;
    throw new GatewayError(
      'LIMIT_EXCEEDED',
      `Your sessions store ${seen.bytes} bytes; at most ${most} (STORED_BYTES_PER_USER). Delete some.`,
    );
  }

  /** Counts what a run of this process has stored. */
  stored(ownerId: string, bytes: number): void {
    const seen = this.#storage.get(ownerId);
    if (seen !== undefined) seen.bytes += bytes;
  }
}

/**
 * Looks at what is known of a user, and anew where it is old or does not fit.
 * @param fits decides, and counts what fits, in the same turn
 * @returns what did not fit; undefined where it did
 */
async function look<Seen extends object>(
  cache: LRUCache<string, Seen>,
  ownerId: string,
  fits: (seen: Seen) => boolean,
): Promise<Seen | undefined> {
  const seen = await cache.forceFetch(ownerId);
  if (fits(seen)) return undefined;
  const age = cache.ttl - cache.getRemainingTTL(ownerId);
  if (age <= LOOK_AGAIN_MS) return seen;
  const fresh = await cache.forceFetch(ownerId, { forceRefresh: true });
  return fits(fresh) ? undefined : fresh;
}

function count(activity: Activity, { activates }: NewWork): void {
  if (activates) activity.activeSessions += 1;
  activity.queuedRuns += 1;
}

function isBelow(most: number | null, count: number): boolean {
  return most === null || count < most;
}
