import { z } from 'zod';
import { found } from '../errors.ts';
import { checkOptionalUuid, checkUuid } from '../session/arguments.ts';
import { decodeKey, encodeKey, pageSize } from '../session/page.ts';
import { type AskedCheckpoints, listCheckpoints } from '../session/checkpoint-page.ts';
import type { Session } from '../session/session.ts';
import { type InterruptNode, READ, builder, instant, listCost } from './builder.ts';
import { AFTER, CheckpointConnection, FIRST, toConnection } from './connection.ts';
import type { RequestContext } from './context.ts';
import { CheckpointSourceEnum } from './enums.ts';
import { MessageConnection, messagesCost, pageArguments, pageOfMessages } from './message.ts';
import { readable } from './readable.ts';

/** A place in one list: of this session, and of this namespace. */
const checkpointKey = (sessionId: string, namespace: string) =>
  z.tuple([
    z.literal('checkpoint'),
    z.literal(sessionId),
    z.literal(namespace),
    z.int().positive(),
  ]);

builder.objectType('Checkpoint', {
  interfaces: ['Node'],
  description: 'The state of a graph, or of a subgraph, as it was stored after a step.',
  fields: (t) => ({
    id: t.id({
      description: 'Unique across sessions (a cache key for clients).',
      resolve: ({ row }) =>
        [row.sessionId, row.namespace, row.checkpointId].filter((part) => part !== '').join('/'),
    }),
    sessionId: t.id({
      description: 'The `id` of its session.',
      resolve: ({ row }) => row.sessionId,
    }),
    session: t.field({
      type: 'Session',
      description: 'Its session.',
      resolve: ({ session }) => session,
    }),
    checkpointId: t.id({
      description:
        "LangGraph's checkpoint_id: what `forkSession` and `resumeSession` take. A fork keeps it.",
      resolve: ({ row }) => row.checkpointId,
    }),
    parentCheckpointId: t.id({
      nullable: true,
      description: 'The checkpoint that it follows; null for the first.',
      resolve: ({ row }) => row.parentId,
    }),
    namespace: t.string({
      description: 'Path of the subgraph whose state it is; empty for the graph itself.',
      resolve: ({ row }) => row.namespace,
    }),
    step: t.int({
      description: '-1 for the input, then 0, 1, 2 …',
      resolve: ({ row }) => row.step,
    }),
    source: t.field({
      type: CheckpointSourceEnum,
      description: 'What made it.',
      resolve: ({ row }) => row.source,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was made.',
      resolve: ({ row }) => instant(row.createdAt),
    }),
    runId: t.id({
      nullable: true,
      description: 'The run that made it; null for an edit or a fork.',
      resolve: ({ row }) => row.runId,
    }),
    metadata: t.field({
      type: 'JSON',
      description: "LangGraph's metadata of the checkpoint.",
      complexity: READ,
      resolve: (checkpoint, _args, { checkpoints }) => checkpoints.metadata(checkpoint),
    }),
    next: t.stringList({
      description: 'The nodes that would run next. Empty if the state cannot be read.',
      complexity: READ,
      resolve: async (checkpoint, _args, { checkpoints }) => [
        ...(await readable(checkpoints.next(checkpoint), [])),
      ],
    }),
    values: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'The state at this checkpoint. Null if a graph of the functional API has not returned yet, or, with an error, if the state cannot be read.',
      complexity: READ,
      args: {
        keys: t.arg.stringList({ description: 'Top-level keys to select; all when left out.' }),
      },
      resolve: async (checkpoint, { keys }, { checkpoints }) =>
        (await checkpoints.values(checkpoint, keys)) ?? null,
    }),
    state: t.field({
      type: 'GraphState',
      nullable: true,
      description:
        "The state at this checkpoint by its graph's own type, or, of a subgraph, a `JsonState`. Null, with an error, if it cannot be read.",
      complexity: READ,
      resolve: async (checkpoint, _args, { checkpoints, services }) => {
        const { session, row } = checkpoint;
        const values = await checkpoints.values(checkpoint, null);
        return services.types.stateOf(session, values, row.namespace);
      },
    }),
    messages: t.field({
      type: MessageConnection,
      nullable: true,
      description:
        "LangChain's messages at this checkpoint, the oldest first; none where the graph has none. Null, with an error, if the state cannot be read.",
      complexity: messagesCost,
      args: pageArguments(t.arg),
      resolve: async (checkpoint, page, { checkpoints }) =>
        pageOfMessages(
          checkpoint.session,
          await checkpoints.messages(checkpoint, 'checkpoint'),
          page,
        ),
    }),
    changedKeys: t.stringList({
      description: 'Top-level state keys written since the parent.',
      resolve: ({ row }) => [...row.changedKeys],
    }),
    interrupts: t.field({
      type: ['Interrupt'],
      description: 'The questions that the graph asked there. Empty if the state cannot be read.',
      complexity: READ,
      resolve: async (checkpoint, _args, { checkpoints }) => {
        const interrupts = await readable(checkpoints.interrupts(checkpoint), []);
        const { id: sessionId, graphId } = checkpoint.session;
        return interrupts.map((interrupt) => ({ ...interrupt, sessionId, graphId }));
      },
    }),
  }),
});

