import { z } from 'zod';
import { found } from '../errors.ts';
import { checkUuid } from '../session/arguments.ts';
import { decodeKey, encodeKey, pageSize } from '../session/page.ts';
import type { RunError, RunErrorCause } from '../session/run.ts';
import { READ, builder, instant, listCost } from './builder.ts';
import { RunConnection, toConnection } from './connection.ts';
import { ErrorCodeEnum, RunKindEnum, RunStatusEnum } from './enums.ts';

const runKey = z.tuple([z.literal('run'), z.int()]);

const RunErrorCauseType = builder.objectRef<RunErrorCause>('RunErrorCause').implement({
  description: 'An error that caused another, or one of the errors in an AggregateError.',
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCodeEnum }),
    message: t.exposeString('message', {
      description:
        "The error's name and message, without its stack. Known secrets are replaced by [secret].",
    }),
    node: t.exposeString('node', {
      nullable: true,
      description: 'The node that threw it; null if unknown.',
    }),
  }),
});

export const RunErrorType = builder.objectRef<RunError>('RunError').implement({
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCodeEnum }),
    message: t.exposeString('message', {
      description: "The error's name and message, without its stack.",
    }),
    node: t.exposeString('node', {
      nullable: true,
      description: 'The node that threw it; null if unknown.',
    }),
    causes: t.field({
      type: [RunErrorCauseType],
      description: 'Causes and aggregated errors, nearest first; at most 10.',
      resolve: ({ causes }) => [...(causes ?? [])],
    }),
  }),
});

builder.objectType('Run', {
  description:
    'One piece of work on a session: from one input or one set of answers until it settles.',
  fields: (t) => ({
    id: t.exposeID('id'),
    sessionId: t.exposeID('sessionId'),
    session: t.field({
      type: 'Session',
      complexity: READ,
      resolve: async ({ sessionId }, _args, { services, actor }) =>
        found(await services.backend.sessions.find(sessionId, actor), sessionId),
    }),
    kind: t.expose('kind', { type: RunKindEnum }),
    input: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The message, input or answers it was given.',
      resolve: ({ input }) => input ?? null,
    }),
    metadata: t.field({
      type: 'JSON',
      description: 'The `runMetadata` it was given.',
      resolve: ({ options }) => options?.metadata ?? {},
    }),
    tags: t.stringList({ resolve: ({ options }) => [...(options?.tags ?? [])] }),
    status: t.expose('status', { type: RunStatusEnum }),
    attempt: t.exposeInt('attempt', {
      description:
        'How often execution was begun: 0 while queued, 1, and one more for every takeover after a crash.',
    }),
    createdAt: t.field({ type: 'DateTime', resolve: ({ createdAt }) => instant(createdAt) }),
    startedAt: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: ({ startedAt }) => (startedAt === null ? null : instant(startedAt)),
    }),
    finishedAt: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: ({ finishedAt }) => (finishedAt === null ? null : instant(finishedAt)),
    }),
    error: t.expose('error', { type: RunErrorType, nullable: true }),
  }),
});

builder.objectFields('Session', (t) => ({
  runs: t.field({
    type: RunConnection,
    complexity: listCost,
    description: 'Newest first.',
    args: {
      first: t.arg.int(),
      after: t.arg.string(),
      status: t.arg({ type: [RunStatusEnum], description: 'Only runs in one of these.' }),
    },
    resolve: async ({ id }, { first, after, status }, { services, actor }) => {
      const key = decodeKey(runKey, after);
      const request = { first: pageSize(first), after: key?.[1] ?? null };
      const page = await services.backend.sessions.listRuns(id, actor, request, status ?? null);
      return toConnection(
        page,
        ({ number }) => encodeKey(['run', number]),
        (run) => run,
      );
    },
  }),
}));

builder.queryField('run', (t) =>
  t.field({
    type: 'Run',
    nullable: true,
    complexity: READ,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { services, actor }) =>
      services.backend.sessions.findRun(checkUuid('id', id), actor),
  }),
);
