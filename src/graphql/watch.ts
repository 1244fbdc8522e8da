// A subscription from its document to what its watcher is sent. GraphQL's own `subscribe` would execute each event once
// for every watcher; here its two halves are used apart, so that watchers who are alike share the execution.
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type ValidatedSubscriptionArgs,
  createSourceEventStream,
  executeSubscriptionEvent,
  validateSubscriptionArgs,
  visit,
} from 'graphql';
import type { Logger } from 'pino';
import type { FeedItem } from '../progress/feed-item.ts';
import type { FeedRequest } from '../progress/feed.ts';
import { type RequestContext, contextOf } from './context.ts';
import { toClientError } from './errors.ts';

/** What the field `sessionProgress` resolves to: whom to watch. A transport sends the events. */
export class Watch implements AsyncIterable<FeedItem> {
  readonly sessionId: string;
  readonly after: string | null;
  readonly untilSettled: boolean;

  constructor(given: Pick<Watch, 'sessionId' | 'after' | 'untilSettled'>) {
    this.sessionId = given.sessionId;
    this.after = given.after;
    this.untilSettled = given.untilSettled;
  }

  [Symbol.asyncIterator](): AsyncIterator<FeedItem> {
    throw new Error('a transport sends the events of a session, by its feed');
  }
}

/** @returns what to ask the feed for; a result where the operation is refused */
export async function prepareWatch(
  args: ExecutionArgs & { contextValue: RequestContext },
  log: Logger,
): Promise<FeedRequest | ExecutionResult> {
  const validated = validateSubscriptionArgs(args);
  if (!('schema' in validated)) return refusal(validated, log);
  const source = await createSourceEventStream(validated);
  if (!(source instanceof Watch)) return refusal('errors' in source ? source.errors : [], log);
  const { user, actor } = args.contextValue;
  const { sessionId, after, untilSettled } = source;
  return {
    sessionId,
    actor,
    after,
    untilSettled,
    audience: audienceOf(args, user.id),
    render: renderer(validated, args.contextValue, log),
  };
}

function refusal(errors: ExecutionResult['errors'], log: Logger): ExecutionResult {
  return { errors: (errors ?? []).map((error) => toClientError(error, log)) };
}

/** The request context of what is executed for all watchers of an item, who have the same owner. */
const contexts = new WeakMap<FeedItem, RequestContext>();

function renderer(
  validated: ValidatedSubscriptionArgs,
  context: RequestContext,
  log: Logger,
): FeedRequest['render'] {
  const toText = (result: ExecutionResult): string => {
    if (result.errors === undefined) return JSON.stringify(result);
    const errors = result.errors.map((error) => toClientError(error, log));
    return JSON.stringify({ ...result, errors });
  };
  const failed = (error: unknown) =>
    JSON.stringify({ data: null, errors: [toClientError(error, log)] });
  return (item) => {
    try {
      if (item.kind === 'failure') return failed(item.error);
      const contextValue = contexts.get(item) ?? contextOf(context.user, context.services);
      contexts.set(item, contextValue);
      const result = executeSubscriptionEvent({ ...validated, contextValue, rootValue: item });
      return 'then' in result ? result.then(toText).catch(failed) : toText(result);
    } catch (error) {
      return failed(error);
    }
  };
}

/** Who asks for the same: the caller, the document and its variables, but for where the watcher stands. */
function audienceOf(args: ExecutionArgs, userId: string): string {
  const { document, operationName, variableValues } = args;
  const place = placeVariable(document);
  const variables = Object.entries(variableValues ?? {}).filter(([name]) => name !== place);
  const text = document.loc?.source.body ?? '';
  return JSON.stringify([userId, text, operationName ?? null, variables.toSorted(byName)]);
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

const placeVariables = new WeakMap<DocumentNode, string | null>();

/** The variable that only says after which cursor to begin; null where there is none. */
function placeVariable(document: DocumentNode): string | null {
  const known = placeVariables.get(document);
  if (known !== undefined) return known;
  const places = new Set<string>();
  const uses = new Map<string, number>();
  visit(document, {
    VariableDefinition: () => false,
    Field({ name, arguments: given = [] }) {
      if (name.value !== 'sessionProgress') return;
      for (const { name: argument, value } of given)
        if (argument.value === 'after' && value.kind === 'Variable') places.add(value.name.value);
    },
    Variable({ name }) {
      uses.set(name.value, (uses.get(name.value) ?? 0) + 1);
    },
  });
  const place = [...places].find((name) => uses.get(name) === 1) ?? null;
  placeVariables.set(document, place);
  return place;
}

/** Whether a refusal is what was prepared. */
export function isRefused(prepared: FeedRequest | ExecutionResult): prepared is ExecutionResult {
  return !('render' in prepared);
}
