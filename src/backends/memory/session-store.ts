// Sessions in this process's memory, for developing: all is lost with the process. JavaScript runs one thing at a
// time, so a method that does not await in between is an atomic step.
import { superseded } from '../../errors.ts';
import { type Page, type PageRequest, toPage } from '../../session/page.ts';
import type {
  Actor,
  Attempt,
  CheckpointFilter,
  CheckpointPlace,
  CheckpointRow,
  ClaimableRun,
  Clock,
  Commit,
  ForkSource,
  IdempotencyRecord,
  LongHistories,
  HistoryInterval,
  Orphans,
  SessionFilter,
  SessionKey,
  SessionOrder,
  SessionState,
  SessionStore,
  OrdinalRange,
  UserActivity,
} from '../../session/ports.ts';
import { toClaimable } from '../../session/ports.ts';
import { dealInTurn } from '../claimable.ts';
import type { DurableDetail, LogEntry, Logged } from '../../session/progress.ts';
import { type Run, type RunStatus, isActive } from '../../session/run.ts';
import { type Session, awaitsAnswer, isSettled, ownBytes, touched } from '../../session/session.ts';
import { matchesFilter } from '../../session/session-filter.ts';
import type { MemoryCheckpoints } from './checkpoints.ts';

interface Entry {
  session: Session;
  /** By number; run number n is at index n - 1. */
  readonly runs: Run[];
  readonly log: LogEntry[];
  readonly idempotencyKeys: string[];
}

export class MemorySessionStore implements SessionStore {
  readonly #checkpoints: MemoryCheckpoints;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #runs = new Map<string, { readonly sessionId: string; readonly number: number }>();
  readonly #active = new Set<string>();
  readonly #idempotency = new Map<string, IdempotencyRecord>();

  constructor(checkpoints: MemoryCheckpoints, clock: Clock) {
    this.#checkpoints = checkpoints;
    this.#clock = clock;
  }

  async create(commit: Commit): Promise<IdempotencyRecord | null> {
    const taken = this.#taken(commit);
    if (taken === null) this.#add(commit);
    return taken;
  }

  async fork(commit: Commit, source: ForkSource): Promise<IdempotencyRecord | 'moved' | null> {
    const taken = this.#taken(commit);
    if (taken !== null) return taken;
    const { ownerId } = commit.session;
    const parent = this.#entry(source.sessionId, { ownerId })?.session;
    const { epoch, lastOrdinal } = source.seen;
    if (parent?.epoch !== epoch) return 'moved';
    if (lastOrdinal !== null && parent.lastOrdinal !== lastOrdinal) return 'moved';
    const copied = this.#checkpoints.copy(source, commit.session);
    const { id, storedBytes: own } = commit.session;
    const storedBytes = own + this.#checkpoints.measure(id);
    this.#add({ ...commit, session: { ...commit.session, lastOrdinal: copied, storedBytes } });
    return null;
  }

