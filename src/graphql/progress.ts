// The subscription and its events.
import { found } from '../errors.ts';
import { checkUuid } from '../session/arguments.ts';
import { jsonSize } from '../session/json-size.ts';
import type { CheckpointRow } from '../session/ports.ts';
import type { DurableDetail, LiveDetail } from '../session/progress.ts';
import type { Run } from '../session/run.ts';
import type { Session } from '../session/session.ts';
import type { FeedItem, GapItem, SnapshotItem } from '../progress/feed-item.ts';
import { READ, builder, instant } from './builder.ts';
import { CheckpointSourceEnum, RunStatusEnum, SessionStatusEnum } from './enums.ts';
import type { RequestContext } from './context.ts';
import { MessageRoleEnum } from './message.ts';
import { RunErrorType } from './run.ts';
import { Watch } from './watch.ts';

type Detail = DurableDetail | LiveDetail;
type NodeOf<Type extends Detail['type']> = FeedItem & {
  readonly detail: Extract<Detail, { type: Type }>;
};

// What an event leads to is read once for all who watch it: their contexts have the same `reads`.
const sessions = new WeakMap<object, Promise<Session | null>>();
const runs = new WeakMap<object, Promise<Run | null>>();
const writes = new WeakMap<object, Promise<unknown>>();
const rows = new WeakMap<object, Promise<CheckpointRow | null>>();

function once<Value>(
  read: WeakMap<object, Promise<Value>>,
  { reads }: RequestContext,
  find: () => Promise<Value>,
): Promise<Value> {
  const value = read.get(reads) ?? find();
  read.set(reads, value);
  return value;
}

async function sessionOf(item: FeedItem, context: RequestContext): Promise<Session | null> {
  if (item.kind === 'snapshot') return item.session;
  const { services, actor } = context;
  return once(sessions, context, () => services.backend.sessions.find(item.sessionId, actor));
}

/** Bytes of JSON. They are sent to every watcher who asks for them. */
const LARGEST_WRITES = 65_536;

async function writesOf(item: NodeOf<'NodeFinished'>, context: RequestContext): Promise<unknown> {
  const { namespace, checkpointId, taskId, error } = item.detail;
  if (checkpointId === undefined || taskId === undefined || error !== null) return null;
  const session = await sessionOf(item, context);
  if (session === null) return null;
  const place = { sessionId: session.id, namespace, checkpointId };
  const written = await context.checkpoints.writes(session, place, taskId);
  return jsonSize(written, LARGEST_WRITES) > LARGEST_WRITES ? null : written;
}

const ProgressEvent = builder.interfaceType('ProgressEvent', {
  description: `Durable events have a sequence number and a cursor of their own; they are stored in the same transaction as what they report.
Live events (MessageDelta, CustomProgress, NodeStarted) are not stored; they carry the sequence and cursor of the last durable event
sent to this watcher. A cursor is opaque and names its session: a broken or foreign one is INVALID_INPUT, one beyond the newest event a
ProgressGap. Before the first event the sequence is 0. Scalars tell what was then; \`session\`, \`run\` and \`checkpoint\` are as they are now.`,
  resolveType: typeNameOf,
  fields: (t) => ({
    sequence: t.int({
      description:
        'The number of the event within its session, from 1; of a live event, of the last durable one.',
      resolve: ({ sequence }) => sequence,
    }),
    cursor: t.string({
      description: 'Pass it as `after` to continue after this event.',
      resolve: ({ cursor }) => cursor,
    }),
    sessionId: t.id({
      description: 'The `id` of the session.',
      resolve: ({ sessionId }) => sessionId,
    }),
    session: t.field({
      type: 'Session',
      description: 'The session as it is now.',
      resolve: async (item, _args, context) =>
        found(await sessionOf(item, context), item.sessionId),
    }),
    runId: t.id({
      nullable: true,
      description: 'The run that it belongs to; null where it is of none.',
      resolve: ({ runId }) => runId,
    }),
    at: t.field({
      type: 'DateTime',
      description: 'When it happened.',
      resolve: ({ at }) => instant(at),
    }),
  }),
});

builder.objectType(builder.objectRef<SnapshotItem>('SessionSnapshot'), {
  name: 'SessionSnapshot',
  description: 'The session as it is now: what the events after it build on.',
  interfaces: [ProgressEvent],
});

