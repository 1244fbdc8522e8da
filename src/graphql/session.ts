import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import { checkMetadataFilter, checkOptionalUuid, checkUuid } from '../session/arguments.ts';
import {
  LARGEST_PAGE,
  type Page,
  type PageRequest,
  decodeKey,
  encodeKey,
  pageSize,
  toPage,
} from '../session/page.ts';
import { ALL_PERMITTED, matchesRule } from '../session/policy.ts';
import type { SessionFilter, SessionKey, SessionOrder } from '../session/ports.ts';
import { encodeCursor } from '../session/progress.ts';
import type { Session } from '../session/session.ts';
import { pickKeys } from '../graph/checkpoint-views.ts';
import type { Snapshot } from '../graph/snapshot.ts';
import { toJsonInSlices } from '../graph/state-json.ts';
import { untilSettled } from '../progress/until-settled.ts';
import { type InterruptNode, READ, builder, instant, listCost } from './builder.ts';
import { AFTER, FIRST, SessionConnection, toConnection } from './connection.ts';
import type { RequestContext } from './context.ts';
import { SessionOrderEnum, SessionStatusEnum } from './enums.ts';
import {
  MessageConnection,
  messagesCost,
  pageArguments,
  messagesNow,
  pageOfMessages,
} from './message.ts';
import { mayRead, maySeeGraph, permit } from './policy.ts';
import { readable } from './readable.ts';

const sessionKey = z
  .tuple([z.literal('session'), z.int(), z.string()])
  .transform(([, at, id]): SessionKey => [at, id]);

const ForkOrigin = builder
  .objectRef<{ readonly sessionId: string; readonly checkpointId: string }>('ForkOrigin')
  .implement({
    description: 'Where a session was forked from.',
    fields: (t) => ({
      sessionId: t.exposeID('sessionId', { description: 'The `id` of the parent.' }),
      checkpointId: t.exposeID('checkpointId', { description: 'The checkpoint that was copied.' }),
      session: t.field({
        type: 'Session',
        nullable: true,
        description: 'The parent; null once it is deleted.',
        complexity: READ,
        resolve: async ({ sessionId }, _args, context) => {
          const { services, actor } = context;
          const session = await services.backend.sessions.find(sessionId, actor);
          return session !== null && (await mayRead(context, session)) ? session : null;
        },
      }),
    }),
  });

