import { z } from 'zod';
import { found } from '../errors.ts';
import { checkOptionalUuid, checkUuid } from '../session/arguments.ts';
import { decodeKey, encodeKey, pageSize } from '../session/page.ts';
import { type AskedCheckpoints, listCheckpoints } from '../session/checkpoint-page.ts';
import type { Session } from '../session/session.ts';
import { READ, builder, instant, listCost } from './builder.ts';
import { CheckpointConnection, toConnection } from './connection.ts';
import type { RequestContext } from './context.ts';
import { CheckpointSourceEnum } from './enums.ts';
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
  fields: (t) => ({
    id: t.id({
      description: 'Unique across sessions (a cache key for clients).',
      resolve: ({ row }) =>
        [row.sessionId, row.namespace, row.checkpointId].filter((part) => part !== '').join('/'),
    }),
    sessionId: t.id({ resolve: ({ row }) => row.sessionId }),
    session: t.field({ type: 'Session', resolve: ({ session }) => session }),
    checkpointId: t.id({
      description:
        "LangGraph's checkpoint_id: what `forkSession` and `resumeSession` take. A fork keeps it.",
      resolve: ({ row }) => row.checkpointId,
    }),
    parentCheckpointId: t.id({ nullable: true, resolve: ({ row }) => row.parentId }),
    namespace: t.string({ resolve: ({ row }) => row.namespace }),
    step: t.int({
      description: '-1 for the input, then 0, 1, 2 …',
      resolve: ({ row }) => row.step,
    }),
    source: t.field({ type: CheckpointSourceEnum, resolve: ({ row }) => row.source }),
    createdAt: t.field({
      type: 'DateTime',
      resolve: ({ row }) => instant(row.createdAt),
    }),
    runId: t.id({ nullable: true, resolve: ({ row }) => row.runId }),
    metadata: t.field({
      type: 'JSON',
      complexity: READ,
      resolve: (checkpoint, _args, { checkpoints }) => checkpoints.metadata(checkpoint),
    }),
    next: t.stringList({
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
      args: { keys: t.arg.stringList() },
      resolve: async (checkpoint, { keys }, { checkpoints }) =>
        (await checkpoints.values(checkpoint, keys)) ?? null,
    }),
    changedKeys: t.stringList({
      description: 'Top-level state keys written since the parent.',
      resolve: ({ row }) => [...row.changedKeys],
    }),
    interrupts: t.field({
      type: ['Interrupt'],
      complexity: READ,
      resolve: async (checkpoint, _args, { checkpoints }) => {
        const interrupts = await readable(checkpoints.interrupts(checkpoint), []);
        return interrupts.map((interrupt) => ({ ...interrupt, sessionId: checkpoint.session.id }));
      },
    }),
  }),
});

builder.objectType('Interrupt', {
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
    responseSchema: t.field({
      type: 'JSON',
      nullable: true,
      description: 'JSON Schema of the expected answer, where the graph gives one.',
      resolve: ({ responseSchema }) => responseSchema ?? null,
    }),
    node: t.exposeString('node'),
    namespace: t.exposeString('namespace', {
      description: 'Path of the subgraph that asks; empty for the graph itself.',
    }),
  }),
});

const CheckpointFilterInput = builder.inputType('CheckpointFilter', {
  fields: (t) => ({
    namespace: t.string({ description: 'Path of a subgraph; the graph itself when left out.' }),
    source: t.field({ type: CheckpointSourceEnum }),
    runId: t.id(),
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
    complexity: listCost,
    args: {
      first: t.arg.int(),
      after: t.arg.string(),
      filter: t.arg({ type: CheckpointFilterInput }),
    },
    resolve: checkpointsOf,
  }),
}));

builder.queryFields((t) => ({
  checkpoints: t.field({
    type: CheckpointConnection,
    description: "A session's checkpoints, newest first.",
    complexity: listCost,
    args: {
      sessionId: t.arg.id({ required: true }),
      first: t.arg.int(),
      after: t.arg.string(),
      filter: t.arg({ type: CheckpointFilterInput }),
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
    complexity: READ,
    args: {
      sessionId: t.arg.id({ required: true }),
      checkpointId: t.arg.id({ required: true }),
      namespace: t.arg.string(),
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
