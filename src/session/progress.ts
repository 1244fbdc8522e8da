// Events of a session. Durable ones are numbered entries of its log (gapless event log); live ones are only passed on.
import { Buffer } from 'node:buffer';
import { invalidInput } from '../errors.ts';
import type { RunError, RunStatus } from './run.ts';
import type { SessionStatus } from './session.ts';

export const CHECKPOINT_SOURCES = ['INPUT', 'LOOP', 'UPDATE', 'FORK'] as const;
export type CheckpointSource = (typeof CHECKPOINT_SOURCES)[number];

/** A question that a graph waits on, as it was asked. */
export interface Interrupt {
  readonly interruptId: string;
  readonly value: unknown;
  readonly responseSchema: unknown;
  readonly node: string;
  /** The checkpoint namespace of the subgraph that asks; empty for the graph itself. */
  readonly namespace: string;
}

export type DurableDetail =
  | {
      readonly type: 'RunStatusChanged';
      readonly status: RunStatus;
      readonly sessionStatus: SessionStatus;
      readonly attempt: number;
      readonly error: RunError | null;
    }
  | {
      readonly type: 'CheckpointSaved';
      readonly namespace: string;
      readonly step: number;
      readonly source: CheckpointSource;
      readonly next: readonly string[];
      readonly changedKeys: readonly string[];
      readonly checkpointId: string;
    }
  | {
      readonly type: 'NodeFinished';
      readonly namespace: string;
      readonly node: string;
      readonly error: RunError | null;
      /** Where its writes are stored. Logs from before they were told have none. */
      readonly checkpointId?: string;
      readonly taskId?: string;
    }
  | { readonly type: 'InterruptsRaised'; readonly interrupts: readonly Interrupt[] };

export type CheckpointSaved = Extract<DurableDetail, { readonly type: 'CheckpointSaved' }>;

/** The event that tells of a stored checkpoint. */
export function checkpointSaved(
  stored: Omit<CheckpointSaved, 'type' | 'next'>,
  next: readonly string[],
): CheckpointSaved {
  const { namespace, step, source, changedKeys, checkpointId } = stored;
  return { type: 'CheckpointSaved', namespace, step, source, next, changedKeys, checkpointId };
}

/** An entry of a session's log. `sequence` counts 1, 2, 3 … without gaps; `at` is ms since 1970. */
export interface LogEntry {
  readonly sequence: number;
  readonly runId: string | null;
  readonly at: number;
  readonly detail: DurableDetail;
}

/** An entry before it has its number. */
export type Logged = Omit<LogEntry, 'sequence'>;

export type LiveDetail =
  | { readonly type: 'NodeStarted'; readonly namespace: string; readonly node: string }
  | {
      readonly type: 'MessageDelta';
      readonly namespace: string;
      readonly node: string;
      readonly messageId: string;
      readonly role: 'AI' | 'TOOL';
      /** Nothing of the message was told before. */
      readonly begins: boolean;
      /** How many UTF-16 units of the text stand before `text`. */
      readonly offset: number;
      readonly text: string;
      readonly chunk: unknown;
    }
  | {
      readonly type: 'CustomProgress';
      readonly namespace: string;
      readonly node: string;
      readonly payload: unknown;
    };

export type MessageDelta = Extract<LiveDetail, { readonly type: 'MessageDelta' }>;

export interface LiveEvent {
  readonly runId: string;
  readonly at: number;
  readonly detail: LiveDetail;
}

/** GraphQL's Int ends here. */
const HIGHEST_SEQUENCE = 2 ** 31 - 1;

/** An event's place in its session's log, opaque to clients. */
export function encodeCursor(sessionId: string, sequence: number): string {
  return Buffer.from(`${sessionId}:${sequence}`).toString('base64url');
}

/**
 * The sequence a cursor of this session stands for.
 * @throws GatewayError INVALID_INPUT for a broken cursor or one of another session.
 */
export function decodeCursor(sessionId: string, cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString();
  const match = /^(?<id>[0-9a-f-]{36}):(?<sequence>0|[1-9][0-9]{0,14})$/.exec(text);
  const canonical = match !== null && Buffer.from(text).toString('base64url') === cursor;
  if (!canonical || match.groups?.['id'] !== sessionId) {
    throw invalidInput('`after` (or Last-Event-ID) is not a cursor of this session.');
  }
  const sequence = Number(match.groups['sequence']);
  if (sequence > HIGHEST_SEQUENCE)
    throw invalidInput('`after` (or Last-Event-ID) is not a cursor of this session.');
  return sequence;
}
