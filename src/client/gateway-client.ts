// What a program does with sessions, over plain fetch or its own GraphQL client.
import { openEventSource } from './event-source.ts';
import { type FetchOptions, type Request, fetchRequest } from './request.ts';
import type { WatchClient } from './watch-session.ts';

export interface GatewayClientOptions {
  /** Executes queries and mutations, in the place of plain fetch: over Apollo, urql, graphql-request, … */
  readonly request: Request;
  /** Receives subscriptions, in the place of server-sent events: a client of graphql-ws or graphql-sse. */
  readonly watchClient: WatchClient;
}

/** The arguments of a mutation, as schema.graphql names them. */
type Input = Readonly<Record<string, unknown>>;

export interface StartInput extends Input {
  /** May be left out where the gateway has one graph. */
  readonly graphId?: string;
  readonly input?: unknown;
  /** The words of a first message, in the place of `input`. */
  readonly task?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** The same key gives the same session, however often it is sent. */
  readonly idempotencyKey?: string;
}

export interface ResumeInput extends Input {
  readonly sessionId: string;
  readonly input?: unknown;
  readonly message?: string;
  readonly answers?: readonly { readonly interruptId: string; readonly value: unknown }[];
  readonly onBusy?: 'REJECT' | 'ENQUEUE' | 'INTERRUPT' | 'ROLLBACK';
  readonly idempotencyKey?: string;
}

export interface ForkInput extends Input {
  readonly sessionId: string;
  readonly checkpointId?: string;
}

export interface StartedSession {
  readonly sessionId: string;
  /** What a watch goes on from, so that it misses nothing. */
  readonly cursor: string;
  readonly runId: string;
}

/** Queries, mutations and subscriptions of one gateway, in the name of one caller. */
export class GatewayClient {
  readonly request: Request;
  readonly watchClient: WatchClient;

  constructor({ request, watchClient }: GatewayClientOptions) {
    this.request = request;
    this.watchClient = watchClient;
  }

  /** @throws GatewayRequestError with a code of the contract */
  async startSession(input: StartInput): Promise<StartedSession> {
    const { startSession } = await this.request<{ startSession: Started }>(START, { input });
    return startedOf(startSession);
  }

  /** New work, answers, or going on after a failure. @throws GatewayRequestError */
  async resumeSession(input: ResumeInput): Promise<{ readonly runId: string }> {
    const { resumeSession } = await this.request<{ resumeSession: Pick<Started, 'run'> }>(RESUME, {
      input,
    });
    return { runId: resumeSession.run.id };
  }

  /** Answers one question; the others stay open. @throws GatewayRequestError INTERRUPT_MISMATCH, INVALID_INPUT, … */
  answer(
    sessionId: string,
    interruptId: string,
    value: unknown,
  ): Promise<{ readonly runId: string }> {
    return this.resumeSession({ sessionId, answers: [{ interruptId, value }] });
  }

  /** A session of its own that begins where this one is, or at a checkpoint. @throws GatewayRequestError */
  async forkSession(input: ForkInput): Promise<{ readonly sessionId: string }> {
    const { forkSession } = await this.request<{ forkSession: Pick<Started, 'session'> }>(FORK, {
      input,
    });
    return { sessionId: forkSession.session.id };
  }

  /** Ends what is queued or running of it. @throws GatewayRequestError */
  async cancelSession(sessionId: string): Promise<void> {
    await this.request(CANCEL, { input: { sessionId } });
  }

  /** Deletes it, and all that belongs to it. @throws GatewayRequestError */
  async deleteSession(sessionId: string): Promise<void> {
    await this.request(DELETE, { input: { sessionId } });
  }
}

/** A client over plain fetch: requests, and server-sent events for what is live. */
export function createGatewayClient(
  options: FetchOptions & Partial<GatewayClientOptions>,
): GatewayClient {
  return new GatewayClient({
    request: options.request ?? fetchRequest(options),
    watchClient: options.watchClient ?? openEventSource(options),
  });
}

interface Started {
  readonly session: { readonly id: string; readonly cursor: string };
  readonly run: { readonly id: string };
}

function startedOf({ session, run }: Started): StartedSession {
  return { sessionId: session.id, cursor: session.cursor, runId: run.id };
}

const START = `mutation StartSession($input: StartSessionInput!) {
  startSession(input: $input) { session { id cursor } run { id } }
}`;
const RESUME = `mutation ResumeSession($input: ResumeSessionInput!) {
  resumeSession(input: $input) { run { id } }
}`;
const FORK = `mutation ForkSession($input: ForkSessionInput!) {
  forkSession(input: $input) { session { id } }
}`;
const CANCEL = `mutation CancelSession($input: CancelSessionInput!) {
  cancelSession(input: $input) { session { id } }
}`;
const DELETE = `mutation DeleteSession($input: DeleteSessionInput!) {
  deleteSession(input: $input) { deletedSessionId }
}`;
