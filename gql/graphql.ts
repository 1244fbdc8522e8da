/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** A typed answer. Give the one field that belongs to the question. */
export type AnswerValue =
  {   /** An answer to question "hitl" of LangChain's human-in-the-loop middleware. */
  hitl: HitlAnswerInput; humanInterrupt?: never; json?: never; repoAuditPublish?: never; }
  |  { hitl?: never;   /** An answer to question "humanInterrupt" of LangGraph's `HumanInterrupt`. */
  humanInterrupt: Array<HumanInterruptAnswerInput>; json?: never; repoAuditPublish?: never; }
  |  { hitl?: never; humanInterrupt?: never;   /** Any answer as JSON, for a variable of this type. */
  json: unknown; repoAuditPublish?: never; }
  |  { hitl?: never; humanInterrupt?: never; json?: never;   /** An answer to question "publish" of graph "repo-audit". */
  repoAuditPublish: RepoAuditPublishAnswerInput; };

/** What happens to new work while the session is queued or running. */
export type BusyPolicy =
  /** Runs after what is there, in order, however that ends: after a failure from the state it left, after questions by dropping them. */
  | 'ENQUEUE'
  /** Cancels what runs and what is queued, keeps the checkpoints, and goes on from them. */
  | 'INTERRUPT'
  /** SESSION_BUSY. */
  | 'REJECT'
  /**
   * Cancels what runs and what is queued, and goes on from the state before the run that ran: the head moves back (to nothing for a
   * first run; for a run of answers to the checkpoint as it was when it asked). Its checkpoints and events stay in the history.
   */
  | 'ROLLBACK';

/** The input of graph "chat". */
export type ChatInput = {
  /** A list of chat messages */
  messages?: unknown;
};

/** Which checkpoints of a session are listed. */
export type CheckpointFilter = {
  /** Path of a subgraph; the graph itself when left out. */
  namespace?: string | null | undefined;
  /** Only those of this run. */
  runId?: string | number | null | undefined;
  /** Only those that this made. */
  source?: CheckpointSource | null | undefined;
};

/** What made a checkpoint. */
export type CheckpointSource =
  /** The session was forked, or its head moved back. */
  | 'FORK'
  /** A run was given input. */
  | 'INPUT'
  /** A step of the graph. */
  | 'LOOP'
  /** The state was edited by hand. */
  | 'UPDATE';

/** What `deleteStoreItem` takes. */
export type DeleteStoreItemInput = {
  /** 1 to 1024 bytes. */
  key: string;
  /** 1 to 20 parts, 1024 bytes in all. */
  namespace: Array<string>;
};

/** `extensions.code` of every error. `extensions.retryable` says whether the same request may succeed later. */
export type ErrorCode =
  /** The process died MAX_ATTEMPTS times in a row while it executed this run, without a new checkpoint. */
  | 'ATTEMPTS_EXHAUSTED'
  /** The session did not settle in time; it goes on. Retryable. */
  | 'AWAIT_TIMEOUT'
  /** A store or service cannot be reached now. Retryable. */
  | 'BACKEND_UNAVAILABLE'
  /** The session has no such checkpoint. */
  | 'CHECKPOINT_NOT_FOUND'
  /** The caller may not do this. */
  | 'FORBIDDEN'
  /** The document is not GraphQL. */
  | 'GRAPHQL_PARSE_FAILED'
  /** The document or its variables do not fit the schema, or ask for too much. */
  | 'GRAPHQL_VALIDATION_FAILED'
  /** The graph no longer has the node to run next. The answers are kept: once the graph has it again, continue the session to apply them. */
  | 'GRAPH_CHANGED'
  /** The graph threw. */
  | 'GRAPH_ERROR'
  /** langgraph.json names no such graph. */
  | 'GRAPH_NOT_FOUND'
  /** The key was used before with other arguments. */
  | 'IDEMPOTENCY_CONFLICT'
  /** A fault of the gateway or of a program that it called; it was logged. */
  | 'INTERNAL'
  /** The answers do not fit the pending interrupts; extensions.pendingInterruptIds lists them. */
  | 'INTERRUPT_MISMATCH'
  /** The message names the field. */
  | 'INVALID_INPUT'
  /** More than there may be at once; the message names the setting. */
  | 'LIMIT_EXCEEDED'
  /** No document has this id; send the document. */
  | 'PERSISTED_QUERY_NOT_FOUND'
  /** The gateway does not learn documents by their hash (APQ); send the document. */
  | 'PERSISTED_QUERY_NOT_SUPPORTED'
  /** Too many requests; `extensions.retryAfter` says in how many seconds. Retryable. */
  | 'RATE_LIMITED'
  /** The graph took more steps than it may. */
  | 'RECURSION_LIMIT'
  /** No such run, or not the caller's. */
  | 'RUN_NOT_FOUND'
  /** A newer attempt owns the session; this one's writes were refused. */
  | 'RUN_SUPERSEDED'
  /** The attempt took longer than RUN_TIMEOUT. */
  | 'RUN_TIMEOUT'
  /** Other work is queued or running, and `onBusy` is REJECT. Retryable. */
  | 'SESSION_BUSY'
  /** No such session, or not the caller's: the two are not told apart. */
  | 'SESSION_NOT_FOUND'
  /** This process stops; another one answers. Retryable. */
  | 'SHUTTING_DOWN'
  /** `expectedCheckpointId` is no longer the newest. */
  | 'STALE_CHECKPOINT'
  /** It is not known who is calling. 401; a socket is closed with 4403. */
  | 'UNAUTHENTICATED';

/**
 * Of a running session: its newest stored checkpoint with the finished tasks' writes; of one without a checkpoint: CHECKPOINT_NOT_FOUND.
 * A fork inherits owner, graph, configurable and metadata, and its log starts with CheckpointSaved (source FORK).
 */
export type ForkSessionInput = {
  /** The newest when left out. */
  checkpointId?: string | number | null | undefined;
  /** The same key from the same user returns the first answer; kept for the session's life, for each mutation by itself. */
  idempotencyKey?: string | null | undefined;
  /** At most 64 keys of at most 128 characters, and 64 KiB of JSON. */
  metadata?: unknown;
  /** The `id` of the session. */
  sessionId: string | number;
  /** Seconds to live after the last activity; the server's SESSION_TTL when left out. */
  ttlSeconds?: number | null | undefined;
};

/** A graph with its input. Give the one field that belongs to the graph. */
export type GraphInput =
  {   /** Input of graph "chat". */
  chat: ChatInput; json?: never; repoAudit?: never; }
  |  { chat?: never;   /** Any graph with JSON, for a variable of this type. */
  json: JsonGraphInput; repoAudit?: never; }
  |  { chat?: never; json?: never;   /** Input of graph "repo-audit". */
  repoAudit: RepoAuditInput; };

/** The call to make in its place. */
export type HitlAnswerDecisionEditEditedActionInput = {
  /** Arguments by their names. */
  args?: unknown;
  /** The tool. */
  name: string;
};

/** Another call is made in its place. */
export type HitlAnswerDecisionEditInput = {
  /** The call to make in its place. */
  editedAction: HitlAnswerDecisionEditEditedActionInput;
};

/** `hitl.decisions[]` of LangChain's human-in-the-loop middleware. */
export type HitlAnswerDecisionInput =
  {   /** The call is made as it is. */
  approve: boolean; edit?: never; reject?: never; }
  |  { approve?: never;   /** Another call is made in its place. */
  edit: HitlAnswerDecisionEditInput; reject?: never; }
  |  { approve?: never; edit?: never;   /** The call is not made. */
  reject: HitlAnswerDecisionRejectInput; };