builder.objectType(builder.objectRef<GapItem>('ProgressGap'), {
  name: 'ProgressGap',
  description:
    'The log no longer reaches back to `after`: what happened in between is missing. Its cursor is `requestedAfter`.',
  interfaces: [ProgressEvent],
  fields: (t) => ({
    requestedAfter: t.exposeString('requestedAfter', {
      description: 'The `after` that was given.',
    }),
  }),
});

const IN = 'Path of the subgraph that it happened in; empty for the graph itself.';
const NODE = 'The node it belongs to.';

function eventType<Type extends Detail['type']>(name: Type) {
  return builder.objectRef<NodeOf<Type>>(name);
}

builder.objectType(eventType('RunStatusChanged'), {
  name: 'RunStatusChanged',
  description: 'Durable: a run was queued, started (again), or settled.',
  interfaces: [ProgressEvent],
  fields: (t) => ({
    run: t.field({
      type: 'Run',
      description: 'The run as it is now.',
      resolve: async (item, _args, context) => {
        const { sessions } = context.services.backend;
        const find = () => sessions.findRun(item.runId ?? '', context.actor);
        return found(await once(runs, context, find), item.sessionId);
      },
    }),
    status: t.field({
      type: RunStatusEnum,
      description: 'The status that the run came to.',
      resolve: ({ detail }) => detail.status,
    }),
    sessionStatus: t.field({
      type: SessionStatusEnum,
      description: 'The status that its session came to.',
      resolve: ({ detail }) => detail.sessionStatus,
    }),
    attempt: t.int({
      description: 'How often its execution was begun by then.',
      resolve: ({ detail }) => detail.attempt,
    }),
    error: t.field({
      type: RunErrorType,
      nullable: true,
      description: 'Why the run failed; null where it did not.',
      resolve: ({ detail }) => detail.error,
    }),
  }),
});

builder.objectType(eventType('CheckpointSaved'), {
  name: 'CheckpointSaved',
  description:
    'Durable: a graph step was checkpointed, in the graph itself or a subgraph, or the state was edited, forked or rolled back.',
  interfaces: [ProgressEvent],
  fields: (t) => ({
    namespace: t.string({
      description: IN,
      resolve: ({ detail }) => detail.namespace,
    }),
    step: t.int({
      description: '-1 for the input, then 0, 1, 2 …',
      resolve: ({ detail }) => detail.step,
    }),
    source: t.field({
      type: CheckpointSourceEnum,
      description: 'What made the checkpoint.',
      resolve: ({ detail }) => detail.source,
    }),
    next: t.stringList({
      description: 'The nodes that would run next.',
      resolve: ({ detail }) => [...detail.next],
    }),
    changedKeys: t.stringList({
      description: 'Top-level state keys written since the parent.',
      resolve: ({ detail }) => [...detail.changedKeys],
    }),
    checkpointId: t.id({
      description: "LangGraph's checkpoint_id.",
      resolve: ({ detail }) => detail.checkpointId,
    }),
    checkpoint: t.field({
      type: 'Checkpoint',
      nullable: true,
      description: 'The checkpoint as it is now; null once it is pruned.',
      resolve: async (item, _args, context) => {
        const { checkpointId, namespace } = item.detail;
        const { sessions } = context.services.backend;
        const find = () =>
          sessions.findCheckpoint(item.sessionId, context.actor, checkpointId, namespace);
        const session = await sessionOf(item, context);
        const row = await once(rows, context, find);
        return session && row && { session, row };
      },
    }),
  }),
});

builder.objectType(eventType('NodeFinished'), {
  name: 'NodeFinished',
  description: 'Durable: one node finished within a step.',
  interfaces: [ProgressEvent],
  fields: (t) => ({
    namespace: t.string({
      description: IN,
      resolve: ({ detail }) => detail.namespace,
    }),
    node: t.string({ description: NODE, resolve: ({ detail }) => detail.node }),
    error: t.field({
      type: RunErrorType,
      nullable: true,
      description: 'What the node threw; null where it threw nothing.',
      resolve: ({ detail }) => detail.error,
    }),
    writes: t.field({
      type: 'JSON',
      nullable: true,
      complexity: READ,
      description: `What the node wrote to the state, in the form of LangGraph's \`updates\`: an object of state keys, or a list of them. Null if it wrote
nothing or threw, if its checkpoint was removed, or if it is larger than ${LARGEST_WRITES >> 10} KiB of JSON; read the state then.`,
      resolve: (item, _args, context) => once(writes, context, () => writesOf(item, context)),
    }),
  }),
});

