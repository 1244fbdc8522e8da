import { z } from 'zod';
import { found } from '../errors.ts';
import { checkUuid } from '../session/arguments.ts';
import { decodeKey, encodeKey, pageSize } from '../session/page.ts';
import type { RunError, RunErrorCause, RunStatus } from '../session/run.ts';
import { READ, builder, instant, listCost } from './builder.ts';
import { AFTER, FIRST, RunConnection, toConnection } from './connection.ts';
import type { RequestContext } from './context.ts';
import { ErrorCodeEnum, RunKindEnum, RunStatusEnum } from './enums.ts';

const STATUS = 'Only runs in one of these.';

const runKey = z.tuple([z.literal('run'), z.int()]);

const RunErrorCauseType = builder.objectRef<RunErrorCause>('RunErrorCause').implement({
  description: 'An error that caused another, or one of the errors in an AggregateError.',
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCodeEnum, description: 'What kind of error it is.' }),
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
  description: 'Why a run failed.',
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCodeEnum, description: 'What kind of error it is.' }),
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
  interfaces: ['Node'],
  description:
    'One piece of work on a session: from one input or one set of answers until it settles.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID.' }),
    sessionId: t.exposeID('sessionId', { description: 'The `id` of its session.' }),
    session: t.field({
      type: 'Session',
      description: 'Its session.',
      complexity: READ,
      resolve: async ({ sessionId }, _args, { services, actor }) =>
        found(await services.backend.sessions.find(sessionId, actor), sessionId),
    }),
    kind: t.expose('kind', { type: RunKindEnum, description: 'What it was given.' }),
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
    tags: t.stringList({
      description: 'The `tags` it was given.',
      resolve: ({ options }) => [...(options?.tags ?? [])],
    }),
    status: t.expose('status', { type: RunStatusEnum, description: 'Where it stands.' }),
    attempt: t.exposeInt('attempt', {
      description:
        'How often execution was begun: 0 while queued, 1, and one more for every takeover after a crash.',
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was accepted.',
      resolve: ({ createdAt }) => instant(createdAt),
    }),
    startedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When its first attempt began; null until then.',
      resolve: ({ startedAt }) => (startedAt === null ? null : instant(startedAt)),
    }),
    finishedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it settled; null until then.',
      resolve: ({ finishedAt }) => (finishedAt === null ? null : instant(finishedAt)),
    }),
    error: t.expose('error', {
      type: RunErrorType,
      nullable: true,
      description: 'Why it failed; null where it did not.',
    }),
  }),
});

builder.objectFields('Session', (t) => ({
  runs: t.field({
    type: RunConnection,
    complexity: listCost,
    description: 'Its runs, newest first.',
    args: {
      first: t.arg.int(FIRST),
      after: t.arg.string(AFTER),
      status: t.arg({ type: [RunStatusEnum], description: STATUS }),
    },
    resolve: ({ id }, asked, context) => listRuns(id, asked, context),
  }),
}));

builder.queryField('runs', (t) =>
  t.field({
    type: RunConnection,
    nullable: true,
    complexity: listCost,
    description:
      'The runs of a session, newest first. Null, with an error, if there is no such session.',
    args: {
      sessionId: t.arg.id({ required: true, description: 'The `id` of the session.' }),
      first: t.arg.int(FIRST),
      after: t.arg.string(AFTER),
      status: t.arg({ type: [RunStatusEnum], description: STATUS }),
    },
    resolve: async (_root, { sessionId, ...asked }, context) => {
      const id = checkUuid('sessionId', sessionId);
      found(await context.services.backend.sessions.find(id, context.actor), id);
      return listRuns(id, asked, context);
    },
  }),
);

builder.queryField('run', (t) =>
  t.field({
    type: 'Run',
    nullable: true,
    description: "One run; null where there is none, or it is not the caller's.",
    complexity: READ,
    args: { id: t.arg.id({ required: true, description: 'The `id` of the run.' }) },
    resolve: (_root, { id }, { services, actor }) =>
      services.backend.sessions.findRun(checkUuid('id', id), actor),
  }),
);

interface AskedRuns {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly status?: readonly RunStatus[] | null | undefined;
}

async function listRuns(
  sessionId: string,
  { first, after, status }: AskedRuns,
  { services, actor }: RequestContext,
) {
  const key = decodeKey(runKey, after);
  const request = { first: pageSize(first), after: key?.[1] ?? null };
  const page = await services.backend.sessions.listRuns(sessionId, actor, request, status ?? null);
  return toConnection(
    page,
    ({ number }) => encodeKey(['run', number]),
    (run) => run,
  );
}
