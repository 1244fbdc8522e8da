// What a watcher of a session gets (promises 1, 4, 5): listen first, then read the log, then go live. The bell only
// says when to look; every durable event comes from the log, by its number, so none is lost and none comes twice.
import { GatewayError, sessionNotFound } from '../errors.ts';
import type { Actor, Backend } from '../session/ports.ts';
import { type LiveEvent, type LogEntry, decodeCursor, encodeCursor } from '../session/progress.ts';
import { type Session, isSettled } from '../session/session.ts';
import { Bell } from './bell.ts';

export interface FeedRequest {
  readonly sessionId: string;
  readonly actor: Actor;
  /** The last cursor the watcher has seen; null: begin with a snapshot. */
  readonly after: string | null;
  /** Complete once nothing is queued or running. */
  readonly untilSettled: boolean;
  readonly signal: AbortSignal;
}

/** Where an item stands: `sequence` and `cursor` of the last durable event the watcher has. */
interface Place {
  readonly sessionId: string;
  readonly sequence: number;
  readonly cursor: string;
}

export type FeedItem =
  | (Place & { readonly kind: 'snapshot'; readonly session: Session; readonly at: number })
  | (Place & { readonly kind: 'gap'; readonly requestedAfter: string; readonly at: number })
  | (Place & { readonly kind: 'durable'; readonly entry: LogEntry })
  | (Place & { readonly kind: 'live'; readonly event: LiveEvent })
  /** The feed's end for a reason; it is an item because a source that throws breaks both transports. */
  | { readonly kind: 'failure'; readonly error: unknown };

const LOG_PAGE = 500;

export async function* watchSession(
  backend: Pick<Backend, 'sessions' | 'bus'>,
  request: FeedRequest,
): AsyncGenerator<FeedItem> {
  using bell = new Bell(backend.bus, request.sessionId, request.signal);
  try {
    yield* follow(backend, request, bell);
  } catch (error) {
    yield { kind: 'failure', error };
  }
}

async function* follow(
  { sessions }: Pick<Backend, 'sessions'>,
  { sessionId, actor, after, untilSettled, signal }: FeedRequest,
  bell: Bell,
): AsyncGenerator<FeedItem> {
  const find = async (): Promise<Session> => {
    const session = await sessions.find(sessionId, actor);
    if (session === null) throw sessionNotFound(sessionId);
    return session;
  };
  let session = await find();
  let sequence = session.lastEvent;
  const place = () => ({ sessionId, sequence, cursor: encodeCursor(sessionId, sequence) });
  const snapshot = (): FeedItem => ({ kind: 'snapshot', ...place(), session, at: Date.now() });

  if (after === null) yield snapshot();
  else {
    const asked = decodeCursor(sessionId, after);
    if (asked > session.lastEvent) {
      yield {
        kind: 'gap',
        sessionId,
        sequence: asked,
        cursor: after,
        requestedAfter: after,
        at: Date.now(),
      };
      yield snapshot();
    } else sequence = asked;
  }

  while (!signal.aborted) {
    const live = bell.takeLive();
    session = await find();
    while (sequence < session.lastEvent) {
      const entries = await sessions.readLog(sessionId, actor, sequence, LOG_PAGE);
      const first = entries[0];
      if (first === undefined) {
        session = await find();
        if (sequence < session.lastEvent) throw logGap(sessionId, sequence);
        break;
      }
      if (first.sequence !== sequence + 1) {
        const cursor = encodeCursor(sessionId, sequence);
        yield { kind: 'gap', sessionId, sequence, cursor, requestedAfter: cursor, at: Date.now() };
        session = await find();
        sequence = session.lastEvent;
        yield snapshot();
        continue;
      }
      for (const entry of entries) {
        for (const { event } of takeWhile(live, ({ after }) => after < entry.sequence)) {
          yield { kind: 'live', ...place(), event };
        }
        sequence = entry.sequence;
        yield { kind: 'durable', ...place(), entry };
        if (signal.aborted) return;
      }
    }
    for (const { event } of live) yield { kind: 'live', ...place(), event };
    if (untilSettled && isSettled(session) && sequence >= session.lastEvent) return;
    await bell.next();
  }
  // A watcher that left does not read this any more; one whose gateway stops is told to come back.
  throw signal.reason;
}

/** Takes from the front of `items` while they are accepted. */
function takeWhile<Item>(items: Item[], accepts: (item: Item) => boolean): Item[] {
  const end = items.findIndex((item) => !accepts(item));
  return items.splice(0, end === -1 ? items.length : end);
}

function logGap(sessionId: string, sequence: number): GatewayError {
  return new GatewayError(
    'BACKEND_UNAVAILABLE',
    `The log of session ${sessionId} could not be read past event ${sequence}; come back with your cursor.`,
  );
}