builder.objectType('Session', {
  interfaces: ['Node'],
  description:
    'A durable conversation with one graph. Its `id` is the LangGraph `thread_id`: a fresh UUID, never reused,\nowned by one user.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID; the `thread_id` that the graph finds.' }),
    graphId: t.exposeID('graphId', { description: 'The graph it runs.' }),
    graph: t.field({
      type: 'Graph',
      nullable: true,
      description:
        'Null where the caller may not see graphs, and once langgraph.json no longer names it: state, checkpoints and deleting still work; new work gives GRAPH_NOT_FOUND.',
      resolve: ({ graphId }, _args, context) => {
        const { graphs, policy } = context.services;
        if (policy === ALL_PERMITTED) return graphs.find(graphId);
        return maySeeGraph(context, graphId).then((may) => (may ? graphs.find(graphId) : null));
      },
    }),
    ownerId: t.exposeID('ownerId', { description: 'The user who owns it.' }),
    task: t.exposeString('task', {
      nullable: true,
      description: 'What the session was asked to do, as given to `startSession`.',
    }),
    status: t.expose('status', {
      type: SessionStatusEnum,
      description:
        "A run that is RUNNING, else one that is QUEUED, decides; else IDLE where nothing ran yet or the state was edited since; else the last run's status.",
    }),
    metadata: t.expose('metadata', {
      type: 'JSON',
      description: 'What its owner keeps with it. The graph is not given it.',
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was made.',
      resolve: ({ createdAt }) => instant(createdAt),
    }),
    updatedAt: t.field({
      type: 'DateTime',
      description: 'When something last happened to it.',
      resolve: ({ updatedAt }) => instant(updatedAt),
    }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the session and everything under it is deleted; null: never.',
      resolve: ({ expiresAt }) => (expiresAt === null ? null : instant(expiresAt)),
    }),
    values: t.field({
      type: 'JSON',
      nullable: true,
      description:
        "The graph's current state. `keys` selects top-level keys. Null if a graph of the functional API has not returned yet, or, with an error, if the state cannot be read.",
      complexity: READ,
      args: {
        keys: t.arg.stringList({ description: 'Top-level keys to select; all when left out.' }),
      },
      resolve: async (session, { keys }, context) =>
        toJsonInSlices(pickKeys((await context.stateOf(session)).values, keys)),
    }),
    state: t.field({
      type: 'GraphState',
      nullable: true,
      description:
        "The graph's current state by its own type: what does not fit it is null there, and whole in `json`. Null, with an error, if the state cannot be read.",
      complexity: READ,
      resolve: async (session, _args, context) =>
        context.services.types.stateOf(
          session,
          await toJsonInSlices((await context.stateOf(session)).values),
        ),
    }),
    messages: t.field({
      type: MessageConnection,
      nullable: true,
      description:
        "LangChain's messages of the current state, the oldest first; none where the graph has none. Null, with an error, if the state cannot be read.",
      complexity: messagesCost,
      args: pageArguments(t.arg),
      resolve: async (session, page, context) =>
        pageOfMessages(session, await messagesNow(session, context), page),
    }),
    next: t.stringList({
      description:
        'The nodes that would run next, those of `missingNodes` too. Empty if the state cannot be read.',
      complexity: READ,
      resolve: async (session, _args, context) => [
        ...(await readable<Pick<Snapshot, 'next'>>(context.stateOf(session), { next: [] })).next,
      ],
    }),
    missingNodes: t.stringList({
      description:
        'Nodes of `next` that the graph no longer has. Continuing or answering fails with GRAPH_CHANGED until the graph has them again.',
      complexity: READ,
      resolve: async (session, _args, context) => [
        ...(await readable<Pick<Snapshot, 'missing'>>(context.stateOf(session), { missing: [] }))
          .missing,
      ],
    }),
    interrupts: t.field({
      type: ['Interrupt'],
      description:
        'The questions that are waiting for an answer. Empty if the state cannot be read.',
      complexity: READ,
      resolve: (session, _args, context) => interruptsOf(session, context),
    }),
    checkpoint: t.field({
      type: 'Checkpoint',
      nullable: true,
      description: 'The newest checkpoint.',
      complexity: READ,
      resolve: async (session, _args, { services, actor }) => {
        if (session.head === null) return null;
        const row = await services.backend.sessions.findCheckpoint(
          session.id,
          actor,
          session.head,
          '',
        );
        return row && { session, row };
      },
    }),
    namespaces: t.stringList({
      description: 'Subgraph paths that have checkpoints.',
      complexity: READ,
      resolve: async ({ id }, _args, { services, actor }) => [
        ...(await services.backend.sessions.listNamespaces(id, actor)),
      ],
    }),
    latestRun: t.field({
      type: 'Run',
      description: 'The run that was accepted last; null for a fork that has had none.',
      complexity: READ,
      nullable: true,
      resolve: ({ id, lastRun }, _args, { services, actor }) =>
        lastRun === 0 ? null : services.backend.sessions.findRunByNumber(id, lastRun, actor),
    }),
    forkedFrom: t.expose('forkedFrom', {
      type: ForkOrigin,
      nullable: true,
      description: 'Where this session was forked from; null for one that was started.',
    }),
    forks: t.field({
      type: SessionConnection,
      description: 'The sessions that were forked from it, newest first.',
      complexity: listCost,
      args: { first: t.arg.int(FIRST), after: t.arg.string(AFTER) },
      resolve: ({ id }, { first, after }, context) =>
        listSessions(
          context,
          { ...NO_FILTER, forkedFromSessionId: id },
          'CREATED_AT',
          first,
          after,
        ),
    }),
    cursor: t.string({
      description:
        'The position of the newest progress event, read before the other fields: `sessionProgress(after:)` from here misses nothing.',
      resolve: ({ id, lastEvent }) => encodeCursor(id, lastEvent),
    }),
  }),
});

export const SessionFilterInput = builder.inputType('SessionFilter', {
  description: 'Which sessions are listed: those that fit all of it.',
  fields: (t) => ({
    status: t.field({ type: [SessionStatusEnum], description: 'Only those in one of these.' }),
    graphId: t.id({ description: 'Only those of this graph.' }),
    metadata: t.field({
      type: 'JSON',
      description: 'Top-level metadata keys with these scalar values, all of them.',
    }),
    forkedFromSessionId: t.id({ description: 'Only forks of this session.' }),
  }),
});

/** Twenty of them are as much as an operation may cost. */
const AWAITED = 500;

const NO_FILTER: SessionFilter = {
  status: null,
  graphId: null,
  metadata: {},
  forkedFromSessionId: null,
};

