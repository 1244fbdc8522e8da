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
import { AnswerValue, GraphInput } from './typed-fields.ts';

/** Of the one argument of each mutation. */
const INPUT = 'The arguments of the mutation.';
const SESSION = 'The session as it is now.';

type SessionAndRun = { readonly session: Session; readonly run: Run };

const StartSessionPayload = builder.objectRef<SessionAndRun>('StartSessionPayload').implement({
  description: 'What `startSession` answers.',
  fields: (t) => ({
    session: t.expose('session', { type: 'Session', description: SESSION }),
    run: t.expose('run', { type: 'Run', description: 'The run that was accepted.' }),
  }),
});

const ResumeSessionPayload = builder.objectRef<SessionAndRun>('ResumeSessionPayload').implement({
  description: 'What `resumeSession` answers.',
  fields: (t) => ({
    session: t.expose('session', { type: 'Session', description: SESSION }),
    run: t.expose('run', { type: 'Run', description: 'The run that was accepted.' }),
  }),
});

const ForkSessionPayload = builder.objectRef<{ session: Session }>('ForkSessionPayload').implement({
  description: 'What `forkSession` answers.',
  fields: (t) => ({
    session: t.expose('session', { type: 'Session', description: SESSION }),
  }),
});

const UpdateSessionStatePayload = builder
  .objectRef<{ session: Session; checkpoint: CheckpointNode }>('UpdateSessionStatePayload')
  .implement({
    description: 'What `updateSessionState` answers.',
    fields: (t) => ({
      session: t.expose('session', { type: 'Session', description: SESSION }),
      checkpoint: t.expose('checkpoint', {
        type: 'Checkpoint',
        description: 'The checkpoint that the edit made.',
      }),
    }),
  });

const UpdateSessionPayload = builder
  .objectRef<{ session: Session }>('UpdateSessionPayload')
  .implement({
    description: 'What `updateSession` answers.',
    fields: (t) => ({
      session: t.expose('session', { type: 'Session', description: SESSION }),
    }),
  });

const CancelSessionPayload = builder
  .objectRef<{ session: Session; run: Run | null }>('CancelSessionPayload')
  .implement({
    description: 'What `cancelSession` answers.',
    fields: (t) => ({
      session: t.expose('session', { type: 'Session', description: SESSION }),
      run: t.expose('run', {
        type: 'Run',
        nullable: true,
        description: 'The run that was stopped; null where nothing ran.',
      }),
    }),
  });

const CancelRunPayload = builder.objectRef<SessionAndRun>('CancelRunPayload').implement({
  description: 'What `cancelRun` answers.',
  fields: (t) => ({
    run: t.expose('run', { type: 'Run', description: 'The run as it is now.' }),
    session: t.expose('session', { type: 'Session', description: SESSION }),
  }),
});

const DeleteSessionPayload = builder
  .objectRef<{ deletedSessionId: string }>('DeleteSessionPayload')
  .implement({
    description: 'What `deleteSession` answers.',
    fields: (t) => ({
      deletedSessionId: t.exposeID('deletedSessionId', {
        description: 'The `id` of the session, which no session will ever have again.',
      }),
    }),
  });

const ExtendSessionPayload = builder
  .objectRef<{ session: Session }>('ExtendSessionPayload')
  .implement({
    description: 'What `extendSession` answers.',
    fields: (t) => ({
      session: t.expose('session', { type: 'Session', description: SESSION }),
    }),
  });

const REPEATED =
  "The same key from the same user returns the first answer; kept for the session's life, for each mutation by itself.";

const METADATA_LIMITS = `At most ${MOST_METADATA_KEYS} keys of at most ${LONGEST_METADATA_KEY} characters, and ${MOST_METADATA_BYTES / 1024} KiB of JSON.`;

const CONTEXT =
  "LangGraph's runtime context, checked against the graph's context schema; `{}` when left out.";
const BEFORE =
  'The run stops before these nodes, INTERRUPTED without a question. They replace those that the graph was compiled with; `*` is every node.';
const AFTER =
  'The run stops after these nodes, INTERRUPTED without a question. They replace those that the graph was compiled with; `*` is every node.';
const RUN_METADATA = `Part of config.metadata in the graph, and of traces. ${METADATA_LIMITS}`;
const TAGS = `Part of config.tags in the graph, and of traces. At most ${MOST_TAGS}, of at most ${LONGEST_TAG} characters.`;

const WORDS =
  'Plain words: a human message for a graph with `messages`, else the state key `task`.';
const JSON_INPUT = "The graph's input: an object with keys of its state.";

const StartWork = builder.inputType('StartWork', {
  isOneOf: true,
  description: 'What a session begins with. Give one of its fields.',
  fields: (t) => ({
    task: t.string({ description: WORDS }),
    input: t.field({ type: 'JSON', description: JSON_INPUT }),
    graph: t.field({ type: GraphInput, description: 'A graph and its typed input.' }),
  }),
});