builder.objectType(eventType('InterruptsRaised'), {
  name: 'InterruptsRaised',
  description: 'Durable, once a run, together with INTERRUPTED: the graph asks, and will wait.',
  interfaces: [ProgressEvent],
  fields: (t) => ({
    interrupts: t.field({
      type: ['Interrupt'],
      description: 'What is asked.',
      resolve: ({ sessionId, detail }) =>
        detail.interrupts.map((interrupt) => ({ ...interrupt, sessionId })),
    }),
  }),
});

builder.objectType(eventType('NodeStarted'), {
  name: 'NodeStarted',
  description: 'Live: a node began.',
  interfaces: [ProgressEvent],
  fields: (t) => ({
    namespace: t.string({
      description: IN,
      resolve: ({ detail }) => detail.namespace,
    }),
    node: t.string({ description: NODE, resolve: ({ detail }) => detail.node }),
  }),
});

builder.objectType(eventType('MessageDelta'), {
  name: 'MessageDelta',
  description: `Live: a piece of a message that a model is writing, or the whole message of a tool. The text so far is the first \`offset\` UTF-16 units of what was there, then \`text\`; a watcher that
joins midway first gets offset 0 with everything so far (\`chunk\` is then the merged chunk).`,
  interfaces: [ProgressEvent],
  fields: (t) => ({
    namespace: t.string({
      description: IN,
      resolve: ({ detail }) => detail.namespace,
    }),
    node: t.string({ description: NODE, resolve: ({ detail }) => detail.node }),
    messageId: t.id({
      description: "LangChain's id of the message, which the state has, too.",
      resolve: ({ detail }) => detail.messageId,
    }),
    role: t.field({
      type: MessageRoleEnum,
      description: 'AI for a model, TOOL for a tool.',
      resolve: ({ detail }) => detail.role,
    }),
    offset: t.int({
      description: 'How many UTF-16 units of the earlier text to keep.',
      resolve: ({ detail }) => detail.offset,
    }),
    text: t.string({ description: 'The text that follows.', resolve: ({ detail }) => detail.text }),
    chunk: t.field({
      type: 'JSON',
      description: "LangChain's message chunk.",
      resolve: ({ detail }) => detail.chunk,
    }),
  }),
});

builder.objectType(eventType('CustomProgress'), {
  name: 'CustomProgress',
  description: "Live: what a node wrote with LangGraph's custom stream writer.",
  interfaces: [ProgressEvent],
  fields: (t) => ({
    namespace: t.string({
      description: IN,
      resolve: ({ detail }) => detail.namespace,
    }),
    node: t.string({ description: NODE, resolve: ({ detail }) => detail.node }),
    payload: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What the node wrote.',
      resolve: ({ detail }) => detail.payload ?? null,
    }),
  }),
});

builder.subscriptionField('sessionProgress', (t) =>
  t.field({
    type: ProgressEvent,
    description: `Everything that happens to a session, in order, with none lost and none twice.
The first event is a SessionSnapshot, unless \`after\` is given: then everything since that cursor is
replayed first. Where the log no longer reaches back to it, a ProgressGap says so, and a SessionSnapshot follows. Then come, for what
runs at that moment, a NodeStarted for each node, its newest CustomProgress, and each open message from its beginning.`,
    args: {
      sessionId: t.arg.id({ required: true, description: 'The `id` of the session.' }),
      after: t.arg.string({
        description: 'The cursor of an event; the events after it are replayed.',
      }),
      untilSettled: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Complete once nothing is queued or running.',
      }),
    },
    subscribe: (_root, { sessionId, after, untilSettled }, { lastEventId }) =>
      new Watch({
        sessionId: checkUuid('sessionId', sessionId),
        after: lastEventId ?? after ?? null,
        untilSettled,
      }),
    resolve: (item: FeedItem) => item,
  }),
);

function typeNameOf(item: FeedItem): string {
  if (item.kind === 'snapshot') return 'SessionSnapshot';
  return item.kind === 'gap' ? 'ProgressGap' : item.detail.type;
}
