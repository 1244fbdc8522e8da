import { checkpointNotFound } from '../errors.ts';
import { LONGEST_TAG, MOST_TAGS, checkUuid } from '../session/arguments.ts';
import {
  LONGEST_METADATA_KEY,
  MOST_METADATA_BYTES,
  MOST_METADATA_KEYS,
} from '../session/metadata.ts';
import type { Run } from '../session/run.ts';
import type { Session } from '../session/session.ts';
import { type CheckpointNode, builder } from './builder.ts';
import { BusyPolicyEnum } from './enums.ts';

type SessionAndRun = { readonly session: Session; readonly run: Run };

const StartSessionPayload = builder.objectRef<SessionAndRun>('StartSessionPayload').implement({
  fields: (t) => ({
    session: t.expose('session', { type: 'Session' }),
    run: t.expose('run', { type: 'Run' }),
  }),
});

const ResumeSessionPayload = builder.objectRef<SessionAndRun>('ResumeSessionPayload').implement({
  fields: (t) => ({
    session: t.expose('session', { type: 'Session' }),
    run: t.expose('run', { type: 'Run' }),
  }),
});

const ForkSessionPayload = builder.objectRef<{ session: Session }>('ForkSessionPayload').implement({
  fields: (t) => ({ session: t.expose('session', { type: 'Session' }) }),
});

const UpdateSessionStatePayload = builder
  .objectRef<{ session: Session; checkpoint: CheckpointNode }>('UpdateSessionStatePayload')
  .implement({
    fields: (t) => ({
      session: t.expose('session', { type: 'Session' }),
      checkpoint: t.expose('checkpoint', { type: 'Checkpoint' }),
    }),
  });

const UpdateSessionPayload = builder
  .objectRef<{ session: Session }>('UpdateSessionPayload')
  .implement({
    fields: (t) => ({ session: t.expose('session', { type: 'Session' }) }),
  });

const CancelSessionPayload = builder
  .objectRef<{ session: Session; run: Run | null }>('CancelSessionPayload')
  .implement({
    fields: (t) => ({
      session: t.expose('session', { type: 'Session' }),
      run: t.expose('run', {
        type: 'Run',
        nullable: true,
        description: 'The run that was stopped; null where nothing ran.',
      }),
    }),
  });

const CancelRunPayload = builder.objectRef<SessionAndRun>('CancelRunPayload').implement({
  fields: (t) => ({
    run: t.expose('run', { type: 'Run' }),
    session: t.expose('session', { type: 'Session' }),
  }),
});

const DeleteSessionPayload = builder
  .objectRef<{ deletedSessionId: string }>('DeleteSessionPayload')
  .implement({ fields: (t) => ({ deletedSessionId: t.exposeID('deletedSessionId') }) });

const ExtendSessionPayload = builder
  .objectRef<{ session: Session }>('ExtendSessionPayload')
  .implement({
    fields: (t) => ({ session: t.expose('session', { type: 'Session' }) }),
  });

const METADATA_LIMITS = `At most ${MOST_METADATA_KEYS} keys of at most ${LONGEST_METADATA_KEY} characters, and ${MOST_METADATA_BYTES / 1024} KiB of JSON.`;

const CONTEXT =
  "LangGraph's runtime context, checked against the graph's context schema; `{}` when left out.";
const BEFORE =
  'The run stops before these nodes, INTERRUPTED without a question. They replace those that the graph was compiled with; `*` is every node.';
const AFTER =
  'The run stops after these nodes, INTERRUPTED without a question. They replace those that the graph was compiled with; `*` is every node.';
const RUN_METADATA = `Part of config.metadata in the graph, and of traces. ${METADATA_LIMITS}`;
const TAGS = `Part of config.tags in the graph, and of traces. At most ${MOST_TAGS}, of at most ${LONGEST_TAG} characters.`;

