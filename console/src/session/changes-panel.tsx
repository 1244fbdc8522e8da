// What a step changed: its state against that of its parent, or of any other step that is known.
import { lazily } from '../shell/lazily.ts';
import { Select, Text } from '@mantine/core';
import { Suspense, useMemo, useRef, useState } from 'react';
import { messageOf } from '../gateway/errors.ts';
import { Failed, Loading, NotFound } from '../shell/states.tsx';
import type { SessionModel } from './session-model.ts';
import { stepName } from './step-name.ts';
import { type ReadCheckpoint, useCheckpoint } from './use-checkpoint.ts';
import { useRevision } from './use-session.ts';

const JsonChanges = lazily(() => import('../values/json-changes.tsx'));

interface Props {
  readonly model: SessionModel;
  /** The newest whose state was fetched, where it is null. */
  readonly checkpointId: string | null;
}

const PARENT = 'parent';

export default function ChangesPanel({ model, checkpointId }: Props) {
  useRevision(model);
  const [against, setAgainst] = useState(PARENT);
  const after = useCheckpoint(model.id, checkpointId ?? model.valuesAt);
  const parentId = after.is === 'read' ? after.checkpoint.parentCheckpointId : null;
  const before = useCheckpoint(model.id, against === PARENT ? parentId : against);
  const count = model.steps.length;
  const options = useMemo(
    () => [
      { value: PARENT, label: 'The step before' },
      ...model.steps
        .map((step) => ({
          value: step.checkpointId,
          label: `${stepName(step)} (${step.checkpointId.slice(-6)})`,
        }))
        .toReversed(),
    ],
    // The steps are added in place.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [model, count],
  );
  const shown = useLast(after, before);
  if (model.head === null) return <Text c="dimmed">No step yet.</Text>;
  if (after.is === 'missing') return <NotFound what="checkpoint" />;
  for (const side of [after, before])
    if (side.is === 'failed')
      return (
        <Failed
          title="The state could not be loaded"
          message={messageOf(side.error)}
          onRetry={side.retry}
        />
      );
  return (
    <>
      <Select
        label="Against"
        description="Of the steps that the timeline has loaded."
        size="xs"
        mb="xs"
        searchable
        limit={100}
        allowDeselect={false}
        data={options}
        value={against}
        onChange={(chosen) => setAgainst(chosen ?? PARENT)}
      />
      {shown === undefined ? (
        <Loading what="both states" />
      ) : (
        <Suspense fallback={<Loading what="the changes" />}>
          <JsonChanges before={shown.before?.values ?? {}} after={shown.after.values} />
        </Suspense>
      )}
    </>
  );
}

interface Both {
  readonly after: ReadCheckpoint;
  readonly before: ReadCheckpoint | undefined;
}

type Side = ReturnType<typeof useCheckpoint>;

/** The last two states that were there together: while steps come, the next are on their way. */
function useLast(after: Side, before: Side): Both | undefined {
  const last = useRef<Both>(undefined);
  const isWhole = after.is === 'read' && (before.is === 'read' || before.is === 'missing');
  if (isWhole) {
    const next = {
      after: after.checkpoint,
      before: before.is === 'read' ? before.checkpoint : undefined,
    };
    const isSame = last.current?.after === next.after && last.current.before === next.before;
    if (!isSame) last.current = next;
  }
  return last.current;
}
