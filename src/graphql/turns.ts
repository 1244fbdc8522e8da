// Reading states and lists takes connections to the store and the event loop's time. Each user has a few such reads at once,
// and the next ones wait, so that others find connections free.
import { type GraphQLSchema, defaultFieldResolver, getNamedType, isObjectType } from 'graphql';
import PQueue from 'p-queue';
import type { RequestContext } from './context.ts';

/** What users wait for, each behind their own. */
export class TurnsPerUser {
  readonly #most: number;
  readonly #users = new Map<string, PQueue>();

  /** @param most how many turns each user has at once in this process */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many users have turns, or wait for one. */
  get users(): number {
    return this.#users.size;
  }

  /** Waits for the user's turn. Within it nothing may wait for a further one. */
  async take<Value>(userId: string, act: () => Value | PromiseLike<Value>): Promise<Value> {
    const turns = this.#users.get(userId) ?? new PQueue({ concurrency: this.#most });
    this.#users.set(userId, turns);
    try {
      return await turns.add(async () => act());
    } finally {
      if (turns.size + turns.pending === 0) this.#users.delete(userId);
    }
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
