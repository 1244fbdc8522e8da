// The events that `watchSession` yields where no `fields` are given.

export type SessionStatus =
  | 'IDLE'
  | 'QUEUED'
  | 'RUNNING'
  | 'INTERRUPTED'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'CANCELLED';

interface Place {
  /** The number of the newest durable event the watcher has; 0 before the first. */
  readonly sequence: number;
  /** That event's place in the log: what `after` takes. */
  readonly cursor: string;
}

interface Happened extends Place {
  readonly sessionId: string;
  readonly runId: string | null;
  /** ISO 8601, UTC. */
  readonly at: string;
}

interface EventError {
  readonly code: string;
  readonly message: string;
  readonly node: string | null;
}

interface EventInterrupt {
  readonly interruptId: string;
  readonly value: unknown;
  readonly responseSchema: unknown;
  readonly node: string;
  readonly namespace: string;
}

/** An event of a session, as schema.graphql describes it. */
export type SessionEvent =
  | (Happened & {
      readonly __typename: 'SessionSnapshot';
      readonly session: { readonly status: SessionStatus; readonly next: readonly string[] };
    })
  | (Happened & { readonly __typename: 'ProgressGap'; readonly requestedAfter: string })
  | (Happened & {
      readonly __typename: 'RunStatusChanged';
      readonly status: Exclude<SessionStatus, 'IDLE'>;
      readonly sessionStatus: SessionStatus;
      readonly attempt: number;
      readonly error: EventError | null;
    })
  | (Happened & {
      readonly __typename: 'CheckpointSaved';
      readonly namespace: string;
      readonly step: number;
      readonly source: 'INPUT' | 'LOOP' | 'UPDATE' | 'FORK';
      readonly next: readonly string[];
      readonly changedKeys: readonly string[];
      readonly checkpointId: string;
    })
  | (Happened & {
      readonly __typename: 'NodeStarted';
      readonly namespace: string;
      readonly node: string;
    })
  | (Happened & {
      readonly __typename: 'NodeFinished';
      readonly namespace: string;
      readonly node: string;
      readonly error: EventError | null;
    })
  | (Happened & {
      readonly __typename: 'InterruptsRaised';
      readonly interrupts: readonly EventInterrupt[];
    })
  | (Happened & {
      readonly __typename: 'MessageDelta';
      readonly namespace: string;
      readonly node: string;
      readonly messageId: string;
      readonly role: 'HUMAN' | 'AI' | 'SYSTEM' | 'TOOL' | 'OTHER';
      /** The text so far is the first `offset` UTF-16 units of what was there, then `text`. */
      readonly offset: number;
      readonly text: string;
    })
  | (Happened & {
      readonly __typename: 'CustomProgress';
      readonly namespace: string;
      readonly node: string;
      readonly payload: unknown;
    });

export const EVENT_FIELDS = `
  sessionId
  runId
  at
  ... on SessionSnapshot { session { status next } }
  ... on ProgressGap { requestedAfter }
  ... on RunStatusChanged { status sessionStatus attempt error { code message node } }
  ... on CheckpointSaved { namespace step source next changedKeys checkpointId }
  ... on NodeStarted { namespace node }
  ... on NodeFinished { namespace node error { code message node } }
  ... on InterruptsRaised { interrupts { interruptId value responseSchema node namespace } }
  ... on MessageDelta { namespace node messageId role offset text }
  ... on CustomProgress { namespace node payload }
`;