const StartSessionInput = builder.inputType('StartSessionInput', {
  fields: (t) => ({
    graphId: t.id({ description: 'May be left out where langgraph.json names one graph.' }),
    task: t.string({
      description:
        'Plain words: a human message for a graph with `messages`, else the state key `task`. Give this or `input`.',
    }),
    input: t.field({ type: 'JSON' }),
    metadata: t.field({ type: 'JSON', description: METADATA_LIMITS }),
    configurable: t.field({
      type: 'JSON',
      description:
        'Values the graph reads from config.configurable; reserved keys are refused. `run_id` and `graph_id` are set by the gateway.',
    }),
    context: t.field({
      type: 'JSON',
      description: `${CONTEXT} Kept for later runs of the session.`,
    }),
    interruptBefore: t.stringList({ description: BEFORE }),
    interruptAfter: t.stringList({ description: AFTER }),
    runMetadata: t.field({ type: 'JSON', description: RUN_METADATA }),
    tags: t.stringList({ description: TAGS }),
    recursionLimit: t.int({
      description: "LangGraph's recursionLimit (25 when left out); at most the server's MAX_STEPS.",
    }),
    ttlSeconds: t.int({
      description:
        "Seconds to live after the last activity; the server's SESSION_TTL when left out.",
    }),
    idempotencyKey: t.string({
      description:
        "The same key from the same user returns the first answer instead of a second session; kept for the session's life, for each mutation by itself.",
    }),
  }),
});

const InterruptAnswer = builder.inputType('InterruptAnswer', {
  fields: (t) => ({ interruptId: t.id({ required: true }), value: t.field({ type: 'JSON' }) }),
});

const ResumeSessionInput = builder.inputType('ResumeSessionInput', {
  description: `At most one of message, input and answers.
- message, input: new work from the graph's start; open questions are dropped. \`message\` goes where \`task\` goes.
- answers: only to questions that are open now, or to the one that was open before the state was edited by hand. With some left open, the graph asks those again: side effects before their
  interrupt() repeat. While busy: INTERRUPT_MISMATCH.
- none: goes on after a failure, a cancel, a fork or an edit. With open questions: INTERRUPT_MISMATCH; with nothing next: INVALID_INPUT.
checkpointId and expectedCheckpointId are checked at acceptance; with ENQUEUE while busy they are INVALID_INPUT.`,
  fields: (t) => ({
    sessionId: t.id({ required: true }),
    message: t.string(),
    input: t.field({ type: 'JSON' }),
    answers: t.field({ type: [InterruptAnswer] }),
    configurable: t.field({
      type: 'JSON',
      description: "Laid over the session's own, for this run.",
    }),
    context: t.field({
      type: 'JSON',
      description: "LangGraph's runtime context, laid over the session's own, for this run.",
    }),
    interruptBefore: t.stringList({ description: BEFORE }),
    interruptAfter: t.stringList({ description: AFTER }),
    runMetadata: t.field({ type: 'JSON', description: RUN_METADATA }),
    tags: t.stringList({ description: TAGS }),
    values: t.field({
      type: 'JSON',
      description:
        "LangGraph's Command.update, written in the same step as `answers`, which must answer all open questions.",
    }),
    goto: t.stringList({
      description:
        "LangGraph's Command.goto: nodes that run next, too. With `answers` to all open questions.",
    }),
    recursionLimit: t.int(),
    checkpointId: t.id({
      description:
        'Start from this earlier checkpoint instead of the newest (a branch within the session).',
    }),
    expectedCheckpointId: t.id({
      description: 'Refuse with STALE_CHECKPOINT unless this is the newest checkpoint.',
    }),
    onBusy: t.field({ type: BusyPolicyEnum, required: true, defaultValue: 'REJECT' }),
    idempotencyKey: t.string(),
  }),
});

const ForkSessionInput = builder.inputType('ForkSessionInput', {
  description: `Of a running session: its newest stored checkpoint with the finished tasks' writes; of one without a checkpoint: CHECKPOINT_NOT_FOUND.
A fork inherits owner, graph, configurable and metadata, and its log starts with CheckpointSaved (source FORK).`,
  fields: (t) => ({
    sessionId: t.id({ required: true }),
    checkpointId: t.id({ description: 'The newest when left out.' }),
    metadata: t.field({ type: 'JSON', description: METADATA_LIMITS }),
    ttlSeconds: t.int(),
    idempotencyKey: t.string(),
  }),
});

const UpdateSessionStateInput = builder.inputType('UpdateSessionStateInput', {
  fields: (t) => ({
    sessionId: t.id({ required: true }),
    namespace: t.string({
      description:
        'Edits the state of the subgraph with this checkpoint namespace. The session is IDLE afterwards, as after any edit.',
    }),
    values: t.field({ type: 'JSON', required: true }),
    asNode: t.string({ description: 'The node in whose name the values are written.' }),
    checkpointId: t.id(),
    expectedCheckpointId: t.id(),
  }),
});

const UpdateSessionInput = builder.inputType('UpdateSessionInput', {
  fields: (t) => ({
    sessionId: t.id({ required: true }),
    task: t.string(),
    metadata: t.field({ type: 'JSON', description: METADATA_LIMITS }),
  }),
});

