// Who looks at the console: by a token where the gateway checks tokens, by a name while it believes anybody; where the
// program has a way of its own, such as a cookie, the console has no part in it.
import { useSyncExternalStore } from 'react';

export type SignIn = 'token' | 'user' | 'none';

export const SIGN_IN: SignIn = signInOf(metaContent('sign-in'));
/** Whether GraphiQL is served beside the console. */
export const HAS_GRAPHIQL = metaContent('graphiql') === 'true';

const KEY = `session-gateway:${SIGN_IN}`;
/** A token goes with its tab. */
const storage = SIGN_IN === 'token' ? sessionStorage : localStorage;
const listeners = new Set<() => void>();

/** The token or the name; empty where there is none, which while developing is the user `local`. */
export function credential(): string {
  return SIGN_IN === 'none' ? '' : (storage.getItem(KEY) ?? '');
}

export function setCredential(text: string): void {
  if (text === '') storage.removeItem(KEY);
  else storage.setItem(KEY, text);
  for (const listener of listeners) listener();
}

/** What says so, in HTTP headers. */
export function credentialHeaders(text: string): Record<string, string> {
  if (text === '') return {};
  if (SIGN_IN === 'token') return { authorization: `Bearer ${text}` };
  // A header is of bytes: the gateway reads UTF-8.
  return { 'x-user-id': String.fromCharCode(...new TextEncoder().encode(text)) };
}

/** What says so in connection_init, which is JSON. */
export function credentialParams(text: string): Record<string, string> {
  return SIGN_IN === 'user' && text !== '' ? { 'x-user-id': text } : credentialHeaders(text);
}

export function useCredential(): string {
  return useSyncExternalStore(listen, credential);
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  // Another tab may have changed it.
  addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('storage', listener);
  };
}

function metaContent(name: string): string | undefined {
  return document.querySelector<HTMLMetaElement>(`meta[name="session-gateway:${name}"]`)?.content;
}

function signInOf(text: string | undefined): SignIn {
  return text === 'token' || text === 'none' ? text : 'user';
}