const StartSessionInput = builder.inputType('StartSessionInput', {
  description: 'What `startSession` takes.',
  fields: (t) => ({
    graphId: t.id({ description: 'May be left out where langgraph.json names one graph.' }),
    task: t.string({
      description:
        'Plain words: a human message for a graph with `messages`, else the state key `task`. Give this or `input`.',
    }),
    input: t.field({
      type: 'JSON',
      description: "The graph's input: an object with keys of its state. Give this or `task`.",
    }),
    graph: t.field({
      type: GraphInput,
      description: 'A graph and its typed input, in the place of `graphId`, `input` and `task`.',
    }),
    work: t.field({
      type: StartWork,
      description:
        'The same as `task`, `input` and `graph`, so that a client’s types ask for one of them.',
    }),
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
  description: 'An answer to a question.',
  fields: (t) => ({
    interruptId: t.id({ required: true, description: 'The `interruptId` of the question.' }),
    value: t.field({
      type: 'JSON',
      description:
        'What interrupt() returns in the graph; null when left out. Checked against `responseSchema`, or against what the graph declares.',
    }),
    answer: t.field({
      type: AnswerValue,
      description:
        'A typed answer, in the place of `value`. It must answer the question that is open.',
    }),
  }),
});

const ResumeWork = builder.inputType('ResumeWork', {
  isOneOf: true,
  description: 'What a session goes on with. Give one of its fields.',
  fields: (t) => ({
    message: t.string({ description: WORDS }),
    input: t.field({ type: 'JSON', description: JSON_INPUT }),
    graph: t.field({ type: GraphInput, description: "Typed input for the session's own graph." }),
    answers: t.field({
      type: [InterruptAnswer],
      description: 'Answers to open questions, each by its `interruptId`.',
    }),
  }),
});

const ResumeSessionInput = builder.inputType('ResumeSessionInput', {
  description: `At most one of message, input and answers.
- message, input: new work from the graph's start; open questions are dropped. \`message\` goes where \`task\` goes.
- answers: only to questions that are open now, or to the one that was open before the state was edited by hand. With some left open, the graph asks those again: side effects before their
  interrupt() repeat. While busy: INTERRUPT_MISMATCH.
- none: goes on after a failure, a cancel, a fork or an edit. With open questions: INTERRUPT_MISMATCH; with nothing next: INVALID_INPUT.
checkpointId and expectedCheckpointId are checked at acceptance; with ENQUEUE while busy they are INVALID_INPUT.`,
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'The `id` of the session.' }),
    message: t.string({ description: WORDS }),
    input: t.field({ type: 'JSON', description: JSON_INPUT }),
    graph: t.field({
      type: GraphInput,
      description:
        "Typed input for the session's own graph, in the place of `input`. Of another graph it is INVALID_INPUT.",
    }),
    work: t.field({
      type: ResumeWork,
      description:
        'The same as `message`, `input`, `graph` and `answers`, so that a client’s types ask for one of them.',
    }),
    answers: t.field({
      type: [InterruptAnswer],
      description: 'Answers to open questions, each by its `interruptId`.',
    }),
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
    recursionLimit: t.int({
      description:
        "LangGraph's recursionLimit for this run; the session's when left out. At most MAX_STEPS.",
    }),
    checkpointId: t.id({
      description:
        'Start from this earlier checkpoint instead of the newest (a branch within the session).',
    }),
    expectedCheckpointId: t.id({
      description: 'Refuse with STALE_CHECKPOINT unless this is the newest checkpoint.',
    }),
    onBusy: t.field({
      type: BusyPolicyEnum,
      required: true,
      defaultValue: 'REJECT',
      description: 'What happens while other work is queued or running.',
    }),
    idempotencyKey: t.string({ description: REPEATED }),
  }),
});

const ForkSessionInput = builder.inputType('ForkSessionInput', {
  description: `Of a running session: its newest stored checkpoint with the finished tasks' writes; of one without a checkpoint: CHECKPOINT_NOT_FOUND.
A fork inherits owner, graph, configurable and metadata, and its log starts with CheckpointSaved (source FORK).`,
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'The `id` of the session.' }),
    checkpointId: t.id({ description: 'The newest when left out.' }),
    metadata: t.field({ type: 'JSON', description: METADATA_LIMITS }),
    ttlSeconds: t.int({
      description:
        "Seconds to live after the last activity; the server's SESSION_TTL when left out.",
    }),
    idempotencyKey: t.string({ description: REPEATED }),
  }),
});