builder.objectType('Interrupt', {
  interfaces: ['Node'],
  description: 'A question that a graph asks by interrupt().',
  fields: (t) => ({
    id: t.id({
      description: 'Unique across sessions (a cache key for clients).',
      resolve: ({ sessionId, interruptId }) => `${sessionId}/${interruptId}`,
    }),
    interruptId: t.exposeID('interruptId', {
      description: "LangGraph's interrupt id: what an answer names. A fork keeps it.",
    }),
    value: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What the graph asks: the value passed to interrupt().',
      resolve: ({ value }) => value ?? null,
    }),
    question: t.field({
      type: 'Question',
      description: 'What the graph asks, by the type that it declares for it.',
      resolve: (interrupt, _args, context) => typedQuestion(interrupt, context),
    }),
    responseSchema: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'JSON Schema of the expected answer: what the graph gave with the question, or declares for it. Other answers are refused.',
      resolve: async (interrupt, _args, context) =>
        interrupt.responseSchema ?? (await answerSchemaOf(interrupt, context)),
    }),
    node: t.exposeString('node', { description: 'The node that asks.' }),
    namespace: t.exposeString('namespace', {
      description: 'Path of the subgraph that asks; empty for the graph itself.',
    }),
  }),
});

async function typedQuestion(interrupt: InterruptNode, context: RequestContext) {
  const graphId = await graphOf(interrupt, context);
  context.answer.take(interrupt.value, 'Interrupt.question');
  return context.services.types.questionOf(graphId, interrupt, context.answer);
}

async function answerSchemaOf(interrupt: InterruptNode, context: RequestContext) {
  const graph = context.services.graphs.find(await graphOf(interrupt, context));
  return (await graph?.answerSchema(interrupt.value)) ?? null;
}

async function graphOf(
  { sessionId, graphId }: InterruptNode,
  { services, actor }: RequestContext,
): Promise<string> {
  return graphId ?? (await services.backend.sessions.find(sessionId, actor))?.graphId ?? '';
}

const CheckpointFilterInput = builder.inputType('CheckpointFilter', {
  description: 'Which checkpoints of a session are listed.',
  fields: (t) => ({
    namespace: t.string({ description: 'Path of a subgraph; the graph itself when left out.' }),
    source: t.field({ type: CheckpointSourceEnum, description: 'Only those that this made.' }),
    runId: t.id({ description: 'Only those of this run.' }),
  }),
});

interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly filter?:
    | {
        readonly namespace?: string | null | undefined;
        readonly source?: AskedCheckpoints['source'] | undefined;
        readonly runId?: string | null | undefined;
      }
    | null
    | undefined;
}

async function checkpointsOf(session: Session, given: PageArguments, context: RequestContext) {
  const { namespace, source, runId } = given.filter ?? {};
  const asked = {
    namespace: namespace ?? '',
    source: source ?? null,
    runId: checkOptionalUuid('filter.runId', runId),
  };
  const key = decodeKey(checkpointKey(session.id, asked.namespace), given.after);
  const request = { first: pageSize(given.first), after: key?.[3] ?? null };
  const { sessions } = context.services.backend;
  const page = await listCheckpoints(sessions, session.id, context.actor, asked, request);
  return toConnection(
    page,
    ({ ordinal }) => encodeKey(['checkpoint', session.id, asked.namespace, ordinal]),
    (row) => ({ session, row }),
  );
}

builder.objectFields('Session', (t) => ({
  checkpoints: t.field({
    type: CheckpointConnection,
    description: 'Its checkpoints, newest first.',
    complexity: listCost,
    args: {
      first: t.arg.int(FIRST),
      after: t.arg.string(AFTER),
      filter: t.arg({
        type: CheckpointFilterInput,
        description: 'Which of them; all when left out.',
      }),
    },
    resolve: checkpointsOf,
  }),
}));

builder.queryFields((t) => ({
  checkpoints: t.field({
    type: CheckpointConnection,
    nullable: true,
    description:
      "A session's checkpoints, newest first. Null, with an error, if there is no such session.",
    complexity: listCost,
    args: {
      sessionId: t.arg.id({ required: true, description: 'The `id` of the session.' }),
      first: t.arg.int(FIRST),
      after: t.arg.string(AFTER),
      filter: t.arg({
        type: CheckpointFilterInput,
        description: 'Which of them; all when left out.',
      }),
    },
    resolve: async (_root, { sessionId, ...page }, context) => {
      const id = checkUuid('sessionId', sessionId);
      const session = found(await context.services.backend.sessions.find(id, context.actor), id);
      return checkpointsOf(session, page, context);
    },
  }),
  checkpoint: t.field({
    type: 'Checkpoint',
    nullable: true,
    description: "One checkpoint; null where there is none, or the session is not the caller's.",
    complexity: READ,
    args: {
      sessionId: t.arg.id({ required: true, description: 'The `id` of the session.' }),
      checkpointId: t.arg.id({ required: true, description: 'Its `checkpointId`.' }),
      namespace: t.arg.string({
        description: 'Path of a subgraph; the graph itself when left out.',
      }),
    },
    resolve: async (_root, { sessionId, checkpointId, namespace }, { services, actor }) => {
      const { sessions } = services.backend;
      const session = await sessions.find(checkUuid('sessionId', sessionId), actor);
      if (session === null) return null;
      const id = checkUuid('checkpointId', checkpointId);
      const row = await sessions.findCheckpoint(session.id, actor, id, namespace ?? '');
      return row && { session, row };
    },
  }),
}));
