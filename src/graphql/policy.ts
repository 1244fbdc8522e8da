// Asks the operator's policy (`auth` of langgraph.json) before a field of Query, Mutation or Subscription is resolved.
import { isDeepStrictEqual } from 'node:util';
import { type GraphQLField, type GraphQLSchema, defaultFieldResolver } from 'graphql';
import { GatewayError, sessionNotFound } from '../errors.ts';
import { checkUuid } from '../session/arguments.ts';
import { AS_SENT } from '../session/idempotency.ts';
import { mergeMetadata } from '../session/metadata.ts';
import {
  ALL_PERMITTED,
  type Permission,
  type PolicyEvent,
  matchesRule,
} from '../session/policy.ts';
import type { Session } from '../session/session.ts';
import type { RequestContext } from './context.ts';

/** The arguments of a field, as far as rules are about them. */
interface Arguments {
  readonly id?: string;
  readonly sessionId?: string;
  readonly input?: Input;
}

interface Input {
  readonly sessionId?: string;
  readonly runId?: string;
  readonly graphId?: string | null;
  metadata?: unknown;
  runMetadata?: unknown;
  readonly onBusy?: string;
  readonly [field: string]: unknown;
}

/** What the field answers without being resolved; undefined: it is resolved. */
type Answer = { readonly answer: unknown } | undefined;
type Ask = (args: Arguments, context: RequestContext) => Promise<Answer>;

const NULL: Answer = { answer: null };

/** What is asked for a field. */
const RULES: Readonly<Record<string, Ask>> = {
  'Query.session': ({ id = '' }, context) => orNull(context, 'threads:read', checkUuid('id', id)),
  'Query.awaitSession': ({ id = '' }, context) => ofSession(context, 'threads:read', 'id', id),
  'Query.checkpoints': ({ sessionId = '' }, context) =>
    ofSession(context, 'threads:read', 'sessionId', sessionId),
  'Query.checkpoint': ({ sessionId = '' }, context) =>
    orNull(context, 'threads:read', checkUuid('sessionId', sessionId)),
  'Query.runs': ({ sessionId = '' }, context) =>
    ofSession(context, 'threads:read', 'sessionId', sessionId),
  'Query.run': async ({ id = '' }, context) => {
    const sessionId = await sessionOfRun(context, checkUuid('id', id));
    return sessionId === null ? NULL : orNull(context, 'threads:read', sessionId);
  },
  'Query.graphs': async (_args, context) =>
    (await seesGraphs(context, 'assistants:search', {})) ? undefined : { answer: [] },
  'Query.graph': async ({ id }, context) =>
    (await seesGraphs(context, 'assistants:read', { assistant_id: id })) ? undefined : NULL,
  'Subscription.sessionProgress': ({ sessionId = '' }, context) =>
    ofSession(context, 'threads:read', 'sessionId', sessionId),
  'Mutation.startSession': async ({ input = {} }, context) => {
    const created = { metadata: copyOf(input.metadata), if_exists: 'raise' };
    await permit(context, 'threads:create', created);
    const sent = copyOf(input.runMetadata);
    const run = valueOfRun(input, null);
    const { rule } = await permit(context, 'threads:create_run', run);
    // What a rule writes into the metadata of a run is of its thread, too; what the client sent there is not.
    const added = Object.entries(run.metadata).filter(
      ([key, value]) => !isDeepStrictEqual(sent[key], value),
    );
    change(input, 'metadata', { ...Object.fromEntries(added), ...created.metadata });
    change(input, 'runMetadata', run.metadata);
    if (rule !== null && !matchesRule(copyOf(input.metadata), rule))
      throw new GatewayError('FORBIDDEN', 'You may not do this (threads:create_run).');
    return undefined;
  },
  'Mutation.resumeSession': async ({ input = {} }, context) => {
    const sessionId = checkUuid('sessionId', input.sessionId ?? '');
    const run = valueOfRun(input, sessionId);
    await held(context, await permit(context, 'threads:create_run', run), sessionId);
    change(input, 'runMetadata', run.metadata);
    return undefined;
  },
  'Mutation.forkSession': async ({ input = {} }, context) => {
    const sessionId = checkUuid('sessionId', input.sessionId ?? '');
    const permission = await permit(context, 'threads:read', { thread_id: sessionId });
    const session = await held(context, permission, sessionId);
    const created = { metadata: copyOf(input.metadata), if_exists: 'raise' };
    const inherited = copyOf(session?.metadata);
    await permit(context, 'threads:create', created);
    if (Object.keys(created.metadata).length > 0 || input.metadata !== undefined)
      input.metadata = mergeMetadata(input.metadata ? {} : inherited, created.metadata);
    return undefined;
  },
  'Mutation.updateSession': async ({ input = {} }, context) => {
    const sessionId = checkUuid('sessionId', input.sessionId ?? '');
    const value = { thread_id: sessionId, metadata: copyOf(input.metadata) };
    await held(context, await permit(context, 'threads:update', value), sessionId);
    change(input, 'metadata', value.metadata);
    return undefined;
  },
  'Mutation.updateSessionState': update,
  'Mutation.extendSession': update,
  'Mutation.cancelSession': update,
  'Mutation.cancelRun': async ({ input = {} }, context) => {
    const sessionId = await sessionOfRun(context, checkUuid('runId', input.runId ?? ''));
    return sessionId === null
      ? undefined
      : ofSession(context, 'threads:update', 'sessionId', sessionId);
  },
  'Mutation.deleteSession': ({ input = {} }, context) =>
    ofSession(context, 'threads:delete', 'sessionId', input.sessionId ?? ''),
};

