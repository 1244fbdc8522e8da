import { Badge } from '@mantine/core';
import type { SessionModel } from './session-model.ts';

/** Whether what is shown is what is so now, and, after a lost connection, that nothing was missed. */
export function WatchBadge({ model }: { readonly model: SessionModel }) {
  const { watch, wasLost } = model;
  return (
    <Badge
      role="status"
      variant="outline"
      tt="none"
      color={watch === 'live' ? 'teal' : 'yellow'}
      styles={{ label: { color: 'var(--mantine-color-text)' } }}
    >
      {wordsFor(watch, wasLost)}
    </Badge>
  );
}

function wordsFor(watch: SessionModel['watch'], wasLost: boolean): string {
  switch (watch) {
    case 'live':
      return wasLost ? 'Live again, nothing was missed' : 'Live';
    case 'catching-up':
      return 'Catching up…';
    case 'connecting':
      return 'Connecting…';
    case 'reconnecting':
      return 'Reconnecting…';
    case 'ended':
      return 'Not watched';
  }
}