const CancelSessionInput = builder.inputType('CancelSessionInput', {
  fields: (t) => ({ sessionId: t.id({ required: true }) }),
});

const CancelRunInput = builder.inputType('CancelRunInput', {
  fields: (t) => ({ runId: t.id({ required: true }) }),
});

const DeleteSessionInput = builder.inputType('DeleteSessionInput', {
  fields: (t) => ({ sessionId: t.id({ required: true }) }),
});

const ExtendSessionInput = builder.inputType('ExtendSessionInput', {
  fields: (t) => ({
    sessionId: t.id({ required: true }),
    ttlSeconds: t.int({
      description:
        'Also the new time to live after later activity. Left out: SESSION_TTL again; null: never expires.',
    }),
  }),
});

builder.mutationFields((t) => ({
  startSession: t.field({
    type: StartSessionPayload,
    description: 'Accepts the work, stores it, and returns at once; it runs in the background.',
    args: { input: t.arg({ type: StartSessionInput, required: true }) },
    resolve: (_root, { input }, { services, user }) => services.sessions.start(user, input),
  }),
  resumeSession: t.field({
    type: ResumeSessionPayload,
    description:
      'Goes on: with a new message or input, with answers to interrupts, or, with none of them, from where it stopped.',
    args: { input: t.arg({ type: ResumeSessionInput, required: true }) },
    resolve: (_root, { input }, { services, user }) => services.sessions.resume(user, input),
  }),
  forkSession: t.field({
    type: ForkSessionPayload,
    description:
      'A new, independent session that starts as an exact copy of one checkpoint. The parent is not touched.',
    args: { input: t.arg({ type: ForkSessionInput, required: true }) },
    resolve: async (_root, { input }, { services, user }) => ({
      session: await services.forks.fork(user, input),
    }),
  }),
  updateSessionState: t.field({
    type: UpdateSessionStatePayload,
    description: "Edits the state by hand, as LangGraph's updateState does, in a new checkpoint.",
    args: { input: t.arg({ type: UpdateSessionStateInput, required: true }) },
    resolve: async (_root, { input }, { services, user, actor }) => {
      const { session, namespace, checkpointId } = await services.edits.edit(user, input);
      const row = await services.backend.sessions.findCheckpoint(
        session.id,
        actor,
        checkpointId,
        namespace,
      );
      if (row === null) throw checkpointNotFound(session.id, checkpointId);
      return { session, checkpoint: { session, row } };
    },
  }),
  updateSession: t.field({
    type: UpdateSessionPayload,
    description:
      "Changes the task's words or the metadata (merged key by key; null removes a key).",
    args: { input: t.arg({ type: UpdateSessionInput, required: true }) },
    resolve: async (_root, { input }, { services, user }) => ({
      session: await services.sessions.update(user, input),
    }),
  }),
  cancelSession: t.field({
    type: CancelSessionPayload,
    description: `Stops what runs and everything queued, and drops open questions (INTERRUPTED becomes CANCELLED). Answers once CANCELLED and
a higher epoch are stored in one step, so that no later write of the run can land; it never waits for a frozen worker.`,
    args: { input: t.arg({ type: CancelSessionInput, required: true }) },
    resolve: (_root, { input }, { services, user }) =>
      services.sessions.cancel(user, input.sessionId),
  }),
  cancelRun: t.field({
    type: CancelRunPayload,
    description:
      'Cancels one run, queued, running or waiting for an answer. Runs behind it go on. A settled run stays as it is.',
    args: { input: t.arg({ type: CancelRunInput, required: true }) },
    resolve: (_root, { input }, { services, user }) =>
      services.sessions.cancelRun(user, input.runId),
  }),
  deleteSession: t.field({
    type: DeleteSessionPayload,
    args: { input: t.arg({ type: DeleteSessionInput, required: true }) },
    resolve: async (_root, { input }, { services, user }) => {
      const deletedSessionId = checkUuid('sessionId', input.sessionId);
      await services.sessions.delete(user, deletedSessionId);
      return { deletedSessionId };
    },
  }),
  extendSession: t.field({
    type: ExtendSessionPayload,
    description: 'Sets when the session expires.',
    args: { input: t.arg({ type: ExtendSessionInput, required: true }) },
    resolve: async (_root, { input }, { services, user }) => ({
      session: await services.sessions.extend(user, input.sessionId, input.ttlSeconds),
    }),
  }),
}));
