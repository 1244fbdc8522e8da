// Reading states and lists takes connections to the store and the event loop's time. Each user has a few such reads at once,
// and the next ones wait, so that others find connections free.
import { type GraphQLSchema, defaultFieldResolver, getNamedType, isObjectType } from 'graphql';
import PQueue from 'p-queue';
import type { RequestContext } from './context.ts';

/** A graph's own code may be asked within a turn, and never answer: after so long the next one begins beside it. */
const LONGEST_TURN_MS = 10_000;

/** What users wait for, each behind their own. */
export class TurnsPerUser {
  readonly #most: number;
  readonly #longestMs: number;
  readonly #users = new Map<string, PQueue>();

  /** @param most how many turns each user has at once in this process */
  constructor(most: number, longestMs = LONGEST_TURN_MS) {
    this.#most = most;
    this.#longestMs = longestMs;
  }

  /** How many users have turns, or wait for one. */
  get users(): number {
    return this.#users.size;
  }

  /** Waits for the user's turn. What is done in it should not wait for a further one. @throws what `act` throws */
  async take<Value>(userId: string, act: () => Value | PromiseLike<Value>): Promise<Value> {
    const turns = this.#users.get(userId) ?? new PQueue({ concurrency: this.#most });
    this.#users.set(userId, turns);
    const { promise: acted, resolve } = Promise.withResolvers<Value>();
    const turn = () => {
      resolve((async () => act())());
      return acted;
    };
    // It rejects, too, where the turn is over before what is done in it.
    await turns.add(turn, { timeout: this.#longestMs }).catch(() => undefined);
    if (turns.size + turns.pending === 0 && this.#users.get(userId) === turns)
      this.#users.delete(userId);
    return await acted;
  }
}

/** They read whole states. */
const READERS: ReadonlySet<string> = new Set([
  'resumeSession',
  'forkSession',
  'updateSessionState',
]);

/** Has fields wait for their user's turn that read a list, or whole states to change them. */
export function takeTurns(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const resolve = field.resolve ?? defaultFieldResolver;
      if (type === schema.getMutationType() && READERS.has(field.name)) {
        // It is done for who has left, too.
        field.resolve = (root, args, context: RequestContext, info) =>
          context.services.turns.take(context.user.id, () => resolve(root, args, context, info));
      } else if (getNamedType(field.type).name.endsWith('Connection')) {
        field.resolve = (root, args, context: RequestContext, info) =>
          context.takeTurn(async () => resolve(root, args, context, info));
      }
    }
  }
  return schema;
}