/** The call is not made. */
export type HitlAnswerDecisionRejectInput = {
  /** What the model is told. */
  message?: string | null | undefined;
};

/** Answers a question of LangChain's human-in-the-loop middleware. */
export type HitlAnswerInput = {
  /** One for each of `actionRequests`, in their order. */
  decisions: Array<HitlAnswerDecisionInput>;
};

/** The action as edited. */
export type HumanInterruptAnswerEditArgsInput = {
  /** What is to be done. */
  action: string;
  /** Arguments by their names. */
  args?: unknown;
};

/** Accepts the action with changes. */
export type HumanInterruptAnswerEditInput = {
  /** The action as edited. */
  args: HumanInterruptAnswerEditArgsInput;
};

/** `humanInterrupt[]` of LangGraph's `HumanInterrupt`. */
export type HumanInterruptAnswerInput =
  {   /** Accepts the action unchanged. */
  accept: boolean; edit?: never; ignore?: never; response?: never; }
  |  { accept?: never;   /** Accepts the action with changes. */
  edit: HumanInterruptAnswerEditInput; ignore?: never; response?: never; }
  |  { accept?: never; edit?: never;   /** Ignores the request. */
  ignore: boolean; response?: never; }
  |  { accept?: never; edit?: never; ignore?: never;   /** Responds in words. */
  response: HumanInterruptAnswerResponseInput; };

/** Responds in words. */
export type HumanInterruptAnswerResponseInput = {
  /** The words. */
  args: string;
};

/** An answer to a question. */
export type InterruptAnswer = {
  /** A typed answer, in the place of `value`. It must answer the question that is open. */
  answer?: AnswerValue | null | undefined;
  /** The `interruptId` of the question. */
  interruptId: string | number;
  /** What interrupt() returns in the graph; null when left out. Checked against `responseSchema`, or against what the graph declares. */
  value?: unknown;
};

/** The input of any graph. */
export type JsonGraphInput = {
  /** May be left out where langgraph.json names one graph. */
  graphId?: string | number | null | undefined;
  /** The graph's input: an object with keys of its state. */
  input: unknown;
};

/** Who wrote a message. */
export type MessageRole =
  /** A model wrote it. */
  | 'AI'
  /** A person wrote it. */
  | 'HUMAN'
  /** Anything else, such as a role of a provider’s own. */
  | 'OTHER'
  /** Instructions to the model. */
  | 'SYSTEM'
  /** What a tool gave back. */
  | 'TOOL';

/** What `putStoreItem` takes. */
export type PutStoreItemInput = {
  /** 1 to 1024 bytes. */
  key: string;
  /** 1 to 20 parts, 1024 bytes in all. */
  namespace: Array<string>;
  /** How long the item lives after its last change. Left out: as `store.ttl` of langgraph.json says; null: for ever. */
  ttlSeconds?: number | null | undefined;
  /** A JSON object. */
  value: unknown;
};

/** The `publish`. */
export type RepoAuditExcludeInput = {
  /** The folders that the next audit leaves out. */
  exclude: Array<string>;
};

/** The input of graph "repo-audit". */
export type RepoAuditInput = {
  /** Top-level folders to leave out; "." is the files beside them. `[]` when left out. */
  exclude?: Array<string> | null | undefined;
  /** The directory to audit, inside AUDIT_ROOT. `"."` when left out. */
  path?: string | null | undefined;
  /** A few words for the report's heading. `""` when left out. */
  task?: string | null | undefined;
};

/** `publish` of graph "repo-audit". */
export type RepoAuditPublishAnswerInput =
  {   /** The `publish`. */
  approve: boolean; exclude?: never; }
  |  { approve?: never;   /** The `publish`. */
  exclude: RepoAuditExcludeInput; };

/**
 * At most one of message, input and answers.
 * - message, input: new work from the graph's start; open questions are dropped. `message` goes where `task` goes.
 * - answers: only to questions that are open now, or to the one that was open before the state was edited by hand. With some left open, the graph asks those again: side effects before their
 *   interrupt() repeat. While busy: INTERRUPT_MISMATCH.
 * - none: goes on after a failure, a cancel, a fork or an edit. With open questions: INTERRUPT_MISMATCH; with nothing next: INVALID_INPUT.
 * checkpointId and expectedCheckpointId are checked at acceptance; with ENQUEUE while busy they are INVALID_INPUT.
 */
export type ResumeSessionInput = {
  /** Answers to open questions, each by its `interruptId`. */
  answers?: Array<InterruptAnswer> | null | undefined;
  /** Start from this earlier checkpoint instead of the newest (a branch within the session). */
  checkpointId?: string | number | null | undefined;
  /** Laid over the session's own, for this run. */
  configurable?: unknown;
  /** LangGraph's runtime context, laid over the session's own, for this run. */
  context?: unknown;
  /** Refuse with STALE_CHECKPOINT unless this is the newest checkpoint. */
  expectedCheckpointId?: string | number | null | undefined;
  /** LangGraph's Command.goto: nodes that run next, too. With `answers` to all open questions. */
  goto?: Array<string> | null | undefined;
  /** Typed input for the session's own graph, in the place of `input`. Of another graph it is INVALID_INPUT. */
  graph?: GraphInput | null | undefined;
  /** The same key from the same user returns the first answer; kept for the session's life, for each mutation by itself. */
  idempotencyKey?: string | null | undefined;
  /** The graph's input: an object with keys of its state. */
  input?: unknown;
  /** The run stops after these nodes, INTERRUPTED without a question. They replace those that the graph was compiled with; `*` is every node. */
  interruptAfter?: Array<string> | null | undefined;
  /** The run stops before these nodes, INTERRUPTED without a question. They replace those that the graph was compiled with; `*` is every node. */
  interruptBefore?: Array<string> | null | undefined;
  /** Plain words: a human message for a graph with `messages`, else the state key `task`. */
  message?: string | null | undefined;
  /** What happens while other work is queued or running. */
  onBusy?: BusyPolicy;
  /** LangGraph's recursionLimit for this run; the session's when left out. At most MAX_STEPS. */
  recursionLimit?: number | null | undefined;
  /** Part of config.metadata in the graph, and of traces. At most 64 keys of at most 128 characters, and 64 KiB of JSON. */
  runMetadata?: unknown;
  /** The `id` of the session. */
  sessionId: string | number;
  /** Part of config.tags in the graph, and of traces. At most 32, of at most 128 characters. */
  tags?: Array<string> | null | undefined;
  /** LangGraph's Command.update, written in the same step as `answers`, which must answer all open questions. */
  values?: unknown;
  /** The same as `message`, `input`, `graph` and `answers`, so that a client’s types ask for one of them. */
  work?: ResumeWork | null | undefined;
};

/** What a session goes on with. Give one of its fields. */
export type ResumeWork =
  {   /** Answers to open questions, each by its `interruptId`. */
  answers: Array<InterruptAnswer>; graph?: never; input?: never; message?: never; }
  |  { answers?: never;   /** Typed input for the session's own graph. */
  graph: GraphInput; input?: never; message?: never; }
  |  { answers?: never; graph?: never;   /** The graph's input: an object with keys of its state. */
  input: unknown; message?: never; }
  |  { answers?: never; graph?: never; input?: never;   /** Plain words: a human message for a graph with `messages`, else the state key `task`. */
  message: string; };

