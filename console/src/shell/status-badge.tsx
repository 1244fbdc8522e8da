import { Badge } from '@mantine/core';
import type { SessionStatus } from '../../gql/graphql.ts';

const COLORS: Readonly<Record<SessionStatus, string>> = {
  IDLE: 'gray',
  QUEUED: 'grape',
  RUNNING: 'blue',
  INTERRUPTED: 'yellow',
  SUCCEEDED: 'teal',
  FAILED: 'red',
  CANCELLED: 'gray',
};

const WORDS: Readonly<Record<SessionStatus, string>> = {
  IDLE: 'Idle',
  QUEUED: 'Queued',
  RUNNING: 'Running',
  INTERRUPTED: 'Waiting',
  SUCCEEDED: 'Succeeded',
  FAILED: 'Failed',
  CANCELLED: 'Cancelled',
};

/** `Waiting` is INTERRUPTED, as people say it. */
export function wordOf(status: SessionStatus): string {
  return WORDS[status];
}

export function StatusBadge({ status }: { readonly status: SessionStatus }) {
  return (
    <Badge
      color={COLORS[status]}
      style={{ flexShrink: 0 }}
      variant="outline"
      tt="none"
      styles={{ label: { color: 'var(--mantine-color-text)', overflow: 'visible' } }}
    >
      {WORDS[status]}
    </Badge>
  );
}
