// What operations cost beyond the request that brings them: users pay by the minute for what takes the gateway long.
import { GraphQLError } from 'graphql';
import { GatewayError } from '../errors.ts';
import type { RequestContext } from './context.ts';

/** What costs more, as MAX_QUERY_COST counts it, counts as a further request for each so much. */
export const COST_OF_A_REQUEST = 100;

/** By the parameters that a client sent. */
const costs = new WeakMap<object, number>();

/** Remembers what an operation costs, as MAX_QUERY_COST counts it. */
export function keepCost(params: object, cost: number): void {
  costs.set(params, cost);
}

/** Counts an operation, or an event of a subscription, by its cost. @throws GatewayError RATE_LIMITED */
export async function charge(context: RequestContext): Promise<void> {
  await context.services.charge(context.user, costOf(context));
}

/** Counts an operation. @returns what it is refused with, by HTTP's status too; undefined where it is not */
export async function costRefusalOf(context: RequestContext): Promise<GraphQLError | undefined> {
  try {
    await charge(context);
    return undefined;
  } catch (cause) {
    if (!(cause instanceof GatewayError)) throw cause;
    const { retryAfter } = cause.extensions;
    const headers = typeof retryAfter === 'number' ? { 'retry-after': `${retryAfter}` } : {};
    const extensions = { http: { status: 429, headers } };
    return new GraphQLError(cause.message, { originalError: cause, extensions });
  }
}

/** @param context as Yoga makes it, with the parameters beside our own fields */
export function costOf({ params }: RequestContext & { readonly params?: object }): number {
  return params === undefined ? 0 : (costs.get(params) ?? 0);
}