/** What a run was given. */
export type RunKind =
  /** `answers` to questions. */
  | 'ANSWERS'
  /** Nothing: it went on from where the session stood. */
  | 'CONTINUE'
  /** An `input`. */
  | 'INPUT'
  /** A `message`. */
  | 'MESSAGE'
  /** The first input of the session. */
  | 'START';

/** Where a run stands. */
export type RunStatus =
  /** It was cancelled, or replaced by other work. */
  | 'CANCELLED'
  /** It failed; `error` says why. */
  | 'FAILED'
  /** It asked and ended there, or stopped at a breakpoint. */
  | 'INTERRUPTED'
  /** It waits for a worker. */
  | 'QUEUED'
  /** A worker executes it. */
  | 'RUNNING'
  /** It came to its end. */
  | 'SUCCEEDED';

/** Which sessions are listed: those that fit all of it. */
export type SessionFilter = {
  /** Only forks of this session. */
  forkedFromSessionId?: string | number | null | undefined;
  /** Only those of this graph. */
  graphId?: string | number | null | undefined;
  /** Top-level metadata keys with these scalar values, all of them. */
  metadata?: unknown;
  /** Only those in one of these. */
  status?: Array<SessionStatus> | null | undefined;
};

/** What a list of sessions is ordered by, the newest first. */
export type SessionOrder =
  /** When they were made. */
  | 'CREATED_AT'
  /** When something last happened to them. */
  | 'UPDATED_AT';

/** What a session is doing, or how its last run ended. */
export type SessionStatus =
  /** The last run was cancelled. */
  | 'CANCELLED'
  /** The last run failed; `latestRun.error` says why. */
  | 'FAILED'
  /** No run of its own yet (a fork), or edited since the last one; `next` says whether it can go on. */
  | 'IDLE'
  /** Waits for answers to `interrupts`, or stopped at a breakpoint. */
  | 'INTERRUPTED'
  /** Work waits for a worker. */
  | 'QUEUED'
  /** A worker executes a run. */
  | 'RUNNING'
  /** The last run came to its end. */
  | 'SUCCEEDED';

/** What `startSession` takes. */
export type StartSessionInput = {
  /** Values the graph reads from config.configurable; reserved keys are refused. `run_id` and `graph_id` are set by the gateway. */
  configurable?: unknown;
  /** LangGraph's runtime context, checked against the graph's context schema; `{}` when left out. Kept for later runs of the session. */
  context?: unknown;
  /** A graph and its typed input, in the place of `graphId`, `input` and `task`. */
  graph?: GraphInput | null | undefined;
  /** May be left out where langgraph.json names one graph. */
  graphId?: string | number | null | undefined;
  /** The same key from the same user returns the first answer instead of a second session; kept for the session's life, for each mutation by itself. */
  idempotencyKey?: string | null | undefined;
  /** The graph's input: an object with keys of its state. Give this or `task`. */
  input?: unknown;
  /** The run stops after these nodes, INTERRUPTED without a question. They replace those that the graph was compiled with; `*` is every node. */
  interruptAfter?: Array<string> | null | undefined;
  /** The run stops before these nodes, INTERRUPTED without a question. They replace those that the graph was compiled with; `*` is every node. */
  interruptBefore?: Array<string> | null | undefined;
  /** At most 64 keys of at most 128 characters, and 64 KiB of JSON. */
  metadata?: unknown;
  /** LangGraph's recursionLimit (25 when left out); at most the server's MAX_STEPS. */
  recursionLimit?: number | null | undefined;
  /** Part of config.metadata in the graph, and of traces. At most 64 keys of at most 128 characters, and 64 KiB of JSON. */
  runMetadata?: unknown;
  /** Part of config.tags in the graph, and of traces. At most 32, of at most 128 characters. */
  tags?: Array<string> | null | undefined;
  /** Plain words: a human message for a graph with `messages`, else the state key `task`. Give this or `input`. */
  task?: string | null | undefined;
  /** Seconds to live after the last activity; the server's SESSION_TTL when left out. */
  ttlSeconds?: number | null | undefined;
  /** The same as `task`, `input` and `graph`, so that a client’s types ask for one of them. */
  work?: StartWork | null | undefined;
};

/** What a session begins with. Give one of its fields. */
export type StartWork =
  {   /** A graph and its typed input. */
  graph: GraphInput; input?: never; task?: never; }
  |  { graph?: never;   /** The graph's input: an object with keys of its state. */
  input: unknown; task?: never; }
  |  { graph?: never; input?: never;   /** Plain words: a human message for a graph with `messages`, else the state key `task`. */
  task: string; };

/** What `updateSession` takes. */
export type UpdateSessionInput = {
  /** At most 64 keys of at most 128 characters, and 64 KiB of JSON. */
  metadata?: unknown;
  /** The `id` of the session. */
  sessionId: string | number;
  /** The words that the session is called by. */
  task?: string | null | undefined;
};

/** What `updateSessionState` takes. */
export type UpdateSessionStateInput = {
  /** The node in whose name the values are written. */
  asNode?: string | null | undefined;
  /** The checkpoint to edit from; the newest when left out. */
  checkpointId?: string | number | null | undefined;
  /** Refuse with STALE_CHECKPOINT unless this is the newest checkpoint. */
  expectedCheckpointId?: string | number | null | undefined;
  /** Edits the state of the subgraph with this checkpoint namespace. The session is IDLE afterwards, as after any edit. */
  namespace?: string | null | undefined;
  /** The `id` of the session. */
  sessionId: string | number;
  /** Keys of the state with what is written to them, through their reducers. */
  values: unknown;
};

export type DemoStartMutationVariables = Exact<{
  input: StartSessionInput;
}>;


export type DemoStartMutation = { startSession: { session: { id: string, cursor: string } } };

type DemoEvent_CheckpointSaved_Fragment = { __typename: 'CheckpointSaved' };

type DemoEvent_CustomProgress_Fragment = { __typename: 'CustomProgress', payload: unknown };

type DemoEvent_InterruptsRaised_Fragment = { __typename: 'InterruptsRaised', interrupts: Array<{ interruptId: string, question:
      | { question: string }
      | Record<PropertyKey, never>
     }> };

type DemoEvent_MessageDelta_Fragment = { __typename: 'MessageDelta' };

type DemoEvent_NodeFinished_Fragment = { __typename: 'NodeFinished', node: string };

type DemoEvent_NodeStarted_Fragment = { __typename: 'NodeStarted' };

type DemoEvent_ProgressGap_Fragment = { __typename: 'ProgressGap' };

type DemoEvent_RunStatusChanged_Fragment = { __typename: 'RunStatusChanged', status: RunStatus, error: { message: string } | null };

type DemoEvent_SessionSnapshot_Fragment = { __typename: 'SessionSnapshot' };

export type DemoEventFragment =
  | DemoEvent_CheckpointSaved_Fragment
  | DemoEvent_CustomProgress_Fragment
  | DemoEvent_InterruptsRaised_Fragment
  | DemoEvent_MessageDelta_Fragment
  | DemoEvent_NodeFinished_Fragment
  | DemoEvent_NodeStarted_Fragment
  | DemoEvent_ProgressGap_Fragment
  | DemoEvent_RunStatusChanged_Fragment
  | DemoEvent_SessionSnapshot_Fragment
;

export type DemoAnswerMutationVariables = Exact<{
  id: string | number;
  interruptId: string | number;
  answer: AnswerValue;
}>;