  async adopt(commit: Commit, rows: readonly CheckpointRow[]): Promise<boolean> {
    const { session } = commit;
    if (this.#entries.has(session.id)) return false;
    this.#checkpoints.adopt(rows);
    this.#add(commit);
    return true;
  }

  async change(
    id: string,
    actor: Actor,
    decide: (state: SessionState) => Commit | undefined,
  ): Promise<SessionState | null> {
    const entry = this.#entry(id, actor);
    if (entry === undefined) return null;
    const commit = decide(stateOf(entry));
    if (commit !== undefined) this.#store(entry, commit);
    return stateOf(entry);
  }

  /** One step of a running attempt, fenced; the saver's half of the store. @throws GatewayError RUN_SUPERSEDED */
  writeStep(
    { sessionId, epoch, runId }: Attempt,
    write: (session: Session) => { patch: Partial<Session>; event: DurableDetail | null },
  ): { lastEvent: number; logged: Logged[] } {
    const entry = this.#entries.get(sessionId);
    if (entry?.session.epoch !== epoch || entry.session.status !== 'RUNNING')
      throw superseded(sessionId, epoch);
    const { session } = entry;
    const { patch, event } = write(session);
    const now = this.#clock.now();
    const logged = event === null ? [] : [{ runId, at: now, detail: event }];
    const lastEvent = session.lastEvent + logged.length;
    entry.session = { ...touched(session, now), ...patch, lastEvent };
    entry.log.push(...logged.map((each) => ({ sequence: lastEvent, ...each })));
    return { lastEvent, logged };
  }

  /** The head of a session; undefined where there is none of this id. */
  headOf(id: string): string | null | undefined {
    return this.#entries.get(id)?.session.head;
  }

  async delete(id: string, actor: Actor): Promise<boolean> {
    const entry = this.#entry(id, actor);
    if (entry === undefined) return false;
    this.#entries.delete(id);
    for (const run of entry.runs) this.#runs.delete(run.id);
    for (const key of entry.idempotencyKeys) this.#idempotency.delete(key);
    this.#active.delete(id);
    this.#checkpoints.deleteAll(id);
    return true;
  }

  async deleteExpired(id: string, now: number, interruptedToo: boolean): Promise<boolean> {
    const session = this.#entries.get(id)?.session;
    return (
      session !== undefined && isExpired(session, now, interruptedToo) && this.delete(id, 'system')
    );
  }

  async find(id: string, actor: Actor): Promise<Session | null> {
    return this.#entry(id, actor)?.session ?? null;
  }

  async findEach(ids: readonly string[], actor: Actor): Promise<(Session | null)[]> {
    return ids.map((id) => this.#entry(id, actor)?.session ?? null);
  }

  async list(
    ownerId: string,
    filter: SessionFilter,
    order: SessionOrder,
    page: PageRequest<SessionKey>,
  ): Promise<Page<Session>> {
    const at = (session: Session) =>
      order === 'CREATED_AT' ? session.createdAt : session.updatedAt;
    const sessions = [...this.#entries.values()]
      .map(({ session }) => session)
      .filter((session) => session.ownerId === ownerId && matchesFilter(filter, session))
      .filter(
        (session) => page.after === null || newestFirst(page.after, [at(session), session.id]) < 0,
      )
      .toSorted((a, b) => newestFirst([at(a), a.id], [at(b), b.id]));
    return toPage(sessions.slice(0, page.first + 1), page);
  }

  async count(ownerId: string, filter: SessionFilter): Promise<number> {
    let count = 0;
    for (const { session } of this.#entries.values())
      if (session.ownerId === ownerId && matchesFilter(filter, session)) count += 1;
    return count;
  }

  async activityOf(ownerId: string): Promise<UserActivity> {
    const active = [...this.#active].flatMap((id) => this.#entry(id, { ownerId }) ?? []);
    const runs = active.flatMap((entry) => entry.runs);
    return {
      activeSessions: active.length,
      queuedRuns: runs.filter(({ status }) => status === 'QUEUED').length,
    };
  }

  async storedBytesOf(ownerId: string): Promise<number> {
    let bytes = 0;
    for (const { session } of this.#entries.values())
      if (session.ownerId === ownerId) bytes += session.storedBytes;
    return bytes;
  }

  async findRun(id: string, actor: Actor): Promise<Run | null> {
    const place = this.#runs.get(id);
    return place === undefined ? null : this.findRunByNumber(place.sessionId, place.number, actor);
  }

  async findRunByNumber(sessionId: string, number: number, actor: Actor): Promise<Run | null> {
    return this.#entry(sessionId, actor)?.runs[number - 1] ?? null;
  }

  async listRuns(
    sessionId: string,
    actor: Actor,
    page: PageRequest<number>,
    status: readonly RunStatus[] | null = null,
  ): Promise<Page<Run>> {
    const runs = (this.#entry(sessionId, actor)?.runs ?? [])
      .filter(({ number }) => page.after === null || number < page.after)
      .filter((run) => status?.includes(run.status) ?? true)
      .toReversed();
    return toPage(runs.slice(0, page.first + 1), page);
  }

  async findIdempotency(
    ownerId: string,
    mutation: IdempotencyRecord['mutation'],
    key: string,
  ): Promise<IdempotencyRecord | null> {
    return this.#idempotency.get(idempotencyKey({ ownerId, mutation, key })) ?? null;
  }

  async readLog(
    sessionId: string,
    actor: Actor,
    after: number,
    limit: number,
  ): Promise<readonly LogEntry[]> {
    const log = this.#entry(sessionId, actor)?.log ?? [];
    const begin = Math.max(0, after + 1 - (log[0]?.sequence ?? 1));
    return log.slice(begin, begin + limit);
  }

  async trimLog(sessionId: string, keep: number): Promise<boolean> {
    const log = this.#entries.get(sessionId)?.log ?? [];
    log.splice(0, Math.max(0, log.length - keep));
    return false;
  }

  async listCheckpoints(
    sessionId: string,
    actor: Actor,
    filter: CheckpointFilter,
    page: PageRequest<number>,
  ): Promise<Page<CheckpointRow>> {
    if (this.#entry(sessionId, actor) === undefined) return toPage([], page);
    return toPage(this.#checkpoints.list(sessionId, filter, page), page);
  }

  async findCheckpoint(
    sessionId: string,
    actor: Actor,
    checkpointId: string,
    namespace: string,
  ): Promise<CheckpointRow | null> {
    if (this.#entry(sessionId, actor) === undefined) return null;
    return this.#checkpoints.find({ sessionId, checkpointId, namespace }) ?? null;
  }

  async listNamespaces(sessionId: string, actor: Actor): Promise<readonly string[]> {
    if (this.#entry(sessionId, actor) === undefined) return [];
    return this.#checkpoints.namespaces(sessionId);
  }

  readMetadata(places: readonly CheckpointPlace[]): Promise<readonly unknown[]> {
    return Promise.all(places.map((place) => this.#checkpoints.metadataOf(place)));
  }

  async nextCheckpoint(row: CheckpointRow): Promise<CheckpointRow | null> {
    return this.#checkpoints.next(row);
  }

  async subgraphsAt(
    sessionId: string,
    interval: HistoryInterval,
  ): Promise<readonly CheckpointRow[]> {
    return this.#checkpoints.subgraphsAt(sessionId, interval);
  }

  async claimable(
    deadWorkers: readonly string[],
    limit: number,
    except: readonly string[] = [],
  ): Promise<readonly ClaimableRun[]> {
    const excepted = new Set(except);
    const claimable = [...this.#active].flatMap((sessionId) => {
      const entry = this.#entries.get(sessionId);
      const run = entry?.runs.find(isActive);
      if (entry === undefined || run === undefined || excepted.has(run.id)) return [];
      const isFree = run.workerId === null || deadWorkers.includes(run.workerId);
      return isFree ? [toClaimable(run, entry.session.ownerId)] : [];
    });
    return dealInTurn(claimable, limit);
  }

  async busyWorkers(): Promise<readonly string[]> {
    const runs = [...this.#active].flatMap((id) => this.#entries.get(id)?.runs ?? []);
    return [...new Set(runs.flatMap(({ workerId }) => workerId ?? []))];
  }

  async expired(now: number, limit: number, interruptedToo: boolean): Promise<readonly Session[]> {
    return [...this.#entries.values()]
      .map(({ session }) => session)
      .filter((session) => isExpired(session, now, interruptedToo))
      .slice(0, limit);
  }

  /** There is no other process. */
  async acquireLease(): Promise<boolean> {
    return true;
  }

  async releaseLease(): Promise<void> {}

  async orphans(): Promise<Orphans> {
    const threads = [
      ...this.#checkpoints.threadIds(),
      ...Object.keys(this.#checkpoints.saver.storage),
    ];
    const threadIds = threads.filter((id) => !this.#entries.has(id));
    return { threadIds, own: threadIds, next: null };
  }

  async deleteOrphan(threadId: string): Promise<boolean> {
    if (this.#entries.has(threadId)) return false;
    this.#checkpoints.deleteAll(threadId);
    return true;
  }

  async listRange(
    sessionId: string,
    whose: 'graph' | 'subgraphs',
    range: OrdinalRange,
  ): Promise<readonly CheckpointRow[]> {
    return this.#checkpoints.range(sessionId, whose, range);
  }

  async longHistories(count: number): Promise<LongHistories> {
    const sessions = [...this.#entries.values()]
      .map(({ session }) => session)
      .filter((session) => isSettled(session) && session.lastOrdinal > count);
    return { sessions, next: null };
  }

  /** A checkpoint holds its values itself. */
  async sweepValues({ id }: Session): Promise<boolean> {
    const entry = this.#entries.get(id);
    if (entry !== undefined) {
      const storedBytes = ownBytes(entry.session) + this.#checkpoints.measure(id);
      entry.session = { ...entry.session, storedBytes };
    }
    return true;
  }

  #taken({ idempotency }: Commit): IdempotencyRecord | null {
    return (idempotency && this.#idempotency.get(idempotencyKey(idempotency))) ?? null;
  }

  #add(commit: Commit): void {
    const { session } = commit;
    const entry: Entry = { session, runs: [], log: [], idempotencyKeys: [] };
    this.#entries.set(session.id, entry);
    this.#store(entry, commit);
  }

  #store(entry: Entry, commit: Commit): void {
    const { session, idempotency } = commit;
    if (idempotency !== undefined) {
      const key = idempotencyKey(idempotency);
      if (this.#idempotency.has(key)) throw new Error('the idempotency key is taken');
      this.#idempotency.set(key, idempotency);
      entry.idempotencyKeys.push(key);
    }
    entry.session = session;
    for (const run of commit.runs ?? []) {
      entry.runs[run.number - 1] = run;
      this.#runs.set(run.id, { sessionId: session.id, number: run.number });
    }
    if (entry.runs.some(isActive)) this.#active.add(session.id);
    else this.#active.delete(session.id);
    entry.log.push(...(commit.events ?? []));
    if (commit.rollBackFrom !== undefined)
      this.#checkpoints.rollBack(session.id, commit.rollBackFrom);
    this.#checkpoints.remove(commit.remove ?? []);
    const checkpoints = commit.checkpoints ?? [];
    for (const [index, stored] of checkpoints.entries()) {
      const ordinal = session.lastOrdinal - checkpoints.length + index + 1;
      this.#checkpoints.add(session.id, session.epoch, ordinal, stored);
    }
    this.#checkpoints.addWrites(session.id, session.epoch, commit.writes ?? []);
  }

  #entry(id: string, actor: Actor): Entry | undefined {
    const entry = this.#entries.get(id);
    return actor === 'system' || entry?.session.ownerId === actor.ownerId ? entry : undefined;
  }
}

function stateOf(entry: Entry): SessionState {
  return {
    session: entry.session,
    active: entry.runs.filter(isActive),
    latest: entry.runs.at(-1) ?? null,
  };
}

function isExpired(session: Session, now: number, interruptedToo: boolean): boolean {
  const { expiresAt } = session;
  const due = expiresAt !== null && expiresAt <= now && isSettled(session);
  return due && (interruptedToo || !awaitsAnswer(session));
}

/** Negative where `a` stands before `b` in a list that shows the newest first. */
function newestFirst(a: SessionKey, b: SessionKey): number {
  if (a[0] !== b[0]) return b[0] - a[0];
  if (a[1] === b[1]) return 0;
  return a[1] < b[1] ? 1 : -1;
}

function idempotencyKey(record: Pick<IdempotencyRecord, 'ownerId' | 'mutation' | 'key'>): string {
  return JSON.stringify([record.ownerId, record.mutation, record.key]);
}
