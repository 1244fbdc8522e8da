// `session-gateway/client`, for browsers and Node.
export {
  WatchError,
  type SessionWatch,
  type WatchClient,
  type WatchDocuments,
  type WatchOptions,
  type WatchState,
  watchSession,
} from './watch-session.ts';
export type { SessionEvent, SessionStatus } from './session-event.ts';
export {
  type ForkInput,
  GatewayClient,
  type GatewayClientOptions,
  type ResumeInput,
  type StartInput,
  type StartedSession,
  createGatewayClient,
} from './gateway-client.ts';
export { type OpenSessionOptions, type ViewStore, openSession } from './open-session.ts';
export {
  type ListFilter,
  type ListedSession,
  type OpenSessionsOptions,
  type SessionsView,
  openSessions,
} from './open-sessions.ts';
export {
  type StreamEvent,
  type StreamPayload,
  type StreamTransport,
  type StreamTransportOptions,
  createStreamTransport,
} from './stream-transport.ts';
export { openEventSource } from './event-source.ts';
export {
  type FetchOptions,
  GatewayRequestError,
  type HeadersOf,
  type Request,
  fetchRequest,
} from './request.ts';
export {
  type LoadedSession,
  type OpenQuestion,
  type SessionView,
  type ViewAction,
  type ViewError,
  type ViewMessage,
  emptyView,
  reduceSession,
} from './session-view.ts';
