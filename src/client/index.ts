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
export type { SessionEvent } from './session-event.ts';
