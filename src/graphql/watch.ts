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
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import type { Logger } from 'pino';
import { isAway, isTransient } from '../errors.ts';
import type { FeedItem } from '../progress/feed-item.ts';
import type { FeedRequest } from '../progress/feed.ts';
import type { SessionsItem, SessionsRequest } from '../progress/sessions-feed.ts';
import type { Sink } from '../progress/watcher.ts';
import { ALL_PERMITTED } from '../session/policy.ts';
import { auditActing } from './audit.ts';
import { type RequestContext, contextOfEvent, contextOver } from './context.ts';
import { COST_OF_A_REQUEST, charge, costOf, costRefusalOf } from './costs.ts';
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

  /** GraphQL takes nothing else for a source; nobody iterates it. */
  [Symbol.asyncIterator](): AsyncIterator<FeedItem> {
    throw new Error('a transport sends the events of a session, by its feed');
  }
}

/** What the field `sessionsChanged` resolves to: whose sessions to watch, and how a change is looked up. */
export class SessionsWatch implements AsyncIterable<SessionsItem> {
  readonly ownerId: string;
  /** Reads what the event shows; null: no event. */
  readonly look: (item: SessionsItem, context: RequestContext) => Promise<object | null>;

  constructor(given: Pick<SessionsWatch, 'ownerId' | 'look'>) {
    this.ownerId = given.ownerId;
    this.look = given.look;
  }

  /** GraphQL takes nothing else for a source; nobody iterates it. */
  [Symbol.asyncIterator](): AsyncIterator<SessionsItem> {
    throw new Error('a transport sends the events');
  }
}

/** A subscription that was accepted. */
export interface PreparedWatch {
  readonly ownerId: string;
  /** Begins to send. @returns an unsubscribe function */
  start(sink: Sink): () => void;
}

/** @returns how to begin; a result where the operation is refused */
export async function prepareWatch(
  args: ExecutionArgs & { contextValue: RequestContext },
  log: Logger,
): Promise<PreparedWatch | ExecutionResult> {
  auditActing(args, log);
  const tooMuch = await costRefusalOf(args.contextValue);
  if (tooMuch !== undefined) return refusal([tooMuch], log);
  const validated = validateSubscriptionArgs(args);
  if (!('schema' in validated)) return refusal(validated, log);
  const source = await createSourceEventStream(validated);
  const { actor, services } = args.contextValue;
  const { ownerId } = actor;
  if (source instanceof SessionsWatch) {
    const render = changesRenderer(source, validated, args.contextValue, log);
    const group = groupOf(args, args.contextValue);
    const { feed } = services;
    return {
      ownerId,
      start: (sink) => feed.watchSessions({ ownerId: source.ownerId, group, render }, sink),
    };
  }
  if (!(source instanceof Watch)) return refusal('errors' in source ? source.errors : [], log);
  const { sessionId, after, untilSettled } = source;
  const request: FeedRequest = {
    sessionId,
    actor,
    after,
    untilSettled,
    group: groupOf(args, args.contextValue),
    render: renderer(executorOf(args, validated), args.contextValue, log),
  };
  return { ownerId, start: (sink) => services.feed.watch(request, sink) };
}

/** Renders an event once for a group of watchers, who have the same caller, document and filter. */
function changesRenderer(
  { look }: SessionsWatch,
  validated: ValidatedSubscriptionArgs,
  context: RequestContext,
  log: Logger,
): SessionsRequest['render'] {
  const isCostly = costOf(context) >= COST_OF_A_REQUEST;
  return async (item) => {
    try {
      const contextValue = contextOfEvent(context.user, context.services);
      const rootValue = await look(item, contextValue);
      if (rootValue === null) return null;
      if (isCostly) await charge(context);
      const result = await executeSubscriptionEvent({ ...validated, contextValue, rootValue });
      return textOf(result, log);
    } catch (error) {
      if (isTransient(error)) throw error;
      return JSON.stringify({ data: null, errors: [toClientError(error, log)] });
    }
  };
}

