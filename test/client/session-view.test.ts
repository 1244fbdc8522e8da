// The view that events and loads fold into.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type LoadedSession,
  type SessionView,
  emptyView,
  reduceSession,
} from '../../src/client/index.ts';
import type { SessionEvent } from '../../src/client/session-event.ts';

type EventOf<Name> = Extract<SessionEvent, { __typename: Name }>;

const place = { sequence: 1, cursor: 'c1', sessionId: 's', runId: 'r', at: '2026-01-01T00:00:00Z' };
const loaded: LoadedSession = {
  id: 's',
  status: 'RUNNING',
  cursor: 'c0',
  messages: { nodes: [] },
  interrupts: [],
  latestRun: null,
};

function delta(messageId: string, offset: number, text: string): EventOf<'MessageDelta'> {
  return {
    ...place,
    __typename: 'MessageDelta',
    namespace: '',
    node: 'n',
    messageId,
    role: 'AI',
    offset,
    text,
  };
}

function stored(messageId: string, text: string) {
  const rest = { name: null, toolCalls: [], toolCallId: null, toolStatus: null };
  return { messageId, role: 'AI', text, ...rest } as const;
}

function after(...events: readonly SessionEvent[]): SessionView {
  const begun = reduceSession(emptyView('s'), { type: 'loaded', session: loaded });
  return events.reduce((view, event) => reduceSession(view, { type: 'event', event }), begun);
}

describe('messages that are being written', () => {
  it('have the text that was written, however it was cut, and whatever comes again', () => {
    const cut = fc
      .tuple(fc.string({ minLength: 1, maxLength: 40 }), fc.array(fc.nat(40)))
      .map(([text, at]) => ({
        text,
        ends: [...new Set([...at.map((n) => Math.min(n, text.length)), text.length])].sort(
          (a, b) => a - b,
        ),
      }));
    fc.assert(
      fc.property(cut, fc.boolean(), ({ text, ends }, again) => {
        const starts = [0, ...ends.slice(0, -1)];
        const events = ends.map((end, n) => delta('m', starts[n] ?? 0, text.slice(starts[n], end)));
        // Who joins in the middle, or was too slow, gets all of it from the beginning.
        const whole = again ? [delta('m', 0, text)] : [];
        const { messages } = after(...events, ...whole);
        expect(messages.map((message) => message.text)).toEqual([text]);
        expect(messages[0]?.isStreaming).toBe(true);
      }),
    );
  });

  it('stay until they are stored, and are gone once nothing runs', () => {
    const writing = after(delta('a', 0, 'on'), delta('b', 0, 'x'));
    const some = { ...loaded, messages: { nodes: [stored('a', 'one')] } };
    const view = reduceSession(writing, { type: 'loaded', session: some });
    expect(view.messages.map(({ id, text, isStreaming }) => [id, text, isStreaming])).toEqual([
      ['a', 'one', false],
      ['b', 'x', true],
    ]);
    const settled = { ...some, status: 'SUCCEEDED' } as const;
    expect(reduceSession(view, { type: 'loaded', session: settled }).messages).toHaveLength(1);
  });
});

const question = { interruptId: 'i', value: 1, responseSchema: null, node: 'n', namespace: '' };
const raised: SessionEvent = { ...place, __typename: 'InterruptsRaised', interrupts: [question] };

function status(sessionStatus: EventOf<'RunStatusChanged'>['sessionStatus']): SessionEvent {
  const error =
    sessionStatus === 'FAILED' ? { code: 'GRAPH_ERROR', message: 'no', node: 'n' } : null;
  return {
    ...place,
    __typename: 'RunStatusChanged',
    status: 'RUNNING',
    sessionStatus,
    attempt: 1,
    error,
  };
}

it('questions are open until something runs again, and come once', () => {
  expect(after(raised, raised, status('INTERRUPTED')).questions).toEqual([question]);
  expect(after(raised, status('INTERRUPTED'), status('QUEUED')).questions).toEqual([]);
});

it('an error is there until something runs again', () => {
  expect(after(status('FAILED')).error).toMatchObject({ code: 'GRAPH_ERROR' });
  expect(after(status('FAILED'), status('RUNNING')).error).toBeNull();
});

it('nodes run from their beginning to their end, with the newest that each wrote', () => {
  const started = { ...place, __typename: 'NodeStarted', namespace: '', node: 'a' } as const;
  const wrote = { ...started, __typename: 'CustomProgress', payload: 1 } as const;
  const finished = { ...started, __typename: 'NodeFinished', error: null } as const;
  const view = after(started, { ...started, node: 'b' }, wrote, { ...wrote, payload: 2 }, finished);
  expect(view).toMatchObject({ running: ['b'], progress: { a: 2 } });
  expect(after(started, wrote, status('SUCCEEDED'))).toMatchObject({ running: [], progress: {} });
});

it('a node with several tasks runs until the last has ended', () => {
  const started = { ...place, __typename: 'NodeStarted', namespace: '', node: 'a' } as const;
  const finished = { ...started, __typename: 'NodeFinished', error: null } as const;
  expect(after(started, started, finished).running).toEqual(['a']);
  expect(after(started, started, finished, finished).running).toEqual([]);
});

it('what an attempt before has begun is gone with the next', () => {
  const started = { ...place, __typename: 'NodeStarted', namespace: '', node: 'a' } as const;
  const view = after(started, delta('old', 0, 'hal'), status('RUNNING'), delta('new', 0, 'half'));
  expect(view.running).toEqual([]);
  expect(view.messages.map(({ id }) => id)).toEqual(['new']);
});

it('what did not change is the same object', () => {
  const view = after(status('RUNNING'));
  const same = reduceSession(view, { type: 'connection', state: view.connection });
  expect(same).toBe(view);
});

it('a session that is not there is gone', () => {
  expect(reduceSession(emptyView('s'), { type: 'loaded', session: null }).phase).toBe('gone');
  const error = { code: 'SESSION_NOT_FOUND', message: 'no' };
  expect(reduceSession(emptyView('s'), { type: 'failed', error }).phase).toBe('gone');
});
