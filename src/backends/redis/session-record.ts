// A session as the fields of its hash. What steps change stands beside the record, so that a script can change it
// without reading JSON.
import { type Run, isActive } from '../../session/run.ts';
import { type Session, awaitsAnswer, isSettled } from '../../session/session.ts';
import { type ClaimableRun, type SessionState, toClaimable } from '../../session/ports.ts';

import { metadataTag, metadataTags } from '../metadata-tags.ts';
import type { Command } from './database.ts';
import { INSTANT_LENGTH, type Keys, tagOf } from './keys.ts';

/** Fields that stand beside the record. `runs` names the runs that a decision looks at. */
interface Fields {
  readonly record: string;
  readonly owner: string;
  readonly epoch: string;
  readonly status: string;
  /** Empty: none. */
  readonly head: string;
  readonly lastOrdinal: string;
  readonly lastEvent: string;
  /** Sessions of an earlier version have none. */
  readonly storedBytes?: string;
  readonly updatedAt: string;
  readonly revision: string;
  readonly runs: string;
}

export function toSession(flat: readonly string[]): { session: Session; revision: string } {
  const fields = Object.fromEntries(
    Array.from({ length: flat.length / 2 }, (_, n) => [flat[2 * n], flat[2 * n + 1]]),
  ) as unknown as Fields;
  const record = JSON.parse(fields.record) as Session;
  const updatedAt = Number(fields.updatedAt);
  const session: Session = {
    ...record,
    // Sessions of an earlier version have none.
    context: record.context ?? null,
    head: fields.head === '' ? null : fields.head,
    lastOrdinal: Number(fields.lastOrdinal),
    lastEvent: Number(fields.lastEvent),
    storedBytes: Number(fields.storedBytes ?? 0),
    updatedAt,
    expiresAt: record.ttlMs === null ? null : updatedAt + record.ttlMs,
  };
  return { session, revision: fields.revision };
}

/**
 * Stores the session, and puts it in its place in every list: of its owner, of work, and of what expires.
 * @param before the session as it is stored, if it is: what is found by its metadata is indexed anew only if that changed
 */
export function storeSession(
  keys: Keys,
  { session, active, latest }: SessionState,
  before: Session | undefined,
): Command[] {
  const { id } = session;
  const runs = [...new Set([...active, ...(latest === null ? [] : [latest])])];
  const numbers = runs.map(({ number }) => number).join(' ');
  return [
    // oxfmt-ignore
    ['HSET', keys.session(id),
      'record', JSON.stringify(session),
      'owner', session.ownerId,
      'epoch', session.epoch,
      'status', session.status,
      'head', session.head ?? '',
      'lastOrdinal', session.lastOrdinal,
      'lastEvent', session.lastEvent,
      'storedBytes', session.storedBytes,
      'updatedAt', session.updatedAt,
      'runs', numbers],
    listed(keys, session, active, before, `${session.epoch}/${numbers}`),
    ...work(keys, session, active[0]),
    ...expiring(keys, session),
    isSettled(session)
      ? ['ZADD', keys.histories, session.lastOrdinal, id]
      : ['ZREM', keys.histories, id],
  ];
}

function listed(
  keys: Keys,
  session: Session,
  active: readonly Run[],
  before: Session | undefined,
  stamp: string,
): Command {
  const { id, createdAt, updatedAt, metadata } = session;
  const tags = metadata === before?.metadata ? [] : ['metadata', tagsOf(metadata)];
  // oxfmt-ignore
  return ['HSET', keys.listed(id),
    'owner', tagOf(session.ownerId),
    'status', session.status,
    'graph', tagOf(session.graphId),
    'forkedFrom', tagOf(session.forkedFrom?.sessionId ?? ''),
    ...tags,
    'claim', claimOf(active[0], session, stamp),
    'queued', active.filter((run) => run.status === 'QUEUED').length,
    'bytes', session.storedBytes,
    'createdAt', createdAt,
    'updatedAt', updatedAt,
    'createdKey', sortKey(createdAt, id),
    'updatedKey', sortKey(updatedAt, id)];
}

const NONE = '-';

/**
 * What a worker has to know of a session's first active run, without what the run was given; empty for none.
 * @param stamp what changes with the session's runs: an earlier version changes them and leaves the claim as it was
 */
function claimOf(run: Run | undefined, session: Session, stamp: string): string {
  if (run === undefined) return '';
  const { id, attempt, workerId, notBefore, ownerId } = toClaimable(run, session.ownerId);
  const words = [
    id,
    attempt,
    workerId ?? NONE,
    notBefore ?? NONE,
    stamp.replaceAll(' ', ','),
    ownerId,
  ];
  return words.join(' ');
}

export function toClaim(sessionId: string, claim: string): ClaimableRun {
  const [id = '', attempt, workerId = NONE, notBefore, _stamp, ...owner] = claim.split(' ');
  return {
    id,
    sessionId,
    attempt: Number(attempt),
    workerId: workerId === NONE ? null : workerId,
    notBefore: notBefore === NONE ? null : Number(notBefore),
    ownerId: owner.join(' '),
  };
}

function tagsOf(metadata: Session['metadata']): string {
  return metadataTags(metadata).map(tagOf).join(',');
}

/** An instant and an id as text that sorts as they do. */
export function sortKey(at: number, id: string): string {
  return `${String(at).padStart(INSTANT_LENGTH, '0')} ${id}`;
}

export function metadataTagOf(key: string, value: string | number | boolean | null): string {
  return tagOf(metadataTag(key, value));
}

/** Where workers find the session's first active run. */
function work(keys: Keys, { id }: Session, first: Run | undefined): Command[] {
  if (first === undefined || !isActive(first)) {
    return [
      ['ZREM', keys.waiting, id],
      ['HDEL', keys.busy, id],
    ];
  }
  return first.workerId === null
    ? [
        ['ZADD', keys.waiting, first.createdAt, id],
        ['HDEL', keys.busy, id],
      ]
    : [
        ['ZREM', keys.waiting, id],
        ['HSET', keys.busy, id, first.workerId],
      ];
}

/** Where the sweeper finds the session: among those at rest, or among those that wait for an answer. */
function expiring(keys: Keys, session: Session): Command[] {
  const { id, expiresAt } = session;
  const due = expiresAt !== null && isSettled(session);
  const place = (list: string, isThere: boolean): Command =>
    isThere ? ['ZADD', list, expiresAt ?? 0, id] : ['ZREM', list, id];
  return [
    place(keys.expiry, due && !awaitsAnswer(session)),
    place(keys.expiryInterrupted, due && awaitsAnswer(session)),
  ];
}
