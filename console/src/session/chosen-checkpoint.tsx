// Going back: what can be done from a checkpoint that was chosen.
import { lazily } from '../shell/lazily.ts';
import { Button, Group, Paper, Stack, Text } from '@mantine/core';
import { Suspense, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { messageOf } from '../gateway/errors.ts';
import { useKeyedAction } from '../gateway/use-action.ts';
import { Failed, Loading } from '../shell/states.tsx';
import { Fork, Resume } from './mutations.ts';
import { subgraphsIn } from './node-names.ts';
import { stepName } from './step-name.ts';
import type { CheckpointAnswer, ReadCheckpoint } from './use-checkpoint.ts';
import type { OpenSession } from './use-session.ts';

const EditState = lazily(() => import('./edit-state.tsx'));

interface Props {
  readonly open: OpenSession;
  readonly checkpointId: string;
  /** The subgraph that it is of. */
  readonly namespace: string | null;
  readonly answer: CheckpointAnswer;
  readonly onLeave: () => void;
}

export function ChosenCheckpoint({ open, checkpointId, namespace, answer, onLeave }: Props) {
  const panel = useRef<HTMLElement>(null);
  const { is } = answer;
  // Where the page is narrow it is far from the step that was chosen.
  useEffect(() => {
    if (is === 'read') panel.current?.scrollIntoView({ block: 'nearest' });
  }, [is, checkpointId]);
  return (
    <Paper
      withBorder
      p="sm"
      component="section"
      ref={panel}
      aria-label="The checkpoint that is chosen"
    >
      <Stack gap="xs">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <div style={{ minWidth: 0 }}>
            {answer.is === 'loading' && <Loading what="the checkpoint" />}
            {answer.is === 'missing' && <Text size="sm">There is no such checkpoint.</Text>}
            {answer.is === 'failed' && (
              <Failed
                title="The checkpoint could not be loaded"
                message={messageOf(answer.error)}
                onRetry={answer.retry}
              />
            )}
            {answer.is === 'read' && (
              <Text size="sm">
                <strong>{stepName(answer.checkpoint)}</strong>
                {namespace !== null && ` of ${subgraphsIn(namespace).join(' › ')}`},{' '}
                {new Date(answer.checkpoint.createdAt).toLocaleString()}
                {checkpointId === open.model.head && ', the newest'}
              </Text>
            )}
          </div>
          <Button size="compact-xs" variant="default" onClick={onLeave} style={{ flexShrink: 0 }}>
            Back to now
          </Button>
        </Group>
        {answer.is === 'read' && namespace === null && (
          <Actions open={open} checkpoint={answer.checkpoint} onLeave={onLeave} />
        )}
      </Stack>
    </Paper>
  );
}

interface ActionsProps {
  readonly open: OpenSession;
  readonly checkpoint: ReadCheckpoint;
  readonly onLeave: () => void;
}

function Actions({ open, checkpoint, onLeave }: ActionsProps) {
  const { session, model } = open;
  const [, navigate] = useLocation();
  const [edits, setEdits] = useState(false);
  const fork = useKeyedAction(Fork);
  const resume = useKeyedAction(Resume);
  const { checkpointId, interrupts, next } = checkpoint;
  const sessionId = session.id;
  const canRun = !model.isBusy && session.graph !== null;
  const close = () => setEdits(false);
  const leave = () => {
    close();
    onLeave();
  };
  const goOn = async () => {
    const done = await resume.run({ input: { sessionId, checkpointId } });
    if (done !== undefined) onLeave();
  };
  const forkHere = async () => {
    const done = await fork.run({ input: { sessionId, checkpointId } });
    if (done !== undefined) navigate(`/sessions/${done.forkSession.session.id}`);
  };
  return (
    <Group gap="xs">
      <Button size="xs" variant="default" loading={fork.busy} onClick={() => void forkHere()}>
        {interrupts.length > 0 ? 'Fork from here, to answer otherwise' : 'Fork from here'}
      </Button>
      {interrupts.length === 0 && (
        <Button
          size="xs"
          variant="default"
          loading={resume.busy}
          disabled={!canRun || next.length === 0}
          onClick={() => void goOn()}
        >
          Go on from here
        </Button>
      )}
      <Button size="xs" variant="default" disabled={!canRun} onClick={() => setEdits(true)}>
        Edit the state
      </Button>
      {edits && (
        <Suspense fallback={null}>
          <EditState session={session} checkpoint={checkpoint} onClose={close} onDone={leave} />
        </Suspense>
      )}
    </Group>
  );
}
