// GraphQL over WebSocket (graphql-transport-ws). A socket has one user, from its connection_init.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ExecutionArgs, GraphQLError, getOperationAST } from 'graphql';
import { CloseCode, type Server as ProtocolServer, handleProtocols, makeServer } from 'graphql-ws';
import type { Logger } from 'pino';
import { WebSocket, WebSocketServer } from 'ws';
import { GatewayError, invalidInput } from '../errors.ts';
import type { Answer } from '../graphql/answers.ts';
import { type RequestContext, type Services, createRequestContext } from '../graphql/context.ts';
import { toClientError } from '../graphql/errors.ts';
import type { Documents } from '../graphql/documents.ts';
import type { PersistedDocuments } from '../graphql/persisted-documents.ts';
import { isRefused, prepareWatch } from '../graphql/watch.ts';
import { asRequest } from '../telemetry/log.ts';
import { traceOperation } from '../telemetry/tracing.ts';
import type { User } from '../session/ports.ts';
import type { Admission } from './admission.ts';
import { credentialsIn } from './credentials.ts';
import { callAt } from './expiry.ts';
import type { ConcurrencyLimit } from '../session/concurrency-limit.ts';
import type { Yoga } from './http.ts';
import { checkNesting } from './json-text.ts';
import { statusOf } from './refused.ts';
import type { ConnectionKeeper } from './connection-keeper.ts';
import { SocketKeeper, abandon } from './socket-keeper.ts';
import { SocketSink, WatchedOperation } from './socket-watch.ts';

export interface WebSocketOptions {
  /** Where GraphQL is. */
  readonly path: string;
  readonly services: Services;
  readonly admission: Admission;
  readonly connections: ConcurrencyLimit;
  readonly documents: Documents;
  readonly persisted: PersistedDocuments;
  readonly log: Logger;
  readonly maxBodyBytes: number;
  readonly subscriptionsPerSocket: number;
  readonly keeper: ConnectionKeeper;
  /** How many bytes of answers may wait for a socket before nothing more is read from it. */
  readonly bufferBytes: number;
  /** After how long a peer that neither answers nor takes anything is given up. */
  readonly patienceMs: number;
}

/** Why a socket is refused, beside the protocol's own reasons; docs/watching.md lists them all. */
const CLOSE_CODES = {
  /** Service restart, in the registry of WebSocket close codes. */
  SHUTTING_DOWN: 1012,
  UNAUTHENTICATED: CloseCode.Forbidden,
  FORBIDDEN: CloseCode.Forbidden,
  INVALID_INPUT: CloseCode.BadRequest,
  LIMIT_EXCEEDED: 4430,
  RATE_LIMITED: 4430,
  BACKEND_UNAVAILABLE: 4503,
} as const;

/** How long a client has to send connection_init. */
const INIT_PATIENCE_MS = 3000;
/** How long a peer has to answer the close of its socket; what it sends meanwhile is not read. */
const CLOSING = { closeTimeout: 2000 };
/** How long a stop waits for that. */
const STOP_PATIENCE_MS = 1000;
/** A connection_init is no longer, and nothing else is read before connection_ack. */
const MOST_BYTES_BEFORE_ACK = 65_536;

type EnvelopedArgs = ExecutionArgs & {
  contextValue: RequestContext;
  rootValue: { execute: (args: ExecutionArgs) => unknown };
};

/** What the connection's `extra` remembers. */
interface SocketExtra {
  readonly socket: WebSocket;
  readonly connection: Socket;
  /** Of the request that opened it. */
  readonly headers: IncomingHttpHeaders;
  user?: User;
  /** What is answered now, by the operation's id. */
  readonly operations: Map<string, Operation>;
  /** What is answered, and may not have left yet. */
  readonly sent: Answer[];
  /** Fails where the message that is read goes beyond the user's limit. */
  counted?: Promise<void>;
  release?: () => void;
  /** Takes back that the socket is closed when its token expires. */
  keep?: () => void;
}