const UpdateSessionStateInput = builder.inputType('UpdateSessionStateInput', {
  description: 'What `updateSessionState` takes.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'The `id` of the session.' }),
    namespace: t.string({
      description:
        'Edits the state of the subgraph with this checkpoint namespace. The session is IDLE afterwards, as after any edit.',
    }),
    values: t.field({
      type: 'JSON',
      required: true,
      description: 'Keys of the state with what is written to them, through their reducers.',
    }),
    asNode: t.string({ description: 'The node in whose name the values are written.' }),
    checkpointId: t.id({
      description: 'The checkpoint to edit from; the newest when left out.',
    }),
    expectedCheckpointId: t.id({
      description: 'Refuse with STALE_CHECKPOINT unless this is the newest checkpoint.',
    }),
  }),
});

const UpdateSessionInput = builder.inputType('UpdateSessionInput', {
  description: 'What `updateSession` takes.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'The `id` of the session.' }),
    task: t.string({ description: 'The words that the session is called by.' }),
    metadata: t.field({ type: 'JSON', description: METADATA_LIMITS }),
  }),
});

const CancelSessionInput = builder.inputType('CancelSessionInput', {
  description: 'What `cancelSession` takes.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'The `id` of the session.' }),
  }),
});

const CancelRunInput = builder.inputType('CancelRunInput', {
  description: 'What `cancelRun` takes.',
  fields: (t) => ({ runId: t.id({ required: true, description: 'The `id` of the run.' }) }),
});

const DeleteSessionInput = builder.inputType('DeleteSessionInput', {
  description: 'What `deleteSession` takes.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'The `id` of the session.' }),
  }),
});

const ExtendSessionInput = builder.inputType('ExtendSessionInput', {
  description: 'What `extendSession` takes.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'The `id` of the session.' }),
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
    args: { input: t.arg({ type: StartSessionInput, required: true, description: INPUT }) },
    resolve: (_root, { input }, { services, user }) => services.sessions.start(user, input),
  }),
  resumeSession: t.field({
    type: ResumeSessionPayload,
    description:
      'Goes on: with a new message or input, with answers to interrupts, or, with none of them, from where it stopped.',
    args: { input: t.arg({ type: ResumeSessionInput, required: true, description: INPUT }) },
    resolve: (_root, { input }, { services, user }) => services.sessions.resume(user, input),
  }),
  forkSession: t.field({
    type: ForkSessionPayload,
    description:
      'A new, independent session that starts as an exact copy of one checkpoint. The parent is not touched.',
    args: { input: t.arg({ type: ForkSessionInput, required: true, description: INPUT }) },
    resolve: async (_root, { input }, { services, user }) => ({
      session: await services.forks.fork(user, input),
    }),
  }),
  updateSessionState: t.field({
    type: UpdateSessionStatePayload,
    description: "Edits the state by hand, as LangGraph's updateState does, in a new checkpoint.",
    args: { input: t.arg({ type: UpdateSessionStateInput, required: true, description: INPUT }) },
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
    args: { input: t.arg({ type: UpdateSessionInput, required: true, description: INPUT }) },
    resolve: async (_root, { input }, { services, user }) => ({
      session: await services.sessions.update(user, input),
    }),
  }),
  cancelSession: t.field({
    type: CancelSessionPayload,
    description: `Stops what runs and everything queued, and drops open questions (INTERRUPTED becomes CANCELLED). Answers once CANCELLED and
a higher epoch are stored in one step, so that no later write of the run can land; it never waits for a frozen worker.`,
    args: { input: t.arg({ type: CancelSessionInput, required: true, description: INPUT }) },
    resolve: (_root, { input }, { services, user }) =>
      services.sessions.cancel(user, input.sessionId),
  }),
  cancelRun: t.field({
    type: CancelRunPayload,
    description:
      'Cancels one run, queued, running or waiting for an answer. Runs behind it go on. A settled run stays as it is.',
    args: { input: t.arg({ type: CancelRunInput, required: true, description: INPUT }) },
    resolve: (_root, { input }, { services, user }) =>
      services.sessions.cancelRun(user, input.runId),
  }),
  deleteSession: t.field({
    type: DeleteSessionPayload,
    description: 'Stops what runs, and deletes the session with all that is stored of it.',
    args: { input: t.arg({ type: DeleteSessionInput, required: true, description: INPUT }) },
    resolve: async (_root, { input }, { services, user }) => {
      const deletedSessionId = checkUuid('sessionId', input.sessionId);
      await services.sessions.delete(user, deletedSessionId);
      return { deletedSessionId };
    },
  }),
  extendSession: t.field({
    type: ExtendSessionPayload,
    description: 'Sets when the session expires.',
    args: { input: t.arg({ type: ExtendSessionInput, required: true, description: INPUT }) },
    resolve: async (_root, { input }, { services, user }) => ({
      session: await services.sessions.extend(user, input.sessionId, input.ttlSeconds),
    }),
  }),
}));
