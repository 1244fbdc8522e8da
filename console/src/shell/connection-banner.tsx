import { Alert } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { useReachable } from '../gateway/reachable.ts';

/** Says that nothing can come, while the computer is offline or the gateway does not answer. */
export function ConnectionBanner() {
  const isOnline = useSyncExternalStore(listen, () => navigator.onLine);
  const isReachable = useReachable();
  if (isOnline && isReachable) return null;
  return (
    <Alert
      color="yellow"
      radius={0}
      pos="fixed"
      bottom={0}
      left={0}
      right={0}
      py={6}
      role="status"
      style={{ zIndex: 150 }}
    >
      {isOnline ? 'The gateway does not answer.' : 'You are offline.'} What you see may be old; it
      goes on when the connection is back.
    </Alert>
  );
}

function listen(listener: () => void): () => void {
  addEventListener('online', listener);
  addEventListener('offline', listener);
  return () => {
    removeEventListener('online', listener);
    removeEventListener('offline', listener);
  };
}
