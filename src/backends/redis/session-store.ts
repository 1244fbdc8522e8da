// The session store on Redis: every read carries the owner's id into its script (ownership), and a decision, its events and
// its checkpoints are applied by one script, if the session has not changed since it was read.
import { GatewayError } from '../../errors.ts';
import { type Page, type PageRequest, toPage } from '../../session/page.ts';
import type {
  Actor,
  CheckpointFilter,
  CheckpointPlace,
  CheckpointRow,
  ClaimableRun,
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
import { ClaimWindow } from '../claimable.ts';
import type { DurableDetail, LogEntry } from '../../session/progress.ts';
import { type Run, type RunStatus, isActive } from '../../session/run.ts';
import { type Session, isSettled, ownBytes } from '../../session/session.ts';
import { stateAfter } from '../../session/state-after.ts';
import { serializer } from '../serializer.ts';
import type { RedisCheckpoints } from './checkpoints.ts';
import type { Command, RedisDatabase, Word } from './database.ts';
import { type Keys, RARE_SOURCES, tagOf } from './keys.ts';
import { pairs } from './replies.ts';
import { metadataTagOf, sortKey, storeSession, toClaim, toSession } from './session-record.ts';

/** How often a decision is made anew because a step came between; a session's steps leave room enough. */
const MOST_LOOKS = 200;
const TRASH_BATCH = 500;
const SESSIONS_AT_A_TIME = 500;
/** Redis does nothing else meanwhile. */
const CLAIMABLE_AT_ONCE = 4000;

interface Seen {
  readonly state: SessionState;
  readonly revision: string;
}

export class RedisSessionStore implements SessionStore {
  readonly #database: RedisDatabase;
  readonly #checkpoints: RedisCheckpoints;
  readonly #claimable = new ClaimWindow(CLAIMABLE_AT_ONCE);

  constructor(database: RedisDatabase, checkpoints: RedisCheckpoints) {
    this.#database = database;
    this.#checkpoints = checkpoints;
  }

  async create(commit: Commit): Promise<IdempotencyRecord | null> {
    const answer = await this.#commit(commit, newState(commit), null, []);
    if (answer === 'moved') throw new Error('a session of this id is stored already');
    return answer === 'stored' ? null : (JSON.parse(answer) as IdempotencyRecord);
  }

  async fork(commit: Commit, source: ForkSource): Promise<IdempotencyRecord | 'moved' | null> {
    const commands = await this.#checkpoints.commands.copy(source, commit.session);
    if (commands === undefined) return 'moved';
    const session = {
      ...commit.session,
      lastOrdinal: source.checkpoints.length,
      storedBytes: commit.session.storedBytes + bytesIn(commands),
    };
    const whole = { ...commit, session };
    const answer = await this.#commit(whole, newState(whole), null, commands, source);
    if (answer === 'moved') return 'moved';
    return answer === 'stored' ? null : (JSON.parse(answer) as IdempotencyRecord);
  }

  async change(
    id: string,
    actor: Actor,
    decide: (state: SessionState) => Commit | undefined,
  ): Promise<SessionState | null> {
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      const seen = await this.#read(id, actor);
      if (seen === null) return null;
      const commit = decide(seen.state);
      if (commit === undefined) return seen.state;
      const after = stateAfter(seen.state, commit);
      const taken =
        commit.rollBackFrom === undefined
          ? await this.#checkpoints.commands.remove(commit.remove ?? [])
          : await this.#checkpoints.commands.rollBack(id, commit.rollBackFrom);
      const answer = await this.#commit(commit, after, seen, taken);
      if (answer === 'stored') return after;
      // The service looks up what the key was first used for.
      if (answer !== 'moved') throw new GatewayError('IDEMPOTENCY_CONFLICT', 'The key was used.');
    }
    throw keepsMoving(id);
  }

  async adopt(commit: Commit, rows: readonly CheckpointRow[]): Promise<boolean> {
    const commands = await this.#checkpoints.commands.adopt(commit.session.id, rows);
    return (await this.#commit(commit, newState(commit), null, commands)) === 'stored';
  }

  delete(id: string, actor: Actor): Promise<boolean> {
    return this.#delete(id, ownerOf(actor), '');
  }

  deleteExpired(id: string, now: number, interruptedToo: boolean): Promise<boolean> {
    return this.#delete(id, '', now, interruptedToo);
  }

  async find(id: string, actor: Actor): Promise<Session | null> {
    const flat = await this.#owned(id, actor, ['HGETALL', this.#keys.session(id)]);
    return Array.isArray(flat) ? toSession(flat).session : null;
  }

  findEach(ids: readonly string[], actor: Actor): Promise<(Session | null)[]> {
    return Promise.all(ids.map((id) => this.find(id, actor)));
  }

  async list(
    ownerId: string,
    filter: SessionFilter,
    order: SessionOrder,
    page: PageRequest<SessionKey>,
  ): Promise<Page<Session>> {
    const [by, key] =
      order === 'CREATED_AT' ? ['createdAt', 'createdKey'] : ['updatedAt', 'updatedKey'];
    const from = page.after === null ? '' : ` @${by}:[-inf ${page.after[0]}]`;
    const query = queryOf(ownerId, filter) + from;
    const last = page.after && sortKey(...page.after);
    const ids: string[] = [];
    const size = page.first + 1;
    // Sessions of the same instant as the last one seen come again; the key tells which of them were seen.
    for (let offset = 0; ids.length < size; offset += size) {
      const found = await this.#search(query, key, offset, size);
      const unseen = found.filter(([, sorted]) => last === null || sorted < last);
      ids.push(...unseen.map(([id]) => id));
      if (found.length < size) break;
    }
    const sessions = await this.findEach(ids.slice(0, page.first), { ownerId });
    // One that was deleted meanwhile leaves a gap, and does not end the list.
    const items = sessions.filter((session) => session !== null);
    return { items, hasNext: ids.length > page.first, hasPrevious: page.after !== null };
  }

  async count(ownerId: string, filter: SessionFilter): Promise<number> {
    // oxfmt-ignore
    const [count] = (await this.#database.search([this.#keys.listIndex, queryOf(ownerId, filter),
      'NOCONTENT', 'LIMIT', 0, 0, 'TIMEOUT', 0, 'DIALECT', 2])) as [number];
    return count;
  }

  async activityOf(ownerId: string): Promise<UserActivity> {
    const query = `@owner:{${tagOf(ownerId)}} @status:{QUEUED|RUNNING}`;
    // oxfmt-ignore
    const { active, queued } = await this.#aggregate(query, ['LOAD', 1, '@queued', 'GROUPBY', 0,
      'REDUCE', 'COUNT', 0, 'AS', 'active', 'REDUCE', 'SUM', 1, '@queued', 'AS', 'queued']);
    return { activeSessions: Number(active ?? 0), queuedRuns: Number(queued ?? 0) };
  }

  async storedBytesOf(ownerId: string): Promise<number> {
    // oxfmt-ignore
    const { bytes } = await this.#aggregate(`@owner:{${tagOf(ownerId)}}`, ['LOAD', 1, '@bytes', 'GROUPBY', 0,
      'REDUCE', 'SUM', 1, '@bytes', 'AS', 'bytes']);
    return Number(bytes ?? 0);
  }

  async findRun(id: string, actor: Actor): Promise<Run | null> {
    const [place] = await this.#database.look([['GET', this.#keys.run(id)]]);
    // A run that is not there takes as long to say as one of somebody else.
    const [sessionId = '', number] = typeof place === 'string' ? place.split(' ') : ['', '0'];
    return this.findRunByNumber(sessionId, Number(number), actor);
  }

  async findRunByNumber(sessionId: string, number: number, actor: Actor): Promise<Run | null> {
    const json = await this.#owned(sessionId, actor, ['HGET', this.#keys.runs(sessionId), number]);
    return typeof json === 'string' ? (JSON.parse(json) as Run) : null;
  }

  async listRuns(
    sessionId: string,
    actor: Actor,
    page: PageRequest<number>,
    status: readonly RunStatus[] | null = null,
  ): Promise<Page<Run>> {
    const runs = this.#keys.runs(sessionId);
    const count = Number((await this.#owned(sessionId, actor, ['HLEN', runs])) ?? 0);
    const items: Run[] = [];
    // Those of some statuses are looked for among all. A run may be large: no more are read at once than without a filter.
    const most = page.first + 1;
    let newest = Math.min(count, (page.after ?? Infinity) - 1);
    for (; newest > 0 && items.length <= page.first; newest -= most) {
      const numbers = Array.from({ length: most }, (_, n) => newest - n).filter((n) => n > 0);
      const found = await this.#owned(sessionId, actor, ['HMGET', runs, ...numbers]);
      for (const json of (found ?? []) as (string | null)[]) {
        const run = json === null ? null : (JSON.parse(json) as Run);
        if (run !== null && (status?.includes(run.status) ?? true)) items.push(run);
      }
    }
    return toPage(items.slice(0, page.first + 1), page);
  }

  async findIdempotency(
    ownerId: string,
    mutation: IdempotencyRecord['mutation'],
    key: string,
  ): Promise<IdempotencyRecord | null> {
    const [json] = await this.#database.look([
      ['GET', this.#keys.idempotency({ ownerId, mutation, key })],
    ]);
    return typeof json === 'string' ? (JSON.parse(json) as IdempotencyRecord) : null;
  }

  async readLog(
    sessionId: string,
    actor: Actor,
    after: number,
    limit: number,
  ): Promise<readonly LogEntry[]> {
    const command = ['XRANGE', this.#keys.events(sessionId), `${after + 1}-0`, '+', 'COUNT', limit];
    const entries = await this.#owned(sessionId, actor, command as unknown as Command);
    return ((entries ?? []) as [string, string[]][]).map(toLogEntry);
  }

  async trimLog(sessionId: string, keep: number, limit: number): Promise<boolean> {
    const events = this.#keys.events(sessionId);
    const [session, [oldest]] = await Promise.all([
      this.find(sessionId, 'system'),
      this.#lookOne(['XRANGE', events, '-', '+', 'COUNT', 1]) as Promise<[string, string[]][]>,
    ]);
    if (session === null || oldest === undefined) return false;
    const end = session.lastEvent - keep + 1;
    const from = toLogEntry(oldest).sequence;
    if (from >= end) return false;
    const least = Math.min(end, from + limit);
    await this.#lookOne(['XTRIM', events, 'MINID', `${least}-0`]);
    return least < end;
  }

  async listCheckpoints(
    sessionId: string,
    actor: Actor,
    filter: CheckpointFilter,
    page: PageRequest<number>,
  ): Promise<Page<CheckpointRow>> {
    if ((await this.find(sessionId, actor)) === null) return toPage([], page);
    return toPage(await this.#checkpoints.rows.list(sessionId, filter, page), page);
  }

  async findCheckpoint(
    sessionId: string,
    actor: Actor,
    checkpointId: string,
    namespace: string,
  ): Promise<CheckpointRow | null> {
    if ((await this.find(sessionId, actor)) === null) return null;
    return this.#checkpoints.rows.find(sessionId, checkpointId, namespace);
  }

  async listNamespaces(sessionId: string, actor: Actor): Promise<readonly string[]> {
    if ((await this.find(sessionId, actor)) === null) return [];
    return this.#checkpoints.rows.listNamespaces(sessionId);
  }

  async readMetadata(places: readonly CheckpointPlace[]): Promise<readonly unknown[]> {
    const texts = await this.#checkpoints.tuples.readMetadata(places);
    return Promise.all(texts.map(async (text) => text && serializer.loadsTyped('json', text)));
  }

  nextCheckpoint(row: CheckpointRow): Promise<CheckpointRow | null> {
    return this.#checkpoints.rows.next(row);
  }

  subgraphsAt(sessionId: string, interval: HistoryInterval): Promise<readonly CheckpointRow[]> {
    return this.#checkpoints.rows.subgraphsAt(sessionId, interval);
  }

  async claimable(
    deadWorkers: readonly string[],
    limit: number,
    except: readonly string[] = [],
  ): Promise<readonly ClaimableRun[]> {
    const { waiting, busy, listedPrefix } = this.#keys;
    // oxfmt-ignore
    const [looked, ...found] = (await this.#database.script('sgClaimable', [waiting, busy], [
      listedPrefix, limit, this.#claimable.from, this.#claimable.size, this.#keys.session(''), deadWorkers.length, ...deadWorkers, ...except,
    ])) as [number, ...string[]];
    this.#claimable.moveOn(looked);
    const runs = Array.from({ length: found.length / 2 }, async (_, n) => {
      const [sessionId = '', claim = ''] = found.slice(2 * n, 2 * n + 2);
      if (claim !== '') return toClaim(sessionId, claim);
      // A session that an earlier version stored.
      const { state } = (await this.#read(sessionId, 'system')) ?? {};
      const run = state?.active[0];
      return run === undefined ? [] : toClaimable(run, state?.session.ownerId ?? '');
    });
    return (await Promise.all(runs)).flat();
  }

  async busyWorkers(): Promise<readonly string[]> {
    return [...new Set((await this.#busy()).map(([, worker]) => worker))];
  }

  async expired(now: number, limit: number, interruptedToo: boolean): Promise<readonly Session[]> {
    await this.#emptyTrash();
    const { expiry, expiryInterrupted } = this.#keys;
    const lists = interruptedToo ? [expiry, expiryInterrupted] : [expiry];
    const found = (await this.#database.look(
      lists.map((list): Command => ['ZRANGE', list, '-inf', now, 'BYSCORE', 'LIMIT', 0, limit]),
    )) as string[][];
    const ids = found.flat().slice(0, limit);
    const sessions = await Promise.all(ids.map((id) => this.find(id, 'system')));
    // What Redis has evicted would stand before all others for ever.
    const gone = ids.filter((_id, n) => sessions[n] === null);
    if (gone.length > 0)
      await this.#database.look(lists.map((list): Command => ['ZREM', list, ...gone]));
    return sessions.filter((session) => session !== null);
  }

  async acquireLease(name: string, holder: string, ttlMs: number): Promise<boolean> {
    const key = this.#keys.lease(name);
    return (await this.#database.script('sgAcquireLease', [key], [holder, ttlMs])) === 1;
  }

  async releaseLease(name: string, holder: string): Promise<void> {
    await this.#database.script('sgReleaseLease', [this.#keys.lease(name)], [holder]);
  }

  async orphans(from: string | null, limit: number): Promise<Orphans> {
    const { threadIds, own, next } = await this.#checkpoints.commands.stockThreads(
      from ?? '0',
      limit,
    );
    const keys = this.#keys;
    const known = await this.#database.look(
      threadIds.map((id): Command => ['EXISTS', keys.session(id), keys.trashOf(id)]),
    );
    const orphans = threadIds.filter((_id, n) => known[n] === 0);
    return { threadIds: orphans, own: orphans.filter((id) => own.includes(id)), next };
  }

  async deleteOrphan(threadId: string): Promise<boolean> {
    if ((await this.find(threadId, 'system')) !== null) return false;
    await this.#checkpoints.commands.deleteStockThread(threadId);
    return true;
  }

  listRange(
    sessionId: string,
    whose: 'graph' | 'subgraphs',
    range: OrdinalRange,
  ): Promise<readonly CheckpointRow[]> {
    return this.#checkpoints.rows.range(sessionId, whose, range);
  }

  async longHistories(count: number, from: string | null): Promise<LongHistories> {
    const offset = Number(from ?? 0);
    // oxfmt-ignore
    const ids = (await this.#lookOne(['ZRANGE', this.#keys.histories, `(${count}`, '+inf', 'BYSCORE',
      'LIMIT', offset, SESSIONS_AT_A_TIME])) as string[];
    const sessions = await Promise.all(ids.map((id) => this.find(id, 'system')));
    return {
      sessions: sessions.filter((session) => session !== null),
      next: ids.length < SESSIONS_AT_A_TIME ? null : String(offset + ids.length),
    };
  }

  async sweepValues({ id, epoch }: Session): Promise<boolean> {
    const garbage = await this.#checkpoints.commands.garbage(id);
    for (let n = 0; n < garbage.length; n += TRASH_BATCH) {
      const seen = await this.#read(id, 'system');
      if (seen?.state.session.epoch !== epoch || !isSettled(seen.state.session)) return false;
      const keys = garbage.slice(n, n + TRASH_BATCH);
      const commands: Command[] = [
        ['UNLINK', ...keys],
        ['ZREM', this.#keys.documents(id), ...keys],
      ];
      const guard = {
        session: this.#keys.session(id),
        revision: seen.revision,
        idempotencyKey: undefined,
        source: undefined,
      };
      if ((await this.#database.commit(guard, commands)) !== 'stored') return false;
    }
    const measured = await this.#checkpoints.commands.measure(id);
    await this.change(id, 'system', ({ session }) =>
      session.epoch === epoch && isSettled(session)
        ? { session: { ...session, storedBytes: ownBytes(session) + measured } }
        : undefined,
    );
    return true;
  }

  get #keys(): Keys {
    return this.#database.keys;
  }

  async #read(id: string, actor: Actor): Promise<Seen | null> {
    const keys = [this.#keys.session(id), this.#keys.runs(id)];
    const answer = await this.#database.script('sgReadState', keys, [ownerOf(actor)]);
    if (!Array.isArray(answer)) return null;
    const [flat, texts] = answer as [string[], string[]];
    const runs = texts.map((json) => JSON.parse(json) as Run);
    runs.sort((a, b) => a.number - b.number);
    const { session, revision } = toSession(flat);
    const state = { session, active: runs.filter(isActive), latest: runs.at(-1) ?? null };
    return { state, revision };
  }

  /** Documents first, the session next, events last. */
  #commit(
    commit: Commit,
    after: SessionState,
    seen: Seen | null,
    before: readonly Command[],
    source?: ForkSource,
  ): Promise<string> {
    const keys = this.#keys;
    const { session, idempotency, checkpoints = [], writes = [] } = commit;
    const idempotencyKey = idempotency && keys.idempotency(idempotency);
    const commands: Command[] = [
      ...before,
      ...this.#checkpoints.commands.insert(session, checkpoints, writes),
      ...(commit.runs ?? []).flatMap((run): Command[] => [
        ['HSET', keys.runs(session.id), run.number, JSON.stringify(run)],
        ['SET', keys.run(run.id), `${session.id} ${run.number}`],
        ['SADD', keys.belongings(session.id), keys.run(run.id)],
      ]),
      ...(idempotencyKey === undefined
        ? []
        : [
            ['SET', idempotencyKey, JSON.stringify(idempotency)] as const,
            ['SADD', keys.belongings(session.id), idempotencyKey] as const,
          ]),
      ...storeSession(keys, after, seen?.state.session),
      ...(commit.events ?? []).map((entry) => logged(keys.events(session.id), entry)),
    ];
    const guard = {
      session: keys.session(session.id),
      revision: seen?.revision ?? '',
      idempotencyKey,
      source: source && { key: keys.session(source.sessionId), ...source.seen },
    };
    return this.#database.commit(guard, commands);
  }

  async #delete(
    id: string,
    owner: string,
    expiredAt: Word,
    interruptedToo = false,
  ): Promise<boolean> {
    const keys = this.#keys;
    // oxfmt-ignore
    const deleted = await this.#database.script('sgDelete', [
      keys.session(id), keys.runs(id), keys.events(id), keys.checkpoints(id), keys.namespaces(id),
      keys.subgraphs(id), keys.documents(id), keys.histories, keys.belongings(id), keys.listed(id),
      keys.waiting, keys.busy, keys.expiry, keys.trash, keys.trashOf(id), keys.persistent(id),
      keys.expiryInterrupted,
    ], [
      owner, id, expiredAt, interruptedToo ? '1' : '',
      keys.history(id, ''), ...RARE_SOURCES.map((source) => keys.sourced(id, source, '')),
    ]);
    if (deleted !== 1) return false;
    await this.#emptyTrashOf(id);
    return true;
  }

  /** What a deletion left that its process did not live to remove. */
  async #emptyTrash(): Promise<void> {
    const ids = (await this.#lookOne(['SMEMBERS', this.#keys.trash])) as string[];
    for (const id of ids) await this.#emptyTrashOf(id);
  }

  /** A few at a time, so that nobody waits behind a long history. */
  async #emptyTrashOf(id: string): Promise<void> {
    const keys = [this.#keys.trash, this.#keys.trashOf(id)];
    while ((await this.#database.script('sgEmptyTrash', keys, [id, TRASH_BATCH])) === 1);
  }

  async #busy(): Promise<[id: string, worker: string][]> {
    const flat = (await this.#lookOne(['HGETALL', this.#keys.busy])) as string[];
    return Array.from({ length: flat.length / 2 }, (_, n) => [
      flat[2 * n] ?? '',
      flat[2 * n + 1] ?? '',
    ]);
  }

  /** One row of what is told of the sessions that a query finds; empty where it finds none. */
  async #aggregate(query: string, pipeline: Word[]): Promise<Readonly<Record<string, string>>> {
    const words = [this.#keys.listIndex, query, ...pipeline, 'TIMEOUT', 0, 'DIALECT', 2];
    const [, row = []] = (await this.#database.search(words, 'FT.AGGREGATE')) as [
      number,
      string[]?,
    ];
    return Object.fromEntries(pairs(row));
  }

  /** Ids of the sessions that a query finds, newest first, each with its place in the order. */
  async #search(
    query: string,
    key: string,
    offset: number,
    size: number,
  ): Promise<[id: string, sorted: string][]> {
    // Without a limit of its own, RediSearch answers with a part of the list when it takes long, and says nothing.
    // oxfmt-ignore
    const [, ...found] = (await this.#database.search([this.#keys.listIndex, query,
      'RETURN', 1, key, 'SORTBY', key, 'DESC', 'LIMIT', offset, size, 'TIMEOUT', 0, 'DIALECT', 2])) as [number, ...unknown[]];
    return Array.from({ length: found.length / 2 }, (_, n) => {
      const fields = found[2 * n + 1] as string[];
      return [String(found[2 * n]).slice(this.#keys.listedPrefix.length), fields[1] ?? ''];
    });
  }

  #owned(id: string, actor: Actor, command: Command): Promise<unknown> {
    const words = [ownerOf(actor), ...command];
    return this.#database.script('sgOwned', [this.#keys.session(id)], words);
  }

  async #lookOne(command: Command): Promise<unknown> {
    return (await this.#database.look([command]))[0];
  }
}

