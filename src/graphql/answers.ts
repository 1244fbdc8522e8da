// What answers take in memory from when their parts are read until their clients have them, for each user together.
import { type GraphQLSchema, defaultFieldResolver, getNamedType, isObjectType } from 'graphql';
import { GatewayError } from '../errors.ts';
import { jsonSize } from '../session/json-size.ts';

export interface AnswerLimits {
  /** Bytes of JSON of one answer, or of one event. */
  readonly maxBytes: number;
  /** Answers of one user at once. */
  readonly maxPerUser: number;
  /** Bytes of all answers of one user that are at work or not taken yet. */
  readonly maxBytesPerUser: number;
}

interface InFlight {
  answers: number;
  bytes: number;
  /** Whether something did not fit, and no bytes have been taken since. */
  isFull: boolean;
}

/** The answers that this process is making or sending. */
export class AnswersInFlight {
  readonly #limits: AnswerLimits;
  readonly #users = new Map<string, InFlight>();

  constructor(limits: AnswerLimits) {
    this.#limits = limits;
  }

  /** @returns to be disposed of once the client has it, or is gone. @throws GatewayError LIMIT_EXCEEDED */
  begin(userId: string): Answer {
    const inFlight = this.#users.get(userId) ?? { answers: 0, bytes: 0, isFull: false };
    const { maxPerUser } = this.#limits;
    if (inFlight.answers >= maxPerUser) {
      throw new GatewayError(
        'LIMIT_EXCEEDED',
        `You have ${maxPerUser} requests without an answer (ANSWERS_PER_USER); wait for some of them.`,
      );
    }
    inFlight.answers += 1;
    this.#users.set(userId, inFlight);
    return new Answer(this.#limits, inFlight, () => {
      inFlight.answers -= 1;
      if (inFlight.answers === 0) this.#users.delete(userId);
    });
  }

  /** One event of a feed, which limits itself what waits for its watchers. */
  event(): Answer {
    const limits = { ...this.#limits, maxBytesPerUser: Infinity };
    return new Answer(limits, { answers: 0, bytes: 0, isFull: false }, () => undefined);
  }
}

/**
 * How many values of an answer are shown by their types: GraphQL takes each by itself, and others wait meanwhile
 * (test/attacks/held-loop.test.ts).
 */
const MOST_TYPED_VALUES = 20_000;

/** One answer, from when it is asked for. */
export class Answer implements Disposable {
  /** How many values it may still show by their types. */
  typedValuesLeft = MOST_TYPED_VALUES;
  readonly #limits: AnswerLimits;
  readonly #inFlight: InFlight;
  readonly #onEnd: () => void;
  /** Made where somebody listens for it: there are many answers, and few that wait. */
  #listened: AbortController | undefined;
  #isGone = false;
  #bytes = 0;

  constructor(limits: AnswerLimits, inFlight: InFlight, onEnd: () => void) {
    this.#limits = limits;
    this.#inFlight = inFlight;
    this.#onEnd = onEnd;
  }

  /** Aborted once nobody waits for it any more. */
  get gone(): AbortSignal {
    this.#listened ??= new AbortController();
    if (this.#isGone) this.#listened.abort();
    return this.#listened.signal;
  }

  /** Called before a part is read. @throws GatewayError LIMIT_EXCEEDED if the client has left, or its user's answers are full */
  checkRoom(): void {
    if (this.#isGone) throw new GatewayError('LIMIT_EXCEEDED', 'The client has left.');
    if (this.#inFlight.isFull) throw tooMuchUnread(this.#limits.maxBytesPerUser);
  }

  /** Counts a part of it. @throws GatewayError LIMIT_EXCEEDED naming the field */
  take(value: unknown, field: string): void {
    const { maxBytes, maxBytesPerUser } = this.#limits;
    const bytes = jsonSize(value, maxBytes);
    if (this.#bytes + bytes > maxBytes) {
      throw new GatewayError(
        'LIMIT_EXCEEDED',
        `With \`${field}\` the answer is longer than ${maxBytes} bytes (MAX_ANSWER_BYTES); ask for less of it, such as some \`keys\`, or for fewer by \`first\`.`,
      );
    }
    if (this.#inFlight.bytes + bytes > maxBytesPerUser) {
      // Where nothing else is held, nothing that is taken would make room.
      this.#inFlight.isFull = !this.#isGone && this.#inFlight.bytes > this.#bytes;
      throw tooMuchUnread(maxBytesPerUser);
    }
    this.#bytes += bytes;
    if (!this.#isGone) this.#inFlight.bytes += bytes;
  }

  [Symbol.dispose](): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#listened?.abort();
    this.#inFlight.bytes -= this.#bytes;
    if (this.#bytes > 0) this.#inFlight.isFull = false;
    this.#onEnd();
  }
}

function tooMuchUnread(maxBytes: number): GatewayError {
  return new GatewayError(
    'LIMIT_EXCEEDED',
    `With this, your unread answers exceed ${maxBytes} bytes (ANSWER_BYTES_PER_USER); read some first.`,
  );
}

/** Fields of text that is as long as its user likes. */
const LONG_TEXTS: ReadonlySet<string> = new Set(['Session.task', 'Message.text']);

/** Has each field count in its answer that may be long. */
export function countAnswers(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const { name } = getNamedType(field.type);
      const isLong = name === 'JSON' || LONG_TEXTS.has(`${type.name}.${field.name}`);
      if (!isLong) continue;
      const resolve = field.resolve ?? defaultFieldResolver;
      const count = (value: unknown, { answer }: { readonly answer: Answer }) => {
        answer.take(value, `${type.name}.${field.name}`);
        return value;
      };
      field.resolve = (root, args, context: { readonly answer: Answer }, info) => {
        const value: unknown = resolve(root, args, context, info);
        return value instanceof Promise
          ? value.then((found: unknown) => count(found, context))
          : count(value, context);
      };
    }
  }
  return schema;
}