interface Operation {
  readonly answer: Answer;
  /** Whether its client still waits for it. */
  readonly isOpen: () => boolean;
}

export interface WebSockets extends AsyncDisposable {
  /** Takes an upgrade of HTTP. @returns whether it is for a WebSocket of GraphQL; else it is left as it is */
  upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): boolean;
}

export function openWebSockets(yoga: Yoga, options: WebSocketOptions): WebSockets {
  const { services, admission, connections, documents, persisted, log } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    path: options.path,
    maxPayload: options.maxBodyBytes,
    // One message in each turn of the event loop, so that a burst of them lets others be served.
    allowSynchronousEvents: false,
    ...CLOSING,
    verifyClient: ({ req }, answer) => void admit(req, admission, log).then((no) => answer(...no)),
  });
  const refused = (error: unknown) => [toClientError(error, log)];
  const protocol = makeServer<Record<string, unknown>, SocketExtra>({
    connectionInitWaitTimeout: INIT_PATIENCE_MS,
    // An operation on a socket is a request of its own.
    execute: (args) =>
      asRequest(randomUUID(), () => (args as EnvelopedArgs).rootValue.execute(args)) as never,
    subscribe: (args) =>
      asRequest(randomUUID(), async () => {
        const watch = await traceOperation(args, () => prepareWatch(args as EnvelopedArgs, log));
        if (isRefused(watch)) return watch;
        try {
          const release = services.subscriptions.acquire(watch.ownerId);
          // From here on its events are limited by themselves.
          (args as EnvelopedArgs).contextValue.answer[Symbol.dispose]();
          return new WatchedOperation(watch, release);
        } catch (error) {
          return { errors: refused(error) };
        }
      }),
    onConnect: async ({ connectionParams, extra }) => {
      try {
        services.closing.throwIfAborted();
        const user = await admission.identify(credentialsIn(connectionParams, extra.headers));
        await admission.count(user);
        // It may have gone while it was looked at.
        if (extra.socket.readyState !== WebSocket.OPEN) return false;
        extra.release = connections.acquire(user.id);
        extra.user = user;
        closeInTime(extra);
        return true;
      } catch (error) {
        if (!(error instanceof GatewayError) || !(error.code in CLOSE_CODES)) throw error;
        const code = CLOSE_CODES[error.code as keyof typeof CLOSE_CODES];
        refuse(extra.socket, code, error.message);
        return false;
      }
    },
    onError: ({ extra }, id) => {
      leave(extra, id);
    },
    onComplete: ({ extra }, id) => {
      leave(extra, id);
    },
    onClose: ({ extra }) => {
      extra.release?.();
      extra.keep?.();
      const open = [...extra.operations.values()].map(({ answer }) => answer);
      for (const answer of [...open, ...extra.sent]) answer[Symbol.dispose]();
    },
    // A client keeps its socket beyond its token by sending a fresh one.
    onPing: async ({ acknowledged, extra }, payload) => {
      const { user } = extra;
      if (!acknowledged || user === undefined) return refuse(extra.socket, ...TOO_EARLY);
      const credentials = credentialsIn(payload);
      if (credentials.get('authorization') === null) return;
      await extra.counted;
      const fresh = await admission.identify(credentials).catch(() => undefined);
      if (fresh?.id !== user.id || fresh.actedBy !== user.actedBy) return;
      extra.user = fresh;
      closeInTime(extra);
    },
    onPong: ({ acknowledged, extra }) => {
      if (!acknowledged) refuse(extra.socket, ...TOO_EARLY);
    },
    onSubscribe: async ({ extra, subscriptions }, id, payload) => {
      const { user, counted } = extra;
      // That there were too many is told to the operation, and the socket goes on.
      delete extra.counted;
      const open = Object.keys(subscriptions).length;
      try {
        await counted;
        if (user === undefined) throw new GatewayError('UNAUTHENTICATED', 'Connect first.');
        if (open > options.subscriptionsPerSocket) {
          throw new GatewayError(
            'LIMIT_EXCEEDED',
            `A socket may hold ${options.subscriptionsPerSocket} operations at once; complete one first.`,
          );
        }
        const query = persisted.textOf(payload) ?? payload.query;
        if (!documents.has(query)) await admission.countDocument(user);
        if (extra.socket.readyState !== WebSocket.OPEN || !(id in subscriptions))
          return refused(invalidInput('The client waits for it no more.'));
        const answer = services.answers.begin(user.id);
        const operation = { answer, isOpen: () => id in subscriptions };
        extra.operations.get(id)?.answer[Symbol.dispose]();
        extra.operations.set(id, operation);
        const { schema, execute, contextFactory, parse, validate } = yoga.getEnveloped({
          preset: createRequestContext(user, services, {
            lastEventId: null,
            answer,
          }),
          params: { ...payload, query },
        });
        const document = parse(query);
        const errors = validate(schema, document);
        if (getOperationAST(document, payload.operationName) == null)
          return refused(new GraphQLError('Name the operation to execute.'));
        if (errors.length > 0) return errors.map((error: unknown) => toClientError(error, log));
        return {
          schema,
          operationName: payload.operationName,
          document,
          variableValues: payload.variables,
          contextValue: await contextFactory(),
          rootValue: { execute },
        };
      } catch (error) {
        return refused(error);
      }
    },
    onOperation: ({ extra }, id, _payload, _args, result) => {
      if (!(result instanceof WatchedOperation)) return;
      // Its answer was counted until here.
      extra.operations.delete(id);
      result.begin(new SocketSink(extra.socket, extra.connection, id, () => result.end()));
    },
  });
  speak(sockets, protocol, options);
  const keeper = new SocketKeeper(sockets, options.patienceMs);
  const stop = () => {
    for (const socket of sockets.clients)
      socket.close(CLOSE_CODES.SHUTTING_DOWN, 'The gateway stops; come back with your cursor.');
  };
  services.closing.addEventListener('abort', stop, { once: true });
  return {
    upgrade(request, connection, head) {
      if (sockets.shouldHandle(request) !== true) return false;
      sockets.handleUpgrade(request, connection, head, (socket) =>
        sockets.emit('connection', socket, request),
      );
      return true;
    },
    async [Symbol.asyncDispose]() {
      keeper[Symbol.dispose]();
      // A peer that does not answer the close must not hold the shutdown up.
      const patience = new AbortController();
      const closed = once(sockets, 'close');
      sockets.close();
      await Promise.race([
        closed,
        sleep(STOP_PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined),
      ]);
      patience.abort();
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

/** Lends each socket to the protocol. What goes wrong with one is its peer's, or logged. */
function speak(
  sockets: WebSocketServer,
  protocol: ProtocolServer<SocketExtra>,
  { admission, keeper, bufferBytes, log }: WebSocketOptions,
): void {
  sockets.options.handleProtocols = handleProtocols;
  sockets.on('connection', (socket, { socket: connection, headers }) => {
    keeper.watch(connection, () => abandon(socket));
    // It closes a socket itself whose peer breaks the protocol of WebSockets.
    socket.on('error', () => undefined);
    const extra: SocketExtra = { socket, connection, headers, operations: new Map(), sent: [] };
    let bytesBeforeAck = 0;
    // A message that has not come whole is kept, too.
    const readBeforeAck = ({ length }: Buffer) => {
      if (extra.user !== undefined) connection.off('data', readBeforeAck);
      else if ((bytesBeforeAck += length) > MOST_BYTES_BEFORE_ACK) {
        refuse(socket, CloseCode.BadRequest, 'This is too long for connection_init.');
        socket.pause();
      }
    };
    connection.on('data', readBeforeAck);
    const receiveCounted = async (text: string, receive: (text: string) => Promise<void>) => {
      checkNesting('message', text);
      if (extra.user !== undefined)
        extra.counted = admission.countMessage(extra.user, Buffer.byteLength(text));
      // Who reads it in the same turn may tell of it instead.
      const received = receive(text);
      leaveCompleted(extra);
      await Promise.all([received, extra.counted]);
    };
    let unsent = 0;
    /** Nothing more is read of a peer than it takes of its answers; what the feed sends limits itself. */
    const send = (text: string) => {
      if (socket.readyState !== WebSocket.OPEN) return;
      const before = extra.sent.splice(0);
      unsent += text.length;
      socket.send(text, () => {
        unsent -= text.length;
        for (const answer of before) answer[Symbol.dispose]();
        if (socket.isPaused && unsent <= bufferBytes / 2) socket.resume();
      });
      if (unsent > bufferBytes) socket.pause();
    };
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        close: (code, reason) => refuse(socket, code, reason),
        send,
        onPing: (payload) => send(pongTo(payload)),
        onMessage(receive) {
          socket.on('message', (data: Buffer) => {
            if (socket.readyState !== WebSocket.OPEN) return;
            receiveCounted(data.toString(), receive).catch((thrown: unknown) => {
              const error = isUnexpected(thrown) ? invalidInput(thrown.message) : thrown;
              const { message, extensions } = toClientError(error, log);
              refuse(socket, closeCodeOf(extensions['code']), message);
            });
          });
        },
      },
      extra,
    );
    socket.once('close', (code, reason) => void closed(code, reason.toString()));
  });
}

