import { Text } from '@mantine/core';
import { JsonTree } from '../values/json-tree.tsx';
import { counted } from './node-names.ts';
import type { SessionModel } from './session-model.ts';
import type { ReadCheckpoint } from './use-checkpoint.ts';
import { useRevision } from './use-session.ts';

interface Props {
  readonly model: SessionModel;
  readonly metadata: unknown;
  /** What is chosen; the newest where nothing is. */
  readonly checkpoint: ReadCheckpoint | undefined;
}

/** The state at the checkpoint that is chosen, else the newest. */
export function StatePanel({ model, metadata, checkpoint }: Props) {
  useRevision(model);
  const { next, values } = checkpoint ?? model;
  return (
    <>
      <Text size="sm" c="dimmed">
        {next.length === 0 ? 'Nothing would run next.' : `Next: ${counted(next)}`}
      </Text>
      {values === null ? (
        <Text size="sm">There is no state yet, or it cannot be read.</Text>
      ) : (
        <JsonTree label="State" value={values} />
      )}
      <details>
        <summary>Metadata of the session</summary>
        <JsonTree label="Metadata" value={metadata} />
      </details>
    </>
  );
}