export type DemoAnswerMutation = { resumeSession: { run: { id: string } } };

export type DemoReportQueryVariables = Exact<{
  id: string | number;
}>;


export type DemoReportQuery = { session: { status: SessionStatus, state:
      | { report: string | null }
      | Record<PropertyKey, never>
     | null } | null };

export type LiveStartMutationVariables = Exact<{ [key: string]: never; }>;


export type LiveStartMutation = { startSession: { session: { id: string, cursor: string } } };

export type LiveAnswerMutationVariables = Exact<{
  id: string | number;
  interruptId: string | number;
  answer: AnswerValue;
}>;


export type LiveAnswerMutation = { resumeSession: { run: { id: string } } };

export type LiveReportQueryVariables = Exact<{
  id: string | number;
}>;


export type LiveReportQuery = { session: { state:
      | { report: string | null }
      | Record<PropertyKey, never>
     | null } | null };

type LiveEvent_CheckpointSaved_Fragment = { __typename: 'CheckpointSaved', step: number, next: Array<string> };

type LiveEvent_CustomProgress_Fragment = { __typename: 'CustomProgress', payload: unknown };

type LiveEvent_InterruptsRaised_Fragment = { __typename: 'InterruptsRaised', interrupts: Array<{ interruptId: string, question:
      | { question: string, report: string }
      | Record<PropertyKey, never>
     }> };

type LiveEvent_MessageDelta_Fragment = { __typename: 'MessageDelta' };

type LiveEvent_NodeFinished_Fragment = { __typename: 'NodeFinished', node: string };

type LiveEvent_NodeStarted_Fragment = { __typename: 'NodeStarted' };

type LiveEvent_ProgressGap_Fragment = { __typename: 'ProgressGap' };

type LiveEvent_RunStatusChanged_Fragment = { __typename: 'RunStatusChanged', status: RunStatus, error: { message: string } | null };

type LiveEvent_SessionSnapshot_Fragment = { __typename: 'SessionSnapshot' };

export type LiveEventFragment =
  | LiveEvent_CheckpointSaved_Fragment
  | LiveEvent_CustomProgress_Fragment
  | LiveEvent_InterruptsRaised_Fragment
  | LiveEvent_MessageDelta_Fragment
  | LiveEvent_NodeFinished_Fragment
  | LiveEvent_NodeStarted_Fragment
  | LiveEvent_ProgressGap_Fragment
  | LiveEvent_RunStatusChanged_Fragment
  | LiveEvent_SessionSnapshot_Fragment
;

export type AuditStartMutationVariables = Exact<{
  audit: RepoAuditInput;
}>;


export type AuditStartMutation = { startSession: { session: { id: string } } };

export type AuditSettledQueryVariables = Exact<{
  id: string | number;
}>;


export type AuditSettledQuery = { awaitSession: { status: SessionStatus, interrupts: Array<{ interruptId: string, question:
        | { __typename: 'HITLQuestion' }
        | { __typename: 'HumanInterruptQuestion' }
        | { __typename: 'JsonQuestion' }
        | { __typename: 'RepoAuditPublishQuestion', question: string, folders: Array<string> }
       }>, state:
      | { __typename: 'ChatState' }
      | { __typename: 'JsonState' }
      | { __typename: 'RepoAuditState', report: string | null, audits: Array<{ folder: string, findings: Array<{ file: string, line: number, note: string }> }> | null }
     | null } };

export type AuditAnswerMutationVariables = Exact<{
  id: string | number;
  interruptId: string | number;
  answer: RepoAuditPublishAnswerInput;
}>;


export type AuditAnswerMutation = { resumeSession: { run: { id: string } } };

export type DefaultEventsSubscriptionVariables = Exact<{
  sessionId: string | number;
}>;


export type DefaultEventsSubscription = { sessionProgress:
    | { __typename: 'CheckpointSaved', namespace: string, step: number, source: CheckpointSource, next: Array<string>, changedKeys: Array<string>, checkpointId: string, sequence: number, cursor: string, sessionId: string, runId: string | null, at: string }
    | { __typename: 'CustomProgress', namespace: string, node: string, payload: unknown, sequence: number, cursor: string, sessionId: string, runId: string | null, at: string }
    | { __typename: 'InterruptsRaised', sequence: number, cursor: string, sessionId: string, runId: string | null, at: string, interrupts: Array<{ interruptId: string, value: unknown, responseSchema: unknown, node: string, namespace: string }> }
    | { __typename: 'MessageDelta', namespace: string, node: string, messageId: string, role: MessageRole, offset: number, text: string, sequence: number, cursor: string, sessionId: string, runId: string | null, at: string }
    | { __typename: 'NodeFinished', namespace: string, node: string, sequence: number, cursor: string, sessionId: string, runId: string | null, at: string, error: { code: ErrorCode, message: string, node: string | null } | null }
    | { __typename: 'NodeStarted', namespace: string, node: string, sequence: number, cursor: string, sessionId: string, runId: string | null, at: string }
    | { __typename: 'ProgressGap', requestedAfter: string, sequence: number, cursor: string, sessionId: string, runId: string | null, at: string }
    | { __typename: 'RunStatusChanged', status: RunStatus, sessionStatus: SessionStatus, attempt: number, sequence: number, cursor: string, sessionId: string, runId: string | null, at: string, error: { code: ErrorCode, message: string, node: string | null } | null }
    | { __typename: 'SessionSnapshot', sequence: number, cursor: string, sessionId: string, runId: string | null, at: string, session: { status: SessionStatus, next: Array<string> } }
   };

type WatchedStep_CheckpointSaved_Fragment = { __typename: 'CheckpointSaved', step: number };

type WatchedStep_CustomProgress_Fragment = { __typename: 'CustomProgress' };

type WatchedStep_InterruptsRaised_Fragment = { __typename: 'InterruptsRaised' };

type WatchedStep_MessageDelta_Fragment = { __typename: 'MessageDelta' };

type WatchedStep_NodeFinished_Fragment = { __typename: 'NodeFinished' };

type WatchedStep_NodeStarted_Fragment = { __typename: 'NodeStarted' };

type WatchedStep_ProgressGap_Fragment = { __typename: 'ProgressGap' };

type WatchedStep_RunStatusChanged_Fragment = { __typename: 'RunStatusChanged' };

type WatchedStep_SessionSnapshot_Fragment = { __typename: 'SessionSnapshot' };

export type WatchedStepFragment =
  | WatchedStep_CheckpointSaved_Fragment
  | WatchedStep_CustomProgress_Fragment
  | WatchedStep_InterruptsRaised_Fragment
  | WatchedStep_MessageDelta_Fragment
  | WatchedStep_NodeFinished_Fragment
  | WatchedStep_NodeStarted_Fragment
  | WatchedStep_ProgressGap_Fragment
  | WatchedStep_RunStatusChanged_Fragment
  | WatchedStep_SessionSnapshot_Fragment
;

export type StartMutationVariables = Exact<{
  input: StartSessionInput;
}>;


export type StartMutation = { startSession: { session: { id: string, status: SessionStatus, cursor: string, expiresAt: string | null }, run: { id: string, kind: RunKind, status: RunStatus, attempt: number } } };

export type ResumeMutationVariables = Exact<{
  input: ResumeSessionInput;
}>;


export type ResumeMutation = { resumeSession: { session: { id: string, status: SessionStatus }, run: { id: string, kind: RunKind, status: RunStatus, input: unknown } } };

