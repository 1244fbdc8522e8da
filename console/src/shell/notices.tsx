import { Suspense, lazy, useSyncExternalStore } from 'react';

const Notifications = lazy(async () => {
  await import('@mantine/notifications/styles.css');
  const { Notifications: Shown } = await import('@mantine/notifications');
  return { default: Shown };
});

let hasSaid = false;
const listeners = new Set<() => void>();

/** Says in a corner what went wrong, for a while. */
export async function say(title: string, message: string): Promise<void> {
  const { notifications } = await import('@mantine/notifications');
  notifications.show({ color: 'red', title, message, role: 'alert' });
  hasSaid = true;
  for (const listener of listeners) listener();
}

/** Where it is said; it comes with the first that is. */
export function Notices() {
  const isShown = useSyncExternalStore(listen, () => hasSaid);
  if (!isShown) return null;
  return (
    <Suspense fallback={null}>
      <Notifications position="bottom-right" containerWidth="min(440px, 100%)" />
    </Suspense>
  );
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
