// Whether the gateway answered the last time that it was asked.
import { useSyncExternalStore } from 'react';

let isReachable = true;
const listeners = new Set<() => void>();

export function setReachable(reachable: boolean): void {
  if (reachable === isReachable) return;
  isReachable = reachable;
  for (const listener of listeners) listener();
}

export function useReachable(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => isReachable,
  );
}