export type AwaitQueryVariables = Exact<{
  id: string | number;
  timeoutSeconds: number;
}>;


export type AwaitQuery = { awaitSession: { id: string, status: SessionStatus, task: string | null, metadata: unknown, next: Array<string>, values: unknown, cursor: string, expiresAt: string | null, namespaces: Array<string>, interrupts: Array<{ id: string, interruptId: string, value: unknown, node: string, namespace: string }>, checkpoint: { checkpointId: string, step: number, source: CheckpointSource } | null, latestRun: { id: string, kind: RunKind, status: RunStatus, attempt: number, error: { code: ErrorCode, message: string, node: string | null, causes: Array<{ code: ErrorCode, message: string, node: string | null }> } | null } | null } };

export type StateFragment = { id: string, status: SessionStatus, task: string | null, metadata: unknown, next: Array<string>, values: unknown, cursor: string, expiresAt: string | null, namespaces: Array<string>, interrupts: Array<{ id: string, interruptId: string, value: unknown, node: string, namespace: string }>, checkpoint: { checkpointId: string, step: number, source: CheckpointSource } | null, latestRun: { id: string, kind: RunKind, status: RunStatus, attempt: number, error: { code: ErrorCode, message: string, node: string | null, causes: Array<{ code: ErrorCode, message: string, node: string | null }> } | null } | null };

export type LookQueryVariables = Exact<{
  id: string | number;
}>;


export type LookQuery = { session: { id: string, status: SessionStatus, task: string | null, metadata: unknown, next: Array<string>, values: unknown, cursor: string, expiresAt: string | null, namespaces: Array<string>, interrupts: Array<{ id: string, interruptId: string, value: unknown, node: string, namespace: string }>, checkpoint: { checkpointId: string, step: number, source: CheckpointSource } | null, latestRun: { id: string, kind: RunKind, status: RunStatus, attempt: number, error: { code: ErrorCode, message: string, node: string | null, causes: Array<{ code: ErrorCode, message: string, node: string | null }> } | null } | null } | null };

export type HistoryQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: CheckpointFilter | null | undefined;
}>;


export type HistoryQuery = { checkpoints: { nodes: Array<{ id: string, checkpointId: string, parentCheckpointId: string | null, namespace: string, step: number, source: CheckpointSource, next: Array<string>, values: unknown, changedKeys: Array<string>, createdAt: string, metadata: unknown, runId: string | null, only: unknown, interrupts: Array<{ interruptId: string }> }>, edges: Array<{ cursor: string }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } | null };

export type RunsQueryVariables = Exact<{
  id: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
  status?: Array<RunStatus> | RunStatus | null | undefined;
}>;


export type RunsQuery = { session: { runs: { nodes: Array<{ id: string, kind: RunKind, status: RunStatus, input: unknown, attempt: number }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null };

export type SessionsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: SessionFilter | null | undefined;
  orderBy?: SessionOrder | null | undefined;
}>;


export type SessionsQuery = { sessions: { nodes: Array<{ id: string, status: SessionStatus, metadata: unknown }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, endCursor: string | null } } };

export type SavedSubscriptionVariables = Exact<{
  id: string | number;
  after: string;
}>;


export type SavedSubscription = { sessionProgress:
    | { checkpointId: string, checkpoint: { checkpointId: string, values: unknown } | null }
    | Record<PropertyKey, never>
   };

export type ForkMutationVariables = Exact<{
  input: ForkSessionInput;
}>;


export type ForkMutation = { forkSession: { session: { id: string, status: SessionStatus, task: string | null, metadata: unknown, next: Array<string>, values: unknown, cursor: string, expiresAt: string | null, namespaces: Array<string>, forkedFrom: { sessionId: string, checkpointId: string, session: { id: string } | null } | null, interrupts: Array<{ id: string, interruptId: string, value: unknown, node: string, namespace: string }>, checkpoint: { checkpointId: string, step: number, source: CheckpointSource } | null, latestRun: { id: string, kind: RunKind, status: RunStatus, attempt: number, error: { code: ErrorCode, message: string, node: string | null, causes: Array<{ code: ErrorCode, message: string, node: string | null }> } | null } | null } } };

export type EditMutationVariables = Exact<{
  input: UpdateSessionStateInput;
}>;


export type EditMutation = { updateSessionState: { session: { id: string, status: SessionStatus, task: string | null, metadata: unknown, next: Array<string>, values: unknown, cursor: string, expiresAt: string | null, namespaces: Array<string>, interrupts: Array<{ id: string, interruptId: string, value: unknown, node: string, namespace: string }>, checkpoint: { checkpointId: string, step: number, source: CheckpointSource } | null, latestRun: { id: string, kind: RunKind, status: RunStatus, attempt: number, error: { code: ErrorCode, message: string, node: string | null, causes: Array<{ code: ErrorCode, message: string, node: string | null }> } | null } | null }, checkpoint: { checkpointId: string, source: CheckpointSource, step: number, changedKeys: Array<string> } } };

export type UpdateMutationVariables = Exact<{
  input: UpdateSessionInput;
}>;


export type UpdateMutation = { updateSession: { session: { id: string, status: SessionStatus, task: string | null, metadata: unknown, next: Array<string>, values: unknown, cursor: string, expiresAt: string | null, namespaces: Array<string>, interrupts: Array<{ id: string, interruptId: string, value: unknown, node: string, namespace: string }>, checkpoint: { checkpointId: string, step: number, source: CheckpointSource } | null, latestRun: { id: string, kind: RunKind, status: RunStatus, attempt: number, error: { code: ErrorCode, message: string, node: string | null, causes: Array<{ code: ErrorCode, message: string, node: string | null }> } | null } | null } } };

export type CancelMutationVariables = Exact<{
  id: string | number;
}>;


export type CancelMutation = { cancelSession: { session: { id: string, status: SessionStatus, task: string | null, metadata: unknown, next: Array<string>, values: unknown, cursor: string, expiresAt: string | null, namespaces: Array<string>, interrupts: Array<{ id: string, interruptId: string, value: unknown, node: string, namespace: string }>, checkpoint: { checkpointId: string, step: number, source: CheckpointSource } | null, latestRun: { id: string, kind: RunKind, status: RunStatus, attempt: number, error: { code: ErrorCode, message: string, node: string | null, causes: Array<{ code: ErrorCode, message: string, node: string | null }> } | null } | null }, run: { id: string, status: RunStatus } | null } };

export type DeleteMutationVariables = Exact<{
  id: string | number;
}>;


export type DeleteMutation = { deleteSession: { deletedSessionId: string } };

export type ExtendMutationVariables = Exact<{
  id: string | number;
  ttlSeconds?: number | null | undefined;
}>;


export type ExtendMutation = { extendSession: { session: { id: string, expiresAt: string | null } } };

export type WatchSubscriptionVariables = Exact<{
  id: string | number;
  after?: string | null | undefined;
  untilSettled: boolean;
}>;