/** @throws GatewayError BACKEND_UNAVAILABLE: an error in the place of the event would be a lost event */
function textOf(result: ExecutionResult, log: Logger): string {
  if (result.errors === undefined) return JSON.stringify(result);
  const away = result.errors.map(({ originalError }) => originalError).find(isAway);
  if (away !== undefined) throw away;
  const errors = result.errors.map((error) => toClientError(error, log));
  return JSON.stringify({ ...result, errors });
}

function refusal(errors: ExecutionResult['errors'], log: Logger): ExecutionResult {
  return { errors: (errors ?? []).map((error) => toClientError(error, log)) };
}

/** The request contexts of items that others may read for, too: a channel's watchers have the same owner. */
const contexts = new WeakMap<FeedItem, RequestContext>();

type Execute = (
  item: FeedItem,
  context: RequestContext,
) => ExecutionResult | Promise<ExecutionResult>;

/** How an operation is executed, event by event. */
interface Execution {
  events: number;
  /** Null where a document has what the compiler does not know; undefined: not compiled yet. */
  compiled: CompiledQuery | null | undefined;
}

/** By document, and the name of the operation in it. */
const executions = new WeakMap<DocumentNode, Map<string, Execution>>();

/**
 * GraphQL's own executor takes ten times as long for an event whose fields are all at hand; to compile a document takes as
 * long as about so many events.
 */
const COMPILED_AFTER = 100;

function executorOf(args: ExecutionArgs, validated: ValidatedSubscriptionArgs): Execute {
  const { schema, document, operationName } = args;
  const known = executions.get(document) ?? new Map<string, Execution>();
  executions.set(document, known);
  const name = operationName ?? '';
  const execution = known.get(name) ?? { events: 0, compiled: undefined };
  known.set(name, execution);
  return (item, context) => {
    execution.events += 1;
    if (execution.compiled === undefined && execution.events > COMPILED_AFTER) {
      const made = compileQuery(schema, document, name);
      execution.compiled = isCompiledQuery(made) ? made : null;
    }
    if (execution.compiled) return execution.compiled.query(item, context, args.variableValues);
    return executeSubscriptionEvent({ ...validated, contextValue: context, rootValue: item });
  };
}

function renderer(execute: Execute, context: RequestContext, log: Logger): FeedRequest['render'] {
  const toText = (result: ExecutionResult): string => textOf(result, log);
  const failed = (error: unknown) =>
    JSON.stringify({ data: null, errors: [toClientError(error, log)] });
  const failedForGood = (error: unknown) => {
    if (isTransient(error)) throw error;
    return failed(error);
  };
  const isCostly = costOf(context) >= COST_OF_A_REQUEST;
  return (item, reads) => {
    try {
      if (item.kind === 'failure') return failed(item.error);
      const shared = reads === 'shared' ? contexts.get(item) : undefined;
      // What was read is shared; how long the text is that is made of it is each document's own.
      const contextValue =
        shared === undefined
          ? contextOfEvent(context.user, context.services)
          : contextOver(shared, context.user);
      if (isCostly) {
        if (reads === 'shared') contexts.set(item, contextValue);
        return charge(context)
          .then(() => execute(item, contextValue))
          .then(toText)
          .catch(failedForGood);
      }
      const result = execute(item, contextValue);
      if (!('then' in result)) return toText(result);
      if (reads === 'shared') contexts.set(item, contextValue);
      return result.then(toText).catch(failedForGood);
    } catch (error) {
      return failedForGood(error);
    }
  };
}

/** Who asks for the same: the caller, the document and its variables, but for where the watcher stands. */
function groupOf(args: ExecutionArgs, { user, services }: RequestContext): string {
  // By the operator's rules, one user may see more with one key than with another.
  const { id, scopes, claims, actedBy } = user;
  const caller = services.policy === ALL_PERMITTED ? id : [id, scopes, claims, actedBy];
  const { document, operationName, variableValues } = args;
  const place = placeVariable(document);
  const variables = Object.entries(variableValues ?? {}).filter(([name]) => name !== place);
  const text = document.loc?.source.body ?? '';
  return JSON.stringify([caller, text, operationName ?? null, variables.toSorted(byName)]);
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
export function isRefused(prepared: PreparedWatch | ExecutionResult): prepared is ExecutionResult {
  return !('start' in prepared);
}