/** Lists and the store ask for themselves, since what they look for is for rules to change. */
const ASKED_ELSEWHERE: ReadonlySet<string> = new Set([
  'Query.node',
  'Query.nodes',
  'Query._entities',
  'Query._service',
  'Query.sessions',
  'Query.sessionsById',
  'Subscription.sessionsChanged',
  'Query.storeItem',
  'Query.storeItems',
  'Query.storeNamespaces',
  'Mutation.putStoreItem',
  'Mutation.deleteStoreItem',
]);

/** @throws Error where a field was added for which nobody is asked */
export function askPolicy(schema: GraphQLSchema): GraphQLSchema {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const type of roots) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      const name = `${type?.name}.${field.name}`;
      const ask = RULES[name];
      if (ask !== undefined) askBefore(field, ask);
      else if (!ASKED_ELSEWHERE.has(name)) throw new Error(`${name} has no rule`);
    }
  }
  return schema;
}

function askBefore(field: GraphQLField<unknown, RequestContext>, ask: Ask): void {
  const { subscribe, resolve = defaultFieldResolver } = field;
  const asked =
    (next: typeof resolve): typeof resolve =>
    async (root, args: object, context, info) => {
      const { input } = args as Arguments;
      const own = { ...args, ...(input && { input: { ...input, [AS_SENT]: input } }) };
      const known = await ask(own, context);
      return known === undefined ? next(root, own, context, info) : known.answer;
    };
  const first = (next: typeof resolve): typeof resolve => {
    const askedNext = asked(next);
    return (root, args, context, info) =>
      (context.services.policy === ALL_PERMITTED ? next : askedNext)(root, args, context, info);
  };
  if (subscribe) field.subscribe = first(subscribe);
  else field.resolve = first(resolve);
}

async function update({ input = {} }: Arguments, context: RequestContext): Promise<Answer> {
  return ofSession(context, 'threads:update', 'sessionId', input.sessionId ?? '');
}

/** @throws GatewayError FORBIDDEN; SESSION_NOT_FOUND where the session is not as the rules want it */
async function ofSession(
  context: RequestContext,
  event: PolicyEvent,
  field: string,
  id: string,
): Promise<Answer> {
  const sessionId = checkUuid(field, id);
  await held(context, await permit(context, event, { thread_id: sessionId }), sessionId);
  return undefined;
}

async function orNull(
  context: RequestContext,
  event: PolicyEvent,
  sessionId: string,
): Promise<Answer> {
  const session = await find(context, sessionId);
  return session !== null && (await mayRead(context, session, event)) ? undefined : NULL;
}

/** @throws GatewayError FORBIDDEN */
export async function mayRead(
  context: RequestContext,
  { id, metadata }: Session,
  event: PolicyEvent = 'threads:read',
): Promise<boolean> {
  const { rule } = await permit(context, event, { thread_id: id });
  return rule === null || matchesRule(metadata, rule);
}

/** The session, where there is one. @throws GatewayError SESSION_NOT_FOUND where it is not as the rule wants it */
async function held(
  context: RequestContext,
  { rule }: Permission,
  sessionId: string,
): Promise<Session | null> {
  const session = await find(context, sessionId);
  if (rule === null || session === null || matchesRule(session.metadata, rule)) return session;
  throw sessionNotFound(sessionId);
}

/** Of each graph, LangGraph's server makes an assistant with this metadata by itself. */
const OF_A_GRAPH = { created_by: 'system' };

/** @throws GatewayError FORBIDDEN */
async function seesGraphs(
  context: RequestContext,
  event: PolicyEvent,
  value: Record<string, unknown>,
): Promise<boolean> {
  const { rule } = await permit(context, event, value);
  return rule === null || matchesRule(OF_A_GRAPH, rule);
}

/** Whether the graph of a session may be seen. */
export async function maySeeGraph(context: RequestContext, graphId: string): Promise<boolean> {
  try {
    return await seesGraphs(context, 'assistants:read', { assistant_id: graphId });
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'FORBIDDEN') return false;
    throw error;
  }
}

export function permit(
  { services, user }: RequestContext,
  event: PolicyEvent,
  value: Record<string, unknown>,
): Promise<Permission> {
  return services.policy.permit(user, event, value);
}

function find({ services, actor }: RequestContext, sessionId: string): Promise<Session | null> {
  return services.backend.sessions.find(sessionId, actor);
}

async function sessionOfRun({ services, actor }: RequestContext, runId: string) {
  return (await services.backend.sessions.findRun(runId, actor))?.sessionId ?? null;
}

/** Takes what a rule has made of metadata, where there was or is any. */
function change(input: Input, field: 'metadata' | 'runMetadata', metadata: object): void {
  const isSent = input[field] !== null && input[field] !== undefined;
  if (isSent || Object.keys(metadata).length > 0) input[field] = metadata;
}

function valueOfRun(input: Input, sessionId: string | null) {
  const { graphId = null, onBusy, runMetadata, context, configurable, answers, goto } = input;
  return {
    thread_id: sessionId,
    assistant_id: graphId,
    status: 'pending',
    metadata: copyOf(runMetadata),
    multitask_strategy: onBusy?.toLowerCase() ?? null,
    if_not_exists: sessionId === null ? 'create' : 'reject',
    kwargs: copyOf({
      input: input['input'] ?? input['message'] ?? input['task'] ?? null,
      command: answers === undefined ? null : { resume: answers, goto },
      config: { configurable: configurable ?? {} },
      context: context ?? null,
    }),
  };
}

/** What rules change is not what the client sent. */
function copyOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null
    ? (structuredClone(value) as Record<string, unknown>)
    : {};
}