export type WatchSubscription = { sessionProgress:
    | { namespace: string, step: number, source: CheckpointSource, next: Array<string>, changedKeys: Array<string>, checkpointId: string, sequence: number, cursor: string, at: string, runId: string | null, type: 'CheckpointSaved' }
    | { node: string, payload: unknown, sequence: number, cursor: string, at: string, runId: string | null, type: 'CustomProgress' }
    | { sequence: number, cursor: string, at: string, runId: string | null, type: 'InterruptsRaised', interrupts: Array<{ interruptId: string, value: unknown }> }
    | { namespace: string, node: string, messageId: string, offset: number, text: string, sequence: number, cursor: string, at: string, runId: string | null, type: 'MessageDelta' }
    | { namespace: string, node: string, sequence: number, cursor: string, at: string, runId: string | null, type: 'NodeFinished', error: { code: ErrorCode, message: string } | null }
    | { namespace: string, node: string, sequence: number, cursor: string, at: string, runId: string | null, type: 'NodeStarted' }
    | { requestedAfter: string, sequence: number, cursor: string, at: string, runId: string | null, type: 'ProgressGap' }
    | { status: RunStatus, sessionStatus: SessionStatus, attempt: number, sequence: number, cursor: string, at: string, runId: string | null, type: 'RunStatusChanged', error: { code: ErrorCode, message: string, node: string | null, causes: Array<{ code: ErrorCode, message: string, node: string | null }> } | null }
    | { sequence: number, cursor: string, at: string, runId: string | null, type: 'SessionSnapshot', session: { status: SessionStatus, next: Array<string> } }
   };

export type GraphsQueryVariables = Exact<{ [key: string]: never; }>;


export type GraphsQuery = { graphs: Array<{ id: string, description: string | null, nodes: Array<string>, mermaid: string, inputSchema: unknown, stateSchema: unknown }> };

export type RunOptionsQueryVariables = Exact<{
  id: string | number;
}>;


export type RunOptionsQuery = { run: { metadata: unknown, tags: Array<string> } | null };

export type SchemasQueryVariables = Exact<{ [key: string]: never; }>;


export type SchemasQuery = { graphs: Array<{ id: string, inputSchema: unknown, stateSchema: unknown, outputSchema: unknown, contextSchema: unknown }> };

export type CancelRunMutationVariables = Exact<{
  id: string | number;
}>;


export type CancelRunMutation = { cancelRun: { session: { id: string, status: SessionStatus, task: string | null, metadata: unknown, next: Array<string>, values: unknown, cursor: string, expiresAt: string | null, namespaces: Array<string>, interrupts: Array<{ id: string, interruptId: string, value: unknown, node: string, namespace: string }>, checkpoint: { checkpointId: string, step: number, source: CheckpointSource } | null, latestRun: { id: string, kind: RunKind, status: RunStatus, attempt: number, error: { code: ErrorCode, message: string, node: string | null, causes: Array<{ code: ErrorCode, message: string, node: string | null }> } | null } | null }, run: { id: string, status: RunStatus } } };

export type StoreItemQueryVariables = Exact<{
  namespace: Array<string> | string;
  key: string;
}>;


export type StoreItemQuery = { storeItem: { namespace: Array<string>, key: string, value: unknown, createdAt: string, updatedAt: string } | null };

export type StoreItemsQueryVariables = Exact<{
  prefix: Array<string> | string;
  filter?: unknown;
  query?: string | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type StoreItemsQuery = { storeItems: { nodes: Array<{ namespace: Array<string>, key: string, value: unknown, score: number | null }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, endCursor: string | null } } };