/** Its last message is about to be sent. */
function leave({ operations, sent }: SocketExtra, id: string): void {
  const operation = operations.get(id);
  operations.delete(id);
  if (operation !== undefined) sent.push(operation.answer);
}

/** The protocol tells nobody of an operation that its client has completed before it had its answer. */
function leaveCompleted({ operations }: SocketExtra): void {
  for (const [id, operation] of operations) {
    if (operation.isOpen()) continue;
    operations.delete(id);
    operation.answer[Symbol.dispose]();
  }
}

/** What a ping says is said again, unless it is long; the protocol asks for neither. */
function pongTo(payload: unknown): string {
  const pong = JSON.stringify({ type: 'pong', payload });
  return pong.length <= LONGEST_PONG ? pong : PONG;
}

const PONG = JSON.stringify({ type: 'pong' });
const LONGEST_PONG = 1024;
const TOO_EARLY = [CloseCode.Unauthorized, 'Send connection_init first.'] as const;

function refuse(socket: WebSocket, code?: number, reason = ''): void {
  // A reason has 123 bytes at the most (RFC 6455, 5.5.1).
  socket.close(code, reason.replaceAll(/[^ -~]/g, '?').slice(0, LONGEST_REASON));
}

function closeCodeOf(code: unknown): number {
  if (code === 'INTERNAL') return CloseCode.InternalServerError;
  return code === 'RATE_LIMITED' ? CLOSE_CODES.RATE_LIMITED : CloseCode.BadRequest;
}

/** What graphql-ws says of a message that only a server sends. */
function isUnexpected(thrown: unknown): thrown is Error {
  return thrown instanceof Error && thrown.message.startsWith('Unexpected message of type');
}

/** The bytes of a close's reason, in ASCII. */
const LONGEST_REASON = 120;

/** Closes the socket when its token expires. */
function closeInTime(extra: SocketExtra): void {
  extra.keep?.();
  extra.keep = callAt(extra.user?.expiresAt, () =>
    extra.socket.close(
      CLOSE_CODES.UNAUTHENTICATED,
      'The token has expired; come back with another.',
    ),
  );
}

type Verdict = [accepted: boolean, status?: number, reason?: string];

/** Whether a socket may be opened from there. */
async function admit(
  request: IncomingMessage,
  admission: Admission,
  log: Logger,
): Promise<Verdict> {
  try {
    await admission.admit(request);
    return [true];
  } catch (error) {
    if (!(error instanceof GatewayError)) log.error({ err: error }, 'a socket was not admitted');
    return error instanceof GatewayError
      ? [false, statusOf(error), error.message]
      : [false, 500, 'Something went wrong on the server; it was logged.'];
  }
}
