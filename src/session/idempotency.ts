// Idempotency keys: the same request of the same user has one answer, however often it is sent.
import { createHash } from 'node:crypto';
import { GatewayError, invalidInput } from '../errors.ts';
import { DEEPEST_JSON, checkText, isPlainObject } from './json-input.ts';
import type { IdempotencyRecord, SessionStore, User } from './ports.ts';

const LONGEST_KEY = 255;

/** Where an input that was changed on its way keeps what the client sent. */
export const AS_SENT = Symbol('session-gateway.asSent');

interface Keyed {
  readonly idempotencyKey?: string | null | undefined;
}

/** A request under a key, before it is known what it is answered with. */
export type IdempotentRequest = Omit<IdempotencyRecord, 'sessionId' | 'runId'>;

/**
 * The request under the key that the client gave; undefined where it gave none.
 * @throws GatewayError INVALID_INPUT for a key that is empty, too long or no text
 */
export function idempotentRequest(
  user: User,
  mutation: IdempotencyRecord['mutation'],
  given: Keyed & { readonly [AS_SENT]?: Keyed },
): IdempotentRequest | undefined {
  const { idempotencyKey: key, ...request } = given[AS_SENT] ?? given;
  if (key === null || key === undefined) return undefined;
  if (key === '' || key.length > LONGEST_KEY) {
    throw invalidInput(`\`idempotencyKey\` must have 1 to ${LONGEST_KEY} characters.`);
  }
  checkText('idempotencyKey', key);
  return { ownerId: user.id, mutation, key, fingerprint: fingerprint(request) };
}

/** Answers a request under a key as it was answered first. */
export class FirstAnswers {
  readonly #sessions: Pick<SessionStore, 'findIdempotency'>;
  /** Requests of this process that have no answer yet, by owner, mutation and key. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(sessions: Pick<SessionStore, 'findIdempotency'>) {
    this.#sessions = sessions;
  }

  /**
   * @param request undefined: the request has no key, and is answered anew
   * @param repeat what the first answer was, from its record
   * @param answer answers it, and stores its record; it may fail because another process was first
   * @throws GatewayError IDEMPOTENCY_CONFLICT
   */
  async answer<Answer>(
    request: IdempotentRequest | undefined,
    repeat: (record: IdempotencyRecord) => Promise<Answer>,
    answer: () => Promise<Answer>,
  ): Promise<Answer> {
    if (request === undefined) return answer();
    const { ownerId, mutation, key } = request;
    const name = JSON.stringify([ownerId, mutation, key]);
    // A limit that the first one reaches must not refuse the others, which ask for the same.
    for (;;) {
      const before = this.#underWay.get(name);
      if (before === undefined) break;
      await before.catch(() => undefined);
    }
    const answering = this.#answer(request, repeat, answer).finally(() =>
      this.#underWay.delete(name),
    );
    this.#underWay.set(name, answering);
    return answering;
  }

  async #answer<Answer>(
    request: IdempotentRequest,
    repeat: (record: IdempotencyRecord) => Promise<Answer>,
    answer: () => Promise<Answer>,
  ): Promise<Answer> {
    const known = await this.#find(request);
    if (known !== null) return repeat(known);
    try {
      return await answer();
    } catch (error) {
      // The same request at the same time may have been the first to be stored.
      const first = await this.#find(request);
      if (first === null) throw error;
      return repeat(first);
    }
  }

  /** @throws GatewayError IDEMPOTENCY_CONFLICT */
  async #find(request: IdempotentRequest): Promise<IdempotencyRecord | null> {
    const { ownerId, mutation, key } = request;
    const record = await this.#sessions.findIdempotency(ownerId, mutation, key);
    if (record !== null) checkSameRequest(record, request);
    return record;
  }
}

/** @throws GatewayError IDEMPOTENCY_CONFLICT where the record is of another request */
export function checkSameRequest(
  record: IdempotencyRecord,
  request: IdempotentRequest | undefined,
): void {
  if (record.fingerprint === request?.fingerprint) return;
  throw new GatewayError(
    'IDEMPOTENCY_CONFLICT',
    'This idempotency key was used before with other arguments; use a new key.',
  );
}

/** What tells one request from another. An argument that is left out and one that is null are the same. */
function fingerprint(request: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(request).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  return createHash('sha256')
    .update(canonical(Object.fromEntries(given), 0))
    .digest('hex');
}

/** JSON with its keys in order, so that the same request reads the same. */
function canonical(value: unknown, depth: number): string {
  // One for the request itself: its fields are checked by themselves.
  if (depth > DEEPEST_JSON + 1)
    throw invalidInput(`The request is nested more than ${DEEPEST_JSON} deep.`);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join(',')}]`;
  if (!isPlainObject(value)) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const fields = entries.map(
    ([key, item]) => `${JSON.stringify(key)}:${canonical(item, depth + 1)}`,
  );
  return `{${fields.join(',')}}`;
}
