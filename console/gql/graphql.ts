/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** A typed answer. Give the one field that belongs to the question. */
export type AnswerValue =
  {   /** An answer to question "hitl" of LangChain's human-in-the-loop middleware. */
  hitl: HitlAnswerInput; humanInterrupt?: never; json?: never; }
  |  { hitl?: never;   /** An answer to question "humanInterrupt" of LangGraph's `HumanInterrupt`. */
  humanInterrupt: Array<HumanInterruptAnswerInput>; json?: never; }
  |  { hitl?: never; humanInterrupt?: never;   /** Any answer as JSON, for a variable of this type. */
  json: unknown; };

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

/** What `cancelSession` takes. */
export type CancelSessionInput = {
  /** The `id` of the session. */
  sessionId: string | number;
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

/** What `deleteSession` takes. */
export type DeleteSessionInput = {
  /** The `id` of the session. */
  sessionId: string | number;
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
  {   /** Any graph with JSON, for a variable of this type. */
  json: JsonGraphInput; };

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

/** `hitl.reviewConfigs[].allowedDecisions[]`. */
export type HitlDecision =
  /** `approve`. */
  | 'approve'
  /** `edit`. */
  | 'edit'
  /** `reject`. */
  | 'reject';

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

/** What has happened to a session. */
export type SessionsChangedKind =
  /** The session is new. */
  | 'CREATED'
  /** The session is gone: deleted, or expired. */
  | 'DELETED'
  /** Every change is sent from now on: a list that is read after it misses nothing. */
  | 'READY'
  /** Something of the session has changed: its status, state, metadata or expiry. */
  | 'UPDATED';

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

export type ComparedSessionQueryVariables = Exact<{
  id: string | number;
}>;


export type ComparedSessionQuery = { __typename: 'Query', session: { __typename: 'Session', id: string, task: string | null, status: SessionStatus, graphId: string, next: Array<string>, values: unknown, forkedFrom: { __typename: 'ForkOrigin', sessionId: string, checkpointId: string } | null, checkpoints: { __typename: 'CheckpointConnection', nodes: Array<{ __typename: 'Checkpoint', id: string, checkpointId: string, parentCheckpointId: string | null, step: number, source: CheckpointSource, createdAt: string, runId: string | null, next: Array<string>, changedKeys: Array<string> }> } } | null };

export type ComparableQueryVariables = Exact<{
  id: string | number;
}>;


export type ComparableQuery = { __typename: 'Query', session: { __typename: 'Session', id: string, forkedFrom: { __typename: 'ForkOrigin', sessionId: string, checkpointId: string, session: { __typename: 'Session', id: string, graphId: string, task: string | null, forks: { __typename: 'SessionConnection', nodes: Array<{ __typename: 'Session', id: string, graphId: string, task: string | null }> } } | null } | null, forks: { __typename: 'SessionConnection', nodes: Array<{ __typename: 'Session', id: string, graphId: string, task: string | null }> } } | null, sessions: { __typename: 'SessionConnection', nodes: Array<{ __typename: 'Session', id: string, graphId: string, task: string | null }> } };

export type SessionChangesSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type SessionChangesSubscription = { sessionsChanged: { __typename: 'SessionsChanged', kind: SessionsChangedKind, sessionId: string | null } };

export type OpenQuestionsQueryVariables = Exact<{
  id: string | number;
}>;


export type OpenQuestionsQuery = { __typename: 'Query', session: { __typename: 'Session', id: string, status: SessionStatus, next: Array<string>, interrupts: Array<{ __typename: 'Interrupt', id: string, interruptId: string, value: unknown, responseSchema: unknown, node: string, namespace: string, question:
        | { __typename: 'HITLQuestion', actionRequests: Array<{ __typename: 'HITLActionRequest', name: string, args: unknown, description: string | null }>, reviewConfigs: Array<{ __typename: 'HITLReviewConfig', actionName: string, allowedDecisions: Array<HitlDecision> }> | null }
        | { __typename: 'HumanInterruptQuestion', requests: Array<{ __typename: 'HumanInterruptRequest', description: string | null, action_request: { __typename: 'HumanInterruptAction', action: string, args: unknown }, config: { __typename: 'HumanInterruptConfig', allow_accept: boolean | null, allow_edit: boolean | null, allow_respond: boolean | null, allow_ignore: boolean | null } }> }
        | { __typename: 'JsonQuestion' }
       }>, latestRun: { __typename: 'Run', id: string } | null } | null };

export type WaitingSessionsQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type WaitingSessionsQuery = { __typename: 'Query', sessions: { __typename: 'SessionConnection', nodes: Array<{ __typename: 'Session', id: string, task: string | null, graphId: string, updatedAt: string, latestRun: { __typename: 'Run', id: string, finishedAt: string | null } | null }>, pageInfo: { __typename: 'PageInfo', hasNextPage: boolean, endCursor: string | null } } };

export type GraphOfSessionQueryVariables = Exact<{
  id: string | number;
}>;


export type GraphOfSessionQuery = { __typename: 'Query', session: { __typename: 'Session', id: string, graph: { __typename: 'Graph', id: string, inputSchema: unknown } | null } | null };

export type StartableGraphsQueryVariables = Exact<{ [key: string]: never; }>;


export type StartableGraphsQuery = { __typename: 'Query', graphs: Array<{ __typename: 'Graph', id: string, description: string | null, inputSchema: unknown }> };

export type StartSessionMutationVariables = Exact<{
  input: StartSessionInput;
}>;


export type StartSessionMutation = { __typename: 'Mutation', startSession: { __typename: 'StartSessionPayload', session: { __typename: 'Session', id: string, status: SessionStatus } } };

export type QuestionFieldsFragment = { __typename: 'Interrupt', id: string, interruptId: string, value: unknown, responseSchema: unknown, node: string, namespace: string, question:
    | { __typename: 'HITLQuestion', actionRequests: Array<{ __typename: 'HITLActionRequest', name: string, args: unknown, description: string | null }>, reviewConfigs: Array<{ __typename: 'HITLReviewConfig', actionName: string, allowedDecisions: Array<HitlDecision> }> | null }
    | { __typename: 'HumanInterruptQuestion', requests: Array<{ __typename: 'HumanInterruptRequest', description: string | null, action_request: { __typename: 'HumanInterruptAction', action: string, args: unknown }, config: { __typename: 'HumanInterruptConfig', allow_accept: boolean | null, allow_edit: boolean | null, allow_respond: boolean | null, allow_ignore: boolean | null } }> }
    | { __typename: 'JsonQuestion' }
   };

export type StepFieldsFragment = { __typename: 'Checkpoint', id: string, checkpointId: string, parentCheckpointId: string | null, step: number, source: CheckpointSource, createdAt: string, runId: string | null, next: Array<string>, changedKeys: Array<string> };

export type RunFieldsFragment = { __typename: 'Run', id: string, kind: RunKind, status: RunStatus, attempt: number, createdAt: string, startedAt: string | null, finishedAt: string | null, error: { __typename: 'RunError', code: ErrorCode, message: string, node: string | null, causes: Array<{ __typename: 'RunErrorCause', message: string, node: string | null }> } | null };

export type SessionPageQueryVariables = Exact<{
  id: string | number;
  checkpointId: string | number;
  isAt: boolean;
}>;


export type SessionPageQuery = { __typename: 'Query', session: { __typename: 'Session', id: string, graphId: string, task: string | null, status: SessionStatus, metadata: unknown, createdAt: string, expiresAt: string | null, next: Array<string>, missingNodes: Array<string>, cursor: string, namespaces: Array<string>, values: unknown, interrupts: Array<{ __typename: 'Interrupt', id: string, interruptId: string, value: unknown, responseSchema: unknown, node: string, namespace: string, question:
        | { __typename: 'HITLQuestion', actionRequests: Array<{ __typename: 'HITLActionRequest', name: string, args: unknown, description: string | null }>, reviewConfigs: Array<{ __typename: 'HITLReviewConfig', actionName: string, allowedDecisions: Array<HitlDecision> }> | null }
        | { __typename: 'HumanInterruptQuestion', requests: Array<{ __typename: 'HumanInterruptRequest', description: string | null, action_request: { __typename: 'HumanInterruptAction', action: string, args: unknown }, config: { __typename: 'HumanInterruptConfig', allow_accept: boolean | null, allow_edit: boolean | null, allow_respond: boolean | null, allow_ignore: boolean | null } }> }
        | { __typename: 'JsonQuestion' }
       }>, graph: { __typename: 'Graph', id: string, nodes: Array<string>, stateSchema: unknown, drawing: { __typename: 'GraphDrawing', nodes: Array<{ __typename: 'GraphNode', key: string, name: string }>, edges: Array<{ __typename: 'GraphEdge', source: string, target: string, label: string | null, conditional: boolean }> } } | null, checkpoint: { __typename: 'Checkpoint', id: string, checkpointId: string } | null, checkpoints: { __typename: 'CheckpointConnection', nodes: Array<{ __typename: 'Checkpoint', id: string, checkpointId: string, parentCheckpointId: string | null, step: number, source: CheckpointSource, createdAt: string, runId: string | null, next: Array<string>, changedKeys: Array<string> }>, pageInfo: { __typename: 'PageInfo', hasNextPage: boolean, endCursor: string | null } }, runs: { __typename: 'RunConnection', nodes: Array<{ __typename: 'Run', id: string, kind: RunKind, status: RunStatus, attempt: number, createdAt: string, startedAt: string | null, finishedAt: string | null, error: { __typename: 'RunError', code: ErrorCode, message: string, node: string | null, causes: Array<{ __typename: 'RunErrorCause', message: string, node: string | null }> } | null }>, pageInfo: { __typename: 'PageInfo', hasNextPage: boolean, endCursor: string | null } }, forkedFrom: { __typename: 'ForkOrigin', sessionId: string, checkpointId: string } | null } | null, checkpoint?: { __typename: 'Checkpoint', values: unknown, id: string, checkpointId: string, parentCheckpointId: string | null, step: number, source: CheckpointSource, createdAt: string, runId: string | null, next: Array<string>, changedKeys: Array<string>, interrupts: Array<{ __typename: 'Interrupt', id: string, interruptId: string, value: unknown, responseSchema: unknown, node: string, namespace: string, question:
        | { __typename: 'HITLQuestion', actionRequests: Array<{ __typename: 'HITLActionRequest', name: string, args: unknown, description: string | null }>, reviewConfigs: Array<{ __typename: 'HITLReviewConfig', actionName: string, allowedDecisions: Array<HitlDecision> }> | null }
        | { __typename: 'HumanInterruptQuestion', requests: Array<{ __typename: 'HumanInterruptRequest', description: string | null, action_request: { __typename: 'HumanInterruptAction', action: string, args: unknown }, config: { __typename: 'HumanInterruptConfig', allow_accept: boolean | null, allow_edit: boolean | null, allow_respond: boolean | null, allow_ignore: boolean | null } }> }
        | { __typename: 'JsonQuestion' }
       }> } | null };

export type SessionFeedSubscriptionVariables = Exact<{
  sessionId: string | number;
  after?: string | null | undefined;
  untilSettled: boolean;
}>;


export type SessionFeedSubscription = { sessionProgress:
    | { __typename: 'CheckpointSaved', namespace: string, step: number, source: CheckpointSource, next: Array<string>, changedKeys: Array<string>, checkpointId: string, sequence: number, cursor: string, runId: string | null, at: string }
    | { __typename: 'CustomProgress', node: string, payload: unknown, sequence: number, cursor: string, runId: string | null, at: string }
    | { __typename: 'InterruptsRaised', sequence: number, cursor: string, runId: string | null, at: string, interrupts: Array<{ __typename: 'Interrupt', id: string, interruptId: string, value: unknown, responseSchema: unknown, node: string, namespace: string, question:
          | { __typename: 'HITLQuestion', actionRequests: Array<{ __typename: 'HITLActionRequest', name: string, args: unknown, description: string | null }>, reviewConfigs: Array<{ __typename: 'HITLReviewConfig', actionName: string, allowedDecisions: Array<HitlDecision> }> | null }
          | { __typename: 'HumanInterruptQuestion', requests: Array<{ __typename: 'HumanInterruptRequest', description: string | null, action_request: { __typename: 'HumanInterruptAction', action: string, args: unknown }, config: { __typename: 'HumanInterruptConfig', allow_accept: boolean | null, allow_edit: boolean | null, allow_respond: boolean | null, allow_ignore: boolean | null } }> }
          | { __typename: 'JsonQuestion' }
         }> }
    | { __typename: 'MessageDelta', node: string, messageId: string, offset: number, text: string, sequence: number, cursor: string, runId: string | null, at: string }
    | { __typename: 'NodeFinished', namespace: string, node: string, sequence: number, cursor: string, runId: string | null, at: string, error: { __typename: 'RunError', code: ErrorCode, message: string, node: string | null, causes: Array<{ __typename: 'RunErrorCause', message: string, node: string | null }> } | null }
    | { __typename: 'NodeStarted', namespace: string, node: string, sequence: number, cursor: string, runId: string | null, at: string }
    | { __typename: 'ProgressGap', sequence: number, cursor: string, runId: string | null, at: string }
    | { __typename: 'RunStatusChanged', status: RunStatus, sessionStatus: SessionStatus, attempt: number, sequence: number, cursor: string, runId: string | null, at: string, run: { __typename: 'Run', id: string, kind: RunKind }, error: { __typename: 'RunError', code: ErrorCode, message: string, node: string | null, causes: Array<{ __typename: 'RunErrorCause', message: string, node: string | null }> } | null }
    | { __typename: 'SessionSnapshot', sequence: number, cursor: string, runId: string | null, at: string }
   };

export type NewestCursorQueryVariables = Exact<{
  sessionId: string | number;
}>;


export type NewestCursorQuery = { __typename: 'Query', session: { __typename: 'Session', id: string, cursor: string } | null };

export type OlderStepsQueryVariables = Exact<{
  id: string | number;
  steps?: string | null | undefined;
  runs?: string | null | undefined;
  asksRuns: boolean;
}>;


export type OlderStepsQuery = { __typename: 'Query', session: { __typename: 'Session', id: string, checkpoints: { __typename: 'CheckpointConnection', nodes: Array<{ __typename: 'Checkpoint', id: string, checkpointId: string, parentCheckpointId: string | null, step: number, source: CheckpointSource, createdAt: string, runId: string | null, next: Array<string>, changedKeys: Array<string> }>, pageInfo: { __typename: 'PageInfo', hasNextPage: boolean, endCursor: string | null } }, runs?: { __typename: 'RunConnection', nodes: Array<{ __typename: 'Run', id: string, kind: RunKind, status: RunStatus, attempt: number, createdAt: string, startedAt: string | null, finishedAt: string | null, error: { __typename: 'RunError', code: ErrorCode, message: string, node: string | null, causes: Array<{ __typename: 'RunErrorCause', message: string, node: string | null }> } | null }>, pageInfo: { __typename: 'PageInfo', hasNextPage: boolean, endCursor: string | null } } } | null };

export type CurrentStateQueryVariables = Exact<{
  id: string | number;
}>;


export type CurrentStateQuery = { __typename: 'Query', session: { __typename: 'Session', id: string, values: unknown, next: Array<string>, checkpoint: { __typename: 'Checkpoint', id: string, checkpointId: string } | null } | null };

export type CheckpointStateQueryVariables = Exact<{
  id: string | number;
  checkpointId: string | number;
  namespace?: string | null | undefined;
}>;


export type CheckpointStateQuery = { __typename: 'Query', checkpoint: { __typename: 'Checkpoint', values: unknown, id: string, checkpointId: string, parentCheckpointId: string | null, step: number, source: CheckpointSource, createdAt: string, runId: string | null, next: Array<string>, changedKeys: Array<string>, interrupts: Array<{ __typename: 'Interrupt', id: string, interruptId: string, value: unknown, responseSchema: unknown, node: string, namespace: string, question:
        | { __typename: 'HITLQuestion', actionRequests: Array<{ __typename: 'HITLActionRequest', name: string, args: unknown, description: string | null }>, reviewConfigs: Array<{ __typename: 'HITLReviewConfig', actionName: string, allowedDecisions: Array<HitlDecision> }> | null }
        | { __typename: 'HumanInterruptQuestion', requests: Array<{ __typename: 'HumanInterruptRequest', description: string | null, action_request: { __typename: 'HumanInterruptAction', action: string, args: unknown }, config: { __typename: 'HumanInterruptConfig', allow_accept: boolean | null, allow_edit: boolean | null, allow_respond: boolean | null, allow_ignore: boolean | null } }> }
        | { __typename: 'JsonQuestion' }
       }> } | null };

export type SubgraphStepsQueryVariables = Exact<{
  id: string | number;
  namespace: string;
  after?: string | null | undefined;
}>;


export type SubgraphStepsQuery = { __typename: 'Query', session: { __typename: 'Session', id: string, namespaces: Array<string>, checkpoints: { __typename: 'CheckpointConnection', nodes: Array<{ __typename: 'Checkpoint', id: string, checkpointId: string, parentCheckpointId: string | null, step: number, source: CheckpointSource, createdAt: string, runId: string | null, next: Array<string>, changedKeys: Array<string> }>, pageInfo: { __typename: 'PageInfo', hasNextPage: boolean, endCursor: string | null } } } | null };

export type ResumeSessionMutationVariables = Exact<{
  input: ResumeSessionInput;
}>;


export type ResumeSessionMutation = { __typename: 'Mutation', resumeSession: { __typename: 'ResumeSessionPayload', session: { __typename: 'Session', id: string, status: SessionStatus }, run: { __typename: 'Run', id: string } } };

export type ForkSessionMutationVariables = Exact<{
  input: ForkSessionInput;
}>;


export type ForkSessionMutation = { __typename: 'Mutation', forkSession: { __typename: 'ForkSessionPayload', session: { __typename: 'Session', id: string, status: SessionStatus } } };

export type EditStateMutationVariables = Exact<{
  input: UpdateSessionStateInput;
}>;


export type EditStateMutation = { __typename: 'Mutation', updateSessionState: { __typename: 'UpdateSessionStatePayload', session: { __typename: 'Session', id: string, status: SessionStatus }, checkpoint: { __typename: 'Checkpoint', id: string, checkpointId: string } } };

export type CancelSessionMutationVariables = Exact<{
  input: CancelSessionInput;
}>;


export type CancelSessionMutation = { __typename: 'Mutation', cancelSession: { __typename: 'CancelSessionPayload', session: { __typename: 'Session', id: string, status: SessionStatus } } };

export type DeleteSessionMutationVariables = Exact<{
  input: DeleteSessionInput;
}>;


export type DeleteSessionMutation = { __typename: 'Mutation', deleteSession: { __typename: 'DeleteSessionPayload', deletedSessionId: string } };

export type TreePageQueryVariables = Exact<{
  id: string | number;
}>;


export type TreePageQuery = { __typename: 'Query', session: { __typename: 'Session', id: string, checkpoint: { __typename: 'Checkpoint', id: string, checkpointId: string } | null, checkpoints: { __typename: 'CheckpointConnection', nodes: Array<{ __typename: 'Checkpoint', id: string, checkpointId: string, parentCheckpointId: string | null, step: number, source: CheckpointSource, createdAt: string, runId: string | null, next: Array<string>, changedKeys: Array<string> }>, pageInfo: { __typename: 'PageInfo', hasNextPage: boolean, endCursor: string | null } }, forkedFrom: { __typename: 'ForkOrigin', sessionId: string, checkpointId: string, session: { __typename: 'Session', id: string, graphId: string, task: string | null, status: SessionStatus, forkedFrom: { __typename: 'ForkOrigin', sessionId: string, checkpointId: string, session: { __typename: 'Session', id: string, graphId: string, task: string | null, status: SessionStatus } | null } | null, forks: { __typename: 'SessionConnection', nodes: Array<{ __typename: 'Session', id: string, graphId: string, task: string | null, status: SessionStatus }> } } | null } | null, forks: { __typename: 'SessionConnection', pageInfo: { __typename: 'PageInfo', hasNextPage: boolean }, nodes: Array<{ __typename: 'Session', id: string, graphId: string, task: string | null, status: SessionStatus, forkedFrom: { __typename: 'ForkOrigin', sessionId: string, checkpointId: string } | null, forks: { __typename: 'SessionConnection', nodes: Array<{ __typename: 'Session', id: string, graphId: string, task: string | null, status: SessionStatus }> } }> } } | null };

export type SessionListQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: SessionFilter | null | undefined;
  orderBy: SessionOrder;
}>;


export type SessionListQuery = { __typename: 'Query', sessions: { __typename: 'SessionConnection', nodes: Array<{ __typename: 'Session', id: string, task: string | null, status: SessionStatus, graphId: string, createdAt: string, updatedAt: string, checkpoint: { __typename: 'Checkpoint', id: string, step: number } | null, latestRun: { __typename: 'Run', id: string, finishedAt: string | null } | null }>, pageInfo: { __typename: 'PageInfo', hasNextPage: boolean, endCursor: string | null } } };

export type GraphNamesQueryVariables = Exact<{ [key: string]: never; }>;


export type GraphNamesQuery = { __typename: 'Query', graphs: Array<{ __typename: 'Graph', id: string }> };

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
export const QuestionFieldsFragmentDoc = new TypedDocumentString(`
    fragment QuestionFields on Interrupt {
  __typename
  id
  interruptId
  value
  responseSchema
  question {
    __typename
    ... on HITLQuestion {
      __typename
      actionRequests {
        __typename
        name
        args
        description
      }
      reviewConfigs {
        __typename
        actionName
        allowedDecisions
      }
    }
    ... on HumanInterruptQuestion {
      __typename
      requests {
        __typename
        action_request {
          __typename
          action
          args
        }
        config {
          __typename
          allow_accept
          allow_edit
          allow_respond
          allow_ignore
        }
        description
      }
    }
  }
  node
  namespace
}
    `, {"fragmentName":"QuestionFields"}) as unknown as TypedDocumentString<QuestionFieldsFragment, unknown>;
export const StepFieldsFragmentDoc = new TypedDocumentString(`
    fragment StepFields on Checkpoint {
  __typename
  id
  checkpointId
  parentCheckpointId
  step
  source
  createdAt
  runId
  next
  changedKeys
}
    `, {"fragmentName":"StepFields"}) as unknown as TypedDocumentString<StepFieldsFragment, unknown>;
export const RunFieldsFragmentDoc = new TypedDocumentString(`
    fragment RunFields on Run {
  __typename
  id
  kind
  status
  attempt
  createdAt
  startedAt
  finishedAt
  error {
    __typename
    code
    message
    node
    causes {
      __typename
      message
      node
    }
  }
}
    `, {"fragmentName":"RunFields"}) as unknown as TypedDocumentString<RunFieldsFragment, unknown>;
export const ComparedSessionDocument = new TypedDocumentString(`
    query ComparedSession($id: ID!) {
  __typename
  session(id: $id) {
    __typename
    id
    task
    status
    graphId
    next
    values
    forkedFrom {
      __typename
      sessionId
      checkpointId
    }
    checkpoints(first: 50) {
      __typename
      nodes {
        __typename
        ...StepFields
      }
    }
  }
}
    fragment StepFields on Checkpoint {
  __typename
  id
  checkpointId
  parentCheckpointId
  step
  source
  createdAt
  runId
  next
  changedKeys
}`, {"hash":"sha256:243cfe28e3a8462ee0ea91be7c5fe2562100d69ad5e0abb6429ef4a296417972"}) as unknown as TypedDocumentString<ComparedSessionQuery, ComparedSessionQueryVariables>;
export const ComparableDocument = new TypedDocumentString(`
    query Comparable($id: ID!) {
  __typename
  session(id: $id) {
    __typename
    id
    forkedFrom {
      __typename
      sessionId
      checkpointId
      session {
        __typename
        id
        graphId
        task
        forks(first: 50) {
          __typename
          nodes {
            __typename
            id
            graphId
            task
          }
        }
      }
    }
    forks(first: 50) {
      __typename
      nodes {
        __typename
        id
        graphId
        task
      }
    }
  }
  sessions(first: 50) {
    __typename
    nodes {
      __typename
      id
      graphId
      task
    }
  }
}
    `, {"hash":"sha256:8fcb041e7f9eae5d3ef161a9fb75b610a9d4ff976048ae89a87b94a1a6b1aa95"}) as unknown as TypedDocumentString<ComparableQuery, ComparableQueryVariables>;
export const SessionChangesDocument = new TypedDocumentString(`
    subscription SessionChanges {
  sessionsChanged {
    __typename
    kind
    sessionId
  }
}
    `, {"hash":"sha256:eacb74599854c8970726d055fbf554ae6c6bd8c690e8476a54bda80e8192bae1"}) as unknown as TypedDocumentString<SessionChangesSubscription, SessionChangesSubscriptionVariables>;
export const OpenQuestionsDocument = new TypedDocumentString(`
    query OpenQuestions($id: ID!) {
  __typename
  session(id: $id) {
    __typename
    id
    status
    next
    interrupts {
      __typename
      ...QuestionFields
    }
    latestRun {
      __typename
      id
    }
  }
}
    fragment QuestionFields on Interrupt {
  __typename
  id
  interruptId
  value
  responseSchema
  question {
    __typename
    ... on HITLQuestion {
      __typename
      actionRequests {
        __typename
        name
        args
        description
      }
      reviewConfigs {
        __typename
        actionName
        allowedDecisions
      }
    }
    ... on HumanInterruptQuestion {
      __typename
      requests {
        __typename
        action_request {
          __typename
          action
          args
        }
        config {
          __typename
          allow_accept
          allow_edit
          allow_respond
          allow_ignore
        }
        description
      }
    }
  }
  node
  namespace
}`, {"hash":"sha256:c0c9221a869b0f6db1e2cc5cf50fb487746c3ca0a831004125acd281be1d5c80"}) as unknown as TypedDocumentString<OpenQuestionsQuery, OpenQuestionsQueryVariables>;
export const WaitingSessionsDocument = new TypedDocumentString(`
    query WaitingSessions($after: String) {
  __typename
  sessions(
    first: 100
    after: $after
    filter: { status: [INTERRUPTED] }
    orderBy: UPDATED_AT
  ) {
    __typename
    nodes {
      __typename
      id
      task
      graphId
      updatedAt
      latestRun {
        __typename
        id
        finishedAt
      }
    }
    pageInfo {
      __typename
      hasNextPage
      endCursor
    }
  }
}
    `, {"hash":"sha256:72d9c62ec1e292cb441d9a313011be3edda49fbc5d60fc3896826d8378d1dbf9"}) as unknown as TypedDocumentString<WaitingSessionsQuery, WaitingSessionsQueryVariables>;
export const GraphOfSessionDocument = new TypedDocumentString(`
    query GraphOfSession($id: ID!) {
  __typename
  session(id: $id) {
    __typename
    id
    graph {
      __typename
      id
      inputSchema
    }
  }
}
    `, {"hash":"sha256:2141aa9ce00a6e8d550896c50f53334321b215a09b7f1511a8c0a7fcf904831b"}) as unknown as TypedDocumentString<GraphOfSessionQuery, GraphOfSessionQueryVariables>;
export const StartableGraphsDocument = new TypedDocumentString(`
    query StartableGraphs {
  __typename
  graphs {
    __typename
    id
    description
    inputSchema
  }
}
    `, {"hash":"sha256:bcb6d39ba0d5614ffb74b0a3c2d46cc5c281ea3b1ed8f1186cf7ff2685c057e4"}) as unknown as TypedDocumentString<StartableGraphsQuery, StartableGraphsQueryVariables>;
export const StartSessionDocument = new TypedDocumentString(`
    mutation StartSession($input: StartSessionInput!) {
  __typename
  startSession(input: $input) {
    __typename
    session {
      __typename
      id
      status
    }
  }
}
    `, {"hash":"sha256:a77f0836db52129406698d893df2f1c3c200438e9927ea153b1c43d0f43f5f31"}) as unknown as TypedDocumentString<StartSessionMutation, StartSessionMutationVariables>;
export const SessionPageDocument = new TypedDocumentString(`
    query SessionPage($id: ID!, $checkpointId: ID!, $isAt: Boolean!) {
  __typename
  session(id: $id) {
    __typename
    id
    graphId
    task
    status
    metadata
    createdAt
    expiresAt
    next
    missingNodes
    cursor
    namespaces
    values
    interrupts {
      __typename
      ...QuestionFields
    }
    graph {
      __typename
      id
      nodes
      stateSchema
      drawing(xray: true) {
        __typename
        nodes {
          __typename
          key
          name
        }
        edges {
          __typename
          source
          target
          label
          conditional
        }
      }
    }
    checkpoint {
      __typename
      id
      checkpointId
    }
    checkpoints(first: 50) {
      __typename
      nodes {
        __typename
        ...StepFields
      }
      pageInfo {
        __typename
        hasNextPage
        endCursor
      }
    }
    runs(first: 20) {
      __typename
      nodes {
        __typename
        ...RunFields
      }
      pageInfo {
        __typename
        hasNextPage
        endCursor
      }
    }
    forkedFrom {
      __typename
      sessionId
      checkpointId
    }
  }
  checkpoint(sessionId: $id, checkpointId: $checkpointId) @include(if: $isAt) {
    __typename
    ...StepFields
    values
    interrupts {
      __typename
      ...QuestionFields
    }
  }
}
    fragment QuestionFields on Interrupt {
  __typename
  id
  interruptId
  value
  responseSchema
  question {
    __typename
    ... on HITLQuestion {
      __typename
      actionRequests {
        __typename
        name
        args
        description
      }
      reviewConfigs {
        __typename
        actionName
        allowedDecisions
      }
    }
    ... on HumanInterruptQuestion {
      __typename
      requests {
        __typename
        action_request {
          __typename
          action
          args
        }
        config {
          __typename
          allow_accept
          allow_edit
          allow_respond
          allow_ignore
        }
        description
      }
    }
  }
  node
  namespace
}
fragment StepFields on Checkpoint {
  __typename
  id
  checkpointId
  parentCheckpointId
  step
  source
  createdAt
  runId
  next
  changedKeys
}
fragment RunFields on Run {
  __typename
  id
  kind
  status
  attempt
  createdAt
  startedAt
  finishedAt
  error {
    __typename
    code
    message
    node
    causes {
      __typename
      message
      node
    }
  }
}`, {"hash":"sha256:c0d30b042905ee6170903f19cd7893a5932e976a91f74eab981aa81210236a68"}) as unknown as TypedDocumentString<SessionPageQuery, SessionPageQueryVariables>;
export const SessionFeedDocument = new TypedDocumentString(`
    subscription SessionFeed($sessionId: ID!, $after: String, $untilSettled: Boolean!) {
  sessionProgress(
    sessionId: $sessionId
    after: $after
    untilSettled: $untilSettled
  ) {
    __typename
    sequence
    cursor
    runId
    at
    ... on RunStatusChanged {
      __typename
      run {
        __typename
        id
        kind
      }
      status
      sessionStatus
      attempt
      error {
        __typename
        code
        message
        node
        causes {
          __typename
          message
          node
        }
      }
    }
    ... on CheckpointSaved {
      __typename
      namespace
      step
      source
      next
      changedKeys
      checkpointId
    }
    ... on NodeStarted {
      __typename
      namespace
      node
    }
    ... on NodeFinished {
      __typename
      namespace
      node
      error {
        __typename
        code
        message
        node
        causes {
          __typename
          message
          node
        }
      }
    }
    ... on InterruptsRaised {
      __typename
      interrupts {
        __typename
        ...QuestionFields
      }
    }
    ... on MessageDelta {
      __typename
      node
      messageId
      offset
      text
    }
    ... on CustomProgress {
      __typename
      node
      payload
    }
  }
}
    fragment QuestionFields on Interrupt {
  __typename
  id
  interruptId
  value
  responseSchema
  question {
    __typename
    ... on HITLQuestion {
      __typename
      actionRequests {
        __typename
        name
        args
        description
      }
      reviewConfigs {
        __typename
        actionName
        allowedDecisions
      }
    }
    ... on HumanInterruptQuestion {
      __typename
      requests {
        __typename
        action_request {
          __typename
          action
          args
        }
        config {
          __typename
          allow_accept
          allow_edit
          allow_respond
          allow_ignore
        }
        description
      }
    }
  }
  node
  namespace
}`, {"hash":"sha256:1eadd0846a594f749c8421c71573b968c16f59755ed58efae01d26df59cc5bdd"}) as unknown as TypedDocumentString<SessionFeedSubscription, SessionFeedSubscriptionVariables>;
export const NewestCursorDocument = new TypedDocumentString(`
    query NewestCursor($sessionId: ID!) {
  __typename
  session(id: $sessionId) {
    __typename
    id
    cursor
  }
}
    `, {"hash":"sha256:76f7b635f7dd4de7c36b9577db46de31c51fbb67771e7effba533fa59f79642e"}) as unknown as TypedDocumentString<NewestCursorQuery, NewestCursorQueryVariables>;
export const OlderStepsDocument = new TypedDocumentString(`
    query OlderSteps($id: ID!, $steps: String, $runs: String, $asksRuns: Boolean!) {
  __typename
  session(id: $id) {
    __typename
    id
    checkpoints(first: 100, after: $steps) {
      __typename
      nodes {
        __typename
        ...StepFields
      }
      pageInfo {
        __typename
        hasNextPage
        endCursor
      }
    }
    runs(first: 50, after: $runs) @include(if: $asksRuns) {
      __typename
      nodes {
        __typename
        ...RunFields
      }
      pageInfo {
        __typename
        hasNextPage
        endCursor
      }
    }
  }
}
    fragment StepFields on Checkpoint {
  __typename
  id
  checkpointId
  parentCheckpointId
  step
  source
  createdAt
  runId
  next
  changedKeys
}
fragment RunFields on Run {
  __typename
  id
  kind
  status
  attempt
  createdAt
  startedAt
  finishedAt
  error {
    __typename
    code
    message
    node
    causes {
      __typename
      message
      node
    }
  }
}`, {"hash":"sha256:90d95337b51dcd6e54bf6667e41ab518afb7344a1c68a44633d295f49ca63542"}) as unknown as TypedDocumentString<OlderStepsQuery, OlderStepsQueryVariables>;
export const CurrentStateDocument = new TypedDocumentString(`
    query CurrentState($id: ID!) {
  __typename
  session(id: $id) {
    __typename
    id
    values
    next
    checkpoint {
      __typename
      id
      checkpointId
    }
  }
}
    `, {"hash":"sha256:34203bb552c917f7f673ae6df5b4ec1aaac33c90fda508808f7d460406a2e714"}) as unknown as TypedDocumentString<CurrentStateQuery, CurrentStateQueryVariables>;
export const CheckpointStateDocument = new TypedDocumentString(`
    query CheckpointState($id: ID!, $checkpointId: ID!, $namespace: String) {
  __typename
  checkpoint(sessionId: $id, checkpointId: $checkpointId, namespace: $namespace) {
    __typename
    ...StepFields
    values
    interrupts {
      __typename
      ...QuestionFields
    }
  }
}
    fragment QuestionFields on Interrupt {
  __typename
  id
  interruptId
  value
  responseSchema
  question {
    __typename
    ... on HITLQuestion {
      __typename
      actionRequests {
        __typename
        name
        args
        description
      }
      reviewConfigs {
        __typename
        actionName
        allowedDecisions
      }
    }
    ... on HumanInterruptQuestion {
      __typename
      requests {
        __typename
        action_request {
          __typename
          action
          args
        }
        config {
          __typename
          allow_accept
          allow_edit
          allow_respond
          allow_ignore
        }
        description
      }
    }
  }
  node
  namespace
}
fragment StepFields on Checkpoint {
  __typename
  id
  checkpointId
  parentCheckpointId
  step
  source
  createdAt
  runId
  next
  changedKeys
}`, {"hash":"sha256:514ef3706abd75ec40984f9cea53e57f1b84c0598da5f1dd453f5efd9d38bdb1"}) as unknown as TypedDocumentString<CheckpointStateQuery, CheckpointStateQueryVariables>;
export const SubgraphStepsDocument = new TypedDocumentString(`
    query SubgraphSteps($id: ID!, $namespace: String!, $after: String) {
  __typename
  session(id: $id) {
    __typename
    id
    namespaces
    checkpoints(first: 100, after: $after, filter: { namespace: $namespace }) {
      __typename
      nodes {
        __typename
        ...StepFields
      }
      pageInfo {
        __typename
        hasNextPage
        endCursor
      }
    }
  }
}
    fragment StepFields on Checkpoint {
  __typename
  id
  checkpointId
  parentCheckpointId
  step
  source
  createdAt
  runId
  next
  changedKeys
}`, {"hash":"sha256:da02ec79fbe63027601ca5702f6549e5fd39cc7a5515365ed07b7e61cb76b55b"}) as unknown as TypedDocumentString<SubgraphStepsQuery, SubgraphStepsQueryVariables>;
export const ResumeSessionDocument = new TypedDocumentString(`
    mutation ResumeSession($input: ResumeSessionInput!) {
  __typename
  resumeSession(input: $input) {
    __typename
    session {
      __typename
      id
      status
    }
    run {
      __typename
      id
    }
  }
}
    `, {"hash":"sha256:59ae3af0971269deb183fa71040534af0e8f0a6a7b21bd093923095ae2f22548"}) as unknown as TypedDocumentString<ResumeSessionMutation, ResumeSessionMutationVariables>;
export const ForkSessionDocument = new TypedDocumentString(`
    mutation ForkSession($input: ForkSessionInput!) {
  __typename
  forkSession(input: $input) {
    __typename
    session {
      __typename
      id
      status
    }
  }
}
    `, {"hash":"sha256:738aa4b05e3c02aa07acb96e4bfdd199e87d12f3c556d753ccd16aa99abbe605"}) as unknown as TypedDocumentString<ForkSessionMutation, ForkSessionMutationVariables>;
export const EditStateDocument = new TypedDocumentString(`
    mutation EditState($input: UpdateSessionStateInput!) {
  __typename
  updateSessionState(input: $input) {
    __typename
    session {
      __typename
      id
      status
    }
    checkpoint {
      __typename
      id
      checkpointId
    }
  }
}
    `, {"hash":"sha256:295b0a943366e2c6aa5ec5ecff992a9a8d79ecd14701001dcb649282f67ab226"}) as unknown as TypedDocumentString<EditStateMutation, EditStateMutationVariables>;
export const CancelSessionDocument = new TypedDocumentString(`
    mutation CancelSession($input: CancelSessionInput!) {
  __typename
  cancelSession(input: $input) {
    __typename
    session {
      __typename
      id
      status
    }
  }
}
    `, {"hash":"sha256:e3458e71dee353e266505ce2ac1e1bd9678c986be4ef3b8770087c5537a15f3d"}) as unknown as TypedDocumentString<CancelSessionMutation, CancelSessionMutationVariables>;
export const DeleteSessionDocument = new TypedDocumentString(`
    mutation DeleteSession($input: DeleteSessionInput!) {
  __typename
  deleteSession(input: $input) {
    __typename
    deletedSessionId
  }
}
    `, {"hash":"sha256:2b3f048f17d86c2d62ad464e3af132adb69bab0b95fbfa0542665f0877bbd8fc"}) as unknown as TypedDocumentString<DeleteSessionMutation, DeleteSessionMutationVariables>;
export const TreePageDocument = new TypedDocumentString(`
    query TreePage($id: ID!) {
  __typename
  session(id: $id) {
    __typename
    id
    checkpoint {
      __typename
      id
      checkpointId
    }
    checkpoints(first: 100) {
      __typename
      nodes {
        __typename
        ...StepFields
      }
      pageInfo {
        __typename
        hasNextPage
        endCursor
      }
    }
    forkedFrom {
      __typename
      sessionId
      checkpointId
      session {
        __typename
        id
        graphId
        task
        status
        forkedFrom {
          __typename
          sessionId
          checkpointId
          session {
            __typename
            id
            graphId
            task
            status
          }
        }
        forks(first: 20) {
          __typename
          nodes {
            __typename
            id
            graphId
            task
            status
          }
        }
      }
    }
    forks(first: 20) {
      __typename
      pageInfo {
        __typename
        hasNextPage
      }
      nodes {
        __typename
        id
        graphId
        task
        status
        forkedFrom {
          __typename
          sessionId
          checkpointId
        }
        forks(first: 5) {
          __typename
          nodes {
            __typename
            id
            graphId
            task
            status
          }
        }
      }
    }
  }
}
    fragment StepFields on Checkpoint {
  __typename
  id
  checkpointId
  parentCheckpointId
  step
  source
  createdAt
  runId
  next
  changedKeys
}`, {"hash":"sha256:3d8501275cbac95185358255e0acbf7bd2300e8aa4bf23e5ffe7e82ce02efb1d"}) as unknown as TypedDocumentString<TreePageQuery, TreePageQueryVariables>;
export const SessionListDocument = new TypedDocumentString(`
    query SessionList($first: Int, $after: String, $filter: SessionFilter, $orderBy: SessionOrder!) {
  __typename
  sessions(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    __typename
    nodes {
      __typename
      id
      task
      status
      graphId
      createdAt
      updatedAt
      checkpoint {
        __typename
        id
        step
      }
      latestRun {
        __typename
        id
        finishedAt
      }
    }
    pageInfo {
      __typename
      hasNextPage
      endCursor
    }
  }
}
    `, {"hash":"sha256:73b2d37c54f3cb60aaf41454fe2881e291b90d4eb74d783d150b10d39932a061"}) as unknown as TypedDocumentString<SessionListQuery, SessionListQueryVariables>;
export const GraphNamesDocument = new TypedDocumentString(`
    query GraphNames {
  __typename
  graphs {
    __typename
    id
  }
}
    `, {"hash":"sha256:d8e28750e0c5adf632101b53cde3a536b5c66bfbc40d47db2295c0b794d46c39"}) as unknown as TypedDocumentString<GraphNamesQuery, GraphNamesQueryVariables>;