export type StoreNamespacesQueryVariables = Exact<{
  prefix?: Array<string> | string | null | undefined;
  suffix?: Array<string> | string | null | undefined;
  maxDepth?: number | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type StoreNamespacesQuery = { storeNamespaces: { nodes: Array<Array<string>>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type PutStoreItemMutationVariables = Exact<{
  input: PutStoreItemInput;
}>;


export type PutStoreItemMutation = { putStoreItem: { item: { namespace: Array<string>, key: string, value: unknown, createdAt: string, updatedAt: string, score: number | null } } };

export type DeleteStoreItemMutationVariables = Exact<{
  input: DeleteStoreItemInput;
}>;


export type DeleteStoreItemMutation = { deleteStoreItem: { deletedNamespace: Array<string>, deletedKey: string } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const DemoEventFragmentDoc = new TypedDocumentString(`
    fragment DemoEvent on ProgressEvent {
  __typename
  ... on NodeFinished {
    node
  }
  ... on CustomProgress {
    payload
  }
  ... on RunStatusChanged {
    status
    error {
      message
    }
  }
  ... on InterruptsRaised {
    interrupts {
      interruptId
      question {
        ... on RepoAuditPublishQuestion {
          question
        }
      }
    }
  }
}
    `, {"fragmentName":"DemoEvent"}) as unknown as TypedDocumentString<DemoEventFragment, unknown>;
export const LiveEventFragmentDoc = new TypedDocumentString(`
    fragment LiveEvent on ProgressEvent {
  __typename
  ... on NodeFinished {
    node
  }
  ... on CheckpointSaved {
    step
    next
  }
  ... on CustomProgress {
    payload
  }
  ... on RunStatusChanged {
    status
    error {
      message
    }
  }
  ... on InterruptsRaised {
    interrupts {
      interruptId
      question {
        ... on RepoAuditPublishQuestion {
          question
          report
        }
      }
    }
  }
}
    `, {"fragmentName":"LiveEvent"}) as unknown as TypedDocumentString<LiveEventFragment, unknown>;
export const WatchedStepFragmentDoc = new TypedDocumentString(`
    fragment WatchedStep on ProgressEvent {
  __typename
  ... on CheckpointSaved {
    step
  }
}
    `, {"fragmentName":"WatchedStep"}) as unknown as TypedDocumentString<WatchedStepFragment, unknown>;
export const StateFragmentDoc = new TypedDocumentString(`
    fragment State on Session {
  id
  status
  task
  metadata
  next
  values
  cursor
  expiresAt
  namespaces
  interrupts {
    id
    interruptId
    value
    node
    namespace
  }
  checkpoint {
    checkpointId
    step
    source
  }
  latestRun {
    id
    kind
    status
    attempt
    error {
      code
      message
      node
      causes {
        code
        message
        node
      }
    }
  }
}
    `, {"fragmentName":"State"}) as unknown as TypedDocumentString<StateFragment, unknown>;
export const DemoStartDocument = new TypedDocumentString(`
    mutation DemoStart($input: StartSessionInput!) {
  startSession(input: $input) {
    session {
      id
      cursor
    }
  }
}
    `) as unknown as TypedDocumentString<DemoStartMutation, DemoStartMutationVariables>;
export const DemoAnswerDocument = new TypedDocumentString(`
    mutation DemoAnswer($id: ID!, $interruptId: ID!, $answer: AnswerValue!) {
  resumeSession(
    input: { sessionId: $id, answers: [{ interruptId: $interruptId, answer: $answer }] }
  ) {
    run {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<DemoAnswerMutation, DemoAnswerMutationVariables>;
export const DemoReportDocument = new TypedDocumentString(`
    query DemoReport($id: ID!) {
  session(id: $id) {
    status
    state {
      ... on RepoAuditState {
        report
      }
    }
  }
}
    `) as unknown as TypedDocumentString<DemoReportQuery, DemoReportQueryVariables>;
export const LiveStartDocument = new TypedDocumentString(`
    mutation LiveStart {
  startSession(input: { graph: { repoAudit: { path: "." } } }) {
    session {
      id
      cursor
    }
  }
}
    `) as unknown as TypedDocumentString<LiveStartMutation, LiveStartMutationVariables>;
export const LiveAnswerDocument = new TypedDocumentString(`
    mutation LiveAnswer($id: ID!, $interruptId: ID!, $answer: AnswerValue!) {
  resumeSession(
    input: { sessionId: $id, answers: [{ interruptId: $interruptId, answer: $answer }] }
  ) {
    run {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<LiveAnswerMutation, LiveAnswerMutationVariables>;
export const LiveReportDocument = new TypedDocumentString(`
    query LiveReport($id: ID!) {
  session(id: $id) {
    state {
      ... on RepoAuditState {
        report
      }
    }
  }
}
    `) as unknown as TypedDocumentString<LiveReportQuery, LiveReportQueryVariables>;
export const AuditStartDocument = new TypedDocumentString(`
    mutation AuditStart($audit: RepoAuditInput!) {
  startSession(input: { graph: { repoAudit: $audit } }) {
    session {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<AuditStartMutation, AuditStartMutationVariables>;
export const AuditSettledDocument = new TypedDocumentString(`
    query AuditSettled($id: ID!) {
  awaitSession(id: $id, timeoutSeconds: 60) {
    status
    interrupts {
      interruptId
      question {
        __typename
        ... on RepoAuditPublishQuestion {
          question
          folders
        }
      }
    }
    state {
      __typename
      ... on RepoAuditState {
        report
        audits {
          folder
          findings {
            file
            line
            note
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<AuditSettledQuery, AuditSettledQueryVariables>;
export const AuditAnswerDocument = new TypedDocumentString(`
    mutation AuditAnswer($id: ID!, $interruptId: ID!, $answer: RepoAuditPublishAnswerInput!) {
  resumeSession(
    input: {
      sessionId: $id
      answers: [{ interruptId: $interruptId, answer: { repoAuditPublish: $answer } }]
    }
  ) {
    run {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<AuditAnswerMutation, AuditAnswerMutationVariables>;
export const DefaultEventsDocument = new TypedDocumentString(`
    subscription DefaultEvents($sessionId: ID!) {
  sessionProgress(sessionId: $sessionId) {
    __typename
    sequence
    cursor
    sessionId
    runId
    at
    ... on SessionSnapshot {
      session {
        status
        next
      }
    }
    ... on ProgressGap {
      requestedAfter
    }
    ... on RunStatusChanged {
      status
      sessionStatus
      attempt
      error {
        code
        message
        node
      }
    }
    ... on CheckpointSaved {
      namespace
      step
      source
      next
      changedKeys
      checkpointId
    }
    ... on NodeStarted {
      namespace
      node
    }
    ... on NodeFinished {
      namespace
      node
      error {
        code
        message
        node
      }
    }
    ... on InterruptsRaised {
      interrupts {
        interruptId
        value
        responseSchema
        node
        namespace
      }
    }
    ... on MessageDelta {
      namespace
      node
      messageId
      role
      offset
      text
    }
    ... on CustomProgress {
      namespace
      node
      payload
    }
  }
}
    `) as unknown as TypedDocumentString<DefaultEventsSubscription, DefaultEventsSubscriptionVariables>;
export const StartDocument = new TypedDocumentString(`
    mutation Start($input: StartSessionInput!) {
  startSession(input: $input) {
    session {
      id
      status
      cursor
      expiresAt
    }
    run {
      id
      kind
      status
      attempt
    }
  }
}
    `) as unknown as TypedDocumentString<StartMutation, StartMutationVariables>;
export const ResumeDocument = new TypedDocumentString(`
    mutation Resume($input: ResumeSessionInput!) {
  resumeSession(input: $input) {
    session {
      id
      status
    }
    run {
      id
      kind
      status
      input
    }
  }
}
    `) as unknown as TypedDocumentString<ResumeMutation, ResumeMutationVariables>;
export const AwaitDocument = new TypedDocumentString(`
    query Await($id: ID!, $timeoutSeconds: Int!) {
  awaitSession(id: $id, timeoutSeconds: $timeoutSeconds) {
    ...State
  }
}
    fragment State on Session {
  id
  status
  task
  metadata
  next
  values
  cursor
  expiresAt
  namespaces
  interrupts {
    id
    interruptId
    value
    node
    namespace
  }
  checkpoint {
    checkpointId
    step
    source
  }
  latestRun {
    id
    kind
    status
    attempt
    error {
      code
      message
      node
      causes {
        code
        message
        node
      }
    }
  }
}`) as unknown as TypedDocumentString<AwaitQuery, AwaitQueryVariables>;
export const LookDocument = new TypedDocumentString(`
    query Look($id: ID!) {
  session(id: $id) {
    ...State
  }
}
    fragment State on Session {
  id
  status
  task
  metadata
  next
  values
  cursor
  expiresAt
  namespaces
  interrupts {
    id
    interruptId
    value
    node
    namespace
  }
  checkpoint {
    checkpointId
    step
    source
  }
  latestRun {
    id
    kind
    status
    attempt
    error {
      code
      message
      node
      causes {
        code
        message
        node
      }
    }
  }
}`) as unknown as TypedDocumentString<LookQuery, LookQueryVariables>;
export const HistoryDocument = new TypedDocumentString(`
    query History($id: ID!, $first: Int, $after: String, $filter: CheckpointFilter) {
  checkpoints(sessionId: $id, first: $first, after: $after, filter: $filter) {
    nodes {
      id
      checkpointId
      parentCheckpointId
      namespace
      step
      source
      next
      values
      only: values(keys: ["trail"])
      changedKeys
      createdAt
      metadata
      runId
      interrupts {
        interruptId
      }
    }
    edges {
      cursor
    }
    pageInfo {
      hasNextPage
      hasPreviousPage
      startCursor
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<HistoryQuery, HistoryQueryVariables>;
export const RunsDocument = new TypedDocumentString(`
    query Runs($id: ID!, $first: Int, $after: String, $status: [RunStatus!]) {
  session(id: $id) {
    runs(first: $first, after: $after, status: $status) {
      nodes {
        id
        kind
        status
        input
        attempt
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    `) as unknown as TypedDocumentString<RunsQuery, RunsQueryVariables>;
export const SessionsDocument = new TypedDocumentString(`
    query Sessions($first: Int, $after: String, $filter: SessionFilter, $orderBy: SessionOrder) {
  sessions(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    nodes {
      id
      status
      metadata
    }
    pageInfo {
      hasNextPage
      hasPreviousPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<SessionsQuery, SessionsQueryVariables>;
export const SavedDocument = new TypedDocumentString(`
    subscription Saved($id: ID!, $after: String!) {
  sessionProgress(sessionId: $id, after: $after, untilSettled: true) {
    ... on CheckpointSaved {
      checkpointId
      checkpoint {
        checkpointId
        values
      }
    }
  }
}
    `) as unknown as TypedDocumentString<SavedSubscription, SavedSubscriptionVariables>;
export const ForkDocument = new TypedDocumentString(`
    mutation Fork($input: ForkSessionInput!) {
  forkSession(input: $input) {
    session {
      ...State
      forkedFrom {
        sessionId
        checkpointId
        session {
          id
        }
      }
    }
  }
}
    fragment State on Session {
  id
  status
  task
  metadata
  next
  values
  cursor
  expiresAt
  namespaces
  interrupts {
    id
    interruptId
    value
    node
    namespace
  }
  checkpoint {
    checkpointId
    step
    source
  }
  latestRun {
    id
    kind
    status
    attempt
    error {
      code
      message
      node
      causes {
        code
        message
        node
      }
    }
  }
}`) as unknown as TypedDocumentString<ForkMutation, ForkMutationVariables>;
export const EditDocument = new TypedDocumentString(`
    mutation Edit($input: UpdateSessionStateInput!) {
  updateSessionState(input: $input) {
    session {
      ...State
    }
    checkpoint {
      checkpointId
      source
      step
      changedKeys
    }
  }
}
    fragment State on Session {
  id
  status
  task
  metadata
  next
  values
  cursor
  expiresAt
  namespaces
  interrupts {
    id
    interruptId
    value
    node
    namespace
  }
  checkpoint {
    checkpointId
    step
    source
  }
  latestRun {
    id
    kind
    status
    attempt
    error {
      code
      message
      node
      causes {
        code
        message
        node
      }
    }
  }
}`) as unknown as TypedDocumentString<EditMutation, EditMutationVariables>;
export const UpdateDocument = new TypedDocumentString(`
    mutation Update($input: UpdateSessionInput!) {
  updateSession(input: $input) {
    session {
      ...State
    }
  }
}
    fragment State on Session {
  id
  status
  task
  metadata
  next
  values
  cursor
  expiresAt
  namespaces
  interrupts {
    id
    interruptId
    value
    node
    namespace
  }
  checkpoint {
    checkpointId
    step
    source
  }
  latestRun {
    id
    kind
    status
    attempt
    error {
      code
      message
      node
      causes {
        code
        message
        node
      }
    }
  }
}`) as unknown as TypedDocumentString<UpdateMutation, UpdateMutationVariables>;
export const CancelDocument = new TypedDocumentString(`
    mutation Cancel($id: ID!) {
  cancelSession(input: { sessionId: $id }) {
    session {
      ...State
    }
    run {
      id
      status
    }
  }
}
    fragment State on Session {
  id
  status
  task
  metadata
  next
  values
  cursor
  expiresAt
  namespaces
  interrupts {
    id
    interruptId
    value
    node
    namespace
  }
  checkpoint {
    checkpointId
    step
    source
  }
  latestRun {
    id
    kind
    status
    attempt
    error {
      code
      message
      node
      causes {
        code
        message
        node
      }
    }
  }
}`) as unknown as TypedDocumentString<CancelMutation, CancelMutationVariables>;
export const DeleteDocument = new TypedDocumentString(`
    mutation Delete($id: ID!) {
  deleteSession(input: { sessionId: $id }) {
    deletedSessionId
  }
}
    `) as unknown as TypedDocumentString<DeleteMutation, DeleteMutationVariables>;
export const ExtendDocument = new TypedDocumentString(`
    mutation Extend($id: ID!, $ttlSeconds: Int) {
  extendSession(input: { sessionId: $id, ttlSeconds: $ttlSeconds }) {
    session {
      id
      expiresAt
    }
  }
}
    `) as unknown as TypedDocumentString<ExtendMutation, ExtendMutationVariables>;
export const WatchDocument = new TypedDocumentString(`
    subscription Watch($id: ID!, $after: String, $untilSettled: Boolean!) {
  sessionProgress(sessionId: $id, after: $after, untilSettled: $untilSettled) {
    type: __typename
    sequence
    cursor
    at
    runId
    ... on SessionSnapshot {
      session {
        status
        next
      }
    }
    ... on ProgressGap {
      requestedAfter
    }
    ... on RunStatusChanged {
      status
      sessionStatus
      attempt
      error {
        code
        message
        node
        causes {
          code
          message
          node
        }
      }
    }
    ... on CheckpointSaved {
      namespace
      step
      source
      next
      changedKeys
      checkpointId
    }
    ... on NodeStarted {
      namespace
      node
    }
    ... on NodeFinished {
      namespace
      node
      error {
        code
        message
      }
    }
    ... on CustomProgress {
      node
      payload
    }
    ... on MessageDelta {
      namespace
      node
      messageId
      offset
      text
    }
    ... on InterruptsRaised {
      interrupts {
        interruptId
        value
      }
    }
  }
}
    `) as unknown as TypedDocumentString<WatchSubscription, WatchSubscriptionVariables>;
export const GraphsDocument = new TypedDocumentString(`
    query Graphs {
  graphs {
    id
    description
    nodes
    mermaid
    inputSchema
    stateSchema
  }
}
    `) as unknown as TypedDocumentString<GraphsQuery, GraphsQueryVariables>;
export const RunOptionsDocument = new TypedDocumentString(`
    query RunOptions($id: ID!) {
  run(id: $id) {
    metadata
    tags
  }
}
    `) as unknown as TypedDocumentString<RunOptionsQuery, RunOptionsQueryVariables>;
export const SchemasDocument = new TypedDocumentString(`
    query Schemas {
  graphs {
    id
    inputSchema
    stateSchema
    outputSchema
    contextSchema
  }
}
    `) as unknown as TypedDocumentString<SchemasQuery, SchemasQueryVariables>;
export const CancelRunDocument = new TypedDocumentString(`
    mutation CancelRun($id: ID!) {
  cancelRun(input: { runId: $id }) {
    session {
      ...State
    }
    run {
      id
      status
    }
  }
}
    fragment State on Session {
  id
  status
  task
  metadata
  next
  values
  cursor
  expiresAt
  namespaces
  interrupts {
    id
    interruptId
    value
    node
    namespace
  }
  checkpoint {
    checkpointId
    step
    source
  }
  latestRun {
    id
    kind
    status
    attempt
    error {
      code
      message
      node
      causes {
        code
        message
        node
      }
    }
  }
}`) as unknown as TypedDocumentString<CancelRunMutation, CancelRunMutationVariables>;
export const StoreItemDocument = new TypedDocumentString(`
    query StoreItem($namespace: [String!]!, $key: String!) {
  storeItem(namespace: $namespace, key: $key) {
    namespace
    key
    value
    createdAt
    updatedAt
  }
}
    `) as unknown as TypedDocumentString<StoreItemQuery, StoreItemQueryVariables>;
export const StoreItemsDocument = new TypedDocumentString(`
    query StoreItems($prefix: [String!]!, $filter: JSON, $query: String, $first: Int, $after: String) {
  storeItems(
    namespacePrefix: $prefix
    filter: $filter
    query: $query
    first: $first
    after: $after
  ) {
    nodes {
      namespace
      key
      value
      score
    }
    pageInfo {
      hasNextPage
      hasPreviousPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<StoreItemsQuery, StoreItemsQueryVariables>;
export const StoreNamespacesDocument = new TypedDocumentString(`
    query StoreNamespaces($prefix: [String!], $suffix: [String!], $maxDepth: Int, $first: Int, $after: String) {
  storeNamespaces(
    prefix: $prefix
    suffix: $suffix
    maxDepth: $maxDepth
    first: $first
    after: $after
  ) {
    nodes
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<StoreNamespacesQuery, StoreNamespacesQueryVariables>;
export const PutStoreItemDocument = new TypedDocumentString(`
    mutation PutStoreItem($input: PutStoreItemInput!) {
  putStoreItem(input: $input) {
    item {
      namespace
      key
      value
      createdAt
      updatedAt
      score
    }
  }
}
    `) as unknown as TypedDocumentString<PutStoreItemMutation, PutStoreItemMutationVariables>;
export const DeleteStoreItemDocument = new TypedDocumentString(`
    mutation DeleteStoreItem($input: DeleteStoreItemInput!) {
  deleteStoreItem(input: $input) {
    deletedNamespace
    deletedKey
  }
}
    `) as unknown as TypedDocumentString<DeleteStoreItemMutation, DeleteStoreItemMutationVariables>;