/** How much the documents take that the commands store. */
function bytesIn(commands: readonly Command[]): number {
  return commands.reduce(
    (sum, [name, , , json]) => sum + (name === 'JSON.SET' ? Buffer.byteLength(String(json)) : 0),
    0,
  );
}

/** The state of a session that was not there before. */
function newState(commit: Commit): SessionState {
  return stateAfter({ session: commit.session, active: [], latest: null }, commit);
}

/** The owner that a script compares; empty: the system, which sees everything. */
function ownerOf(actor: Actor): string {
  return actor === 'system' ? '' : actor.ownerId;
}

function logged(stream: string, { sequence, runId, at, detail }: LogEntry): Command {
  // oxfmt-ignore
  return ['XADD', stream, `${sequence}-0`, 'run', runId ?? '', 'at', at, 'detail', JSON.stringify(detail)];
}

function toLogEntry([id, fields]: [string, string[]]): LogEntry {
  const [, runId = '', , at = '', , detail = ''] = fields;
  return {
    sequence: Number.parseInt(id, 10),
    runId: runId === '' ? null : runId,
    at: Number(at),
    detail: JSON.parse(detail) as DurableDetail,
  };
}

function keepsMoving(id: string): GatewayError {
  return new GatewayError('SESSION_BUSY', `Session ${id} keeps changing; try again.`);
}

/** What finds a user's sessions that fit a filter. */
function queryOf(ownerId: string, filter: SessionFilter): string {
  const conditions = [
    `@owner:{${tagOf(ownerId)}}`,
    filter.status && `@status:{${filter.status.join('|') || 'NONE'}}`,
    filter.graphId !== null && `@graph:{${tagOf(filter.graphId)}}`,
    filter.forkedFromSessionId !== null && `@forkedFrom:{${tagOf(filter.forkedFromSessionId)}}`,
    ...Object.entries(filter.metadata).map(
      ([name, value]) => `@metadata:{${metadataTagOf(name, value)}}`,
    ),
  ];
  return conditions.filter(Boolean).join(' ');
}