builder.queryFields((t) => ({
  session: t.field({
    type: 'Session',
    nullable: true,
    complexity: READ,
    description: "Null where there is no such session, or it is not the caller's.",
    args: { id: t.arg.id({ required: true, description: 'The `id` of the session.' }) },
    resolve: (_root, { id }, { findSession }) => findSession(checkUuid('id', id)),
  }),
  sessions: t.field({
    type: SessionConnection,
    description: "The caller's sessions, newest first.",
    complexity: listCost,
    args: {
      first: t.arg.int(FIRST),
      after: t.arg.string(AFTER),
      filter: t.arg({ type: SessionFilterInput, description: 'Which of them; all when left out.' }),
      orderBy: t.arg({
        type: SessionOrderEnum,
        required: true,
        defaultValue: 'CREATED_AT',
        description: 'What they are ordered by.',
      }),
    },
    resolve: (_root, { first, after, filter, orderBy }, context) =>
      listSessions(context, filterOf(filter), orderBy, first, after),
  }),
  awaitSession: t.field({
    type: 'Session',
    description:
      'Waits until nothing of the session is queued or running (INTERRUPTED and IDLE count as settled), and answers with it. Fails with AWAIT_TIMEOUT\nafter `timeoutSeconds` (1 to 300); the session goes on.',
    args: {
      id: t.arg.id({ required: true, description: 'The `id` of the session.' }),
      timeoutSeconds: t.arg.int({
        required: true,
        defaultValue: 30,
        description: 'How long to wait, 1 to 300.',
      }),
    },
    // It is held for as long as it waits.
    complexity: AWAITED,
    resolve: async (_root, { id, timeoutSeconds }, { services, actor, answer }) => {
      if (timeoutSeconds < 1 || timeoutSeconds > 300) {
        throw invalidInput('`timeoutSeconds` must be 1 to 300.');
      }
      const signal = AbortSignal.any([
        AbortSignal.timeout(timeoutSeconds * 1000),
        services.closing,
        answer.gone,
      ]);
      using held = new DisposableStack();
      held.defer(services.subscriptions.acquire(actor.ownerId));
      return await untilSettled(services.backend, checkUuid('id', id), actor, signal);
    },
  }),
}));

/** The questions that wait for an answer. */
export async function interruptsOf(
  session: Session,
  context: RequestContext,
): Promise<InterruptNode[]> {
  if (!session.asking || session.status === 'QUEUED' || session.status === 'RUNNING') return [];
  const state = context.stateOf(session);
  const { interrupts } = await readable<Pick<Snapshot, 'interrupts'>>(state, { interrupts: [] });
  return interrupts.map((interrupt) => ({
    ...interrupt,
    sessionId: session.id,
    graphId: session.graphId,
  }));
}

type FilterInput = typeof SessionFilterInput.$inferInput;

/** @throws GatewayError INVALID_INPUT */
export function filterOf(filter: FilterInput | null | undefined): SessionFilter {
  const { status, graphId, metadata, forkedFromSessionId } = filter ?? {};
  return {
    status: status ? [...new Set(status)] : null,
    graphId: graphId ?? null,
    metadata: checkMetadataFilter(metadata),
    forkedFromSessionId: checkOptionalUuid('filter.forkedFromSessionId', forkedFromSessionId),
  };
}

async function listSessions(
  context: RequestContext,
  filter: SessionFilter,
  order: SessionOrder,
  first: number | null | undefined,
  after: string | null | undefined,
) {
  const request = { first: pageSize(first), after: decodeKey<SessionKey>(sessionKey, after) };
  const at = (session: Session) => (order === 'CREATED_AT' ? session.createdAt : session.updatedAt);
  const page = await permittedPage(context, filter, order, request, (session) => [
    at(session),
    session.id,
  ]);
  const connection = toConnection(
    page,
    (session) => encodeKey(['session', at(session), session.id]),
    (session) => session,
  );
  const count = () => context.takeTurn(() => permittedCount(context, filter));
  return { ...connection, count };
}

/** How many the operator's rules let the user find. */
async function permittedCount(context: RequestContext, filter: SessionFilter): Promise<number> {
  const { sessions } = context.services.backend;
  const { wanted, rule } = await searched(context, filter, LARGEST_PAGE);
  if (rule === null) return sessions.count(context.user.id, wanted);
  let count = 0;
  let after: SessionKey | null = null;
  for (;;) {
    const request: PageRequest<SessionKey> = { first: LARGEST_PAGE, after };
    const page = await sessions.list(context.user.id, wanted, 'CREATED_AT', request);
    count += page.items.filter(({ metadata }) => matchesRule(metadata, rule)).length;
    const last = page.items.at(-1);
    if (!page.hasNext || last === undefined) return count;
    after = [last.createdAt, last.id];
  }
}

/** What is looked for, by the operator's rules: they may change the filter, and say what else must hold. */
export async function searched(context: RequestContext, filter: SessionFilter, limit: number) {
  const { status, metadata } = filter;
  const asked = { metadata: { ...metadata }, status, limit, offset: 0 };
  const { rule } = await permit(context, 'threads:search', asked);
  return { wanted: { ...filter, metadata: checkMetadataFilter(asked.metadata) }, rule };
}

/** A page of those that the operator's rules let the user find. */
async function permittedPage(
  context: RequestContext,
  filter: SessionFilter,
  order: SessionOrder,
  { first, after }: PageRequest<SessionKey>,
  keyOf: (session: Session) => SessionKey,
): Promise<Page<Session>> {
  const { services, user } = context;
  const { wanted, rule } = await searched(context, filter, first);
  const list = (from: SessionKey | null) =>
    services.backend.sessions.list(user.id, wanted, order, { first, after: from });
  let page = await list(after);
  if (rule === null) return page;
  const found = page.items.filter((session) => matchesRule(session.metadata, rule));
  while (found.length <= first && page.hasNext) {
    const last = page.items.at(-1);
    page = await list(last === undefined ? null : keyOf(last));
    found.push(...page.items.filter((session) => matchesRule(session.metadata, rule)));
  }
  return toPage(found, { first, after });
}
