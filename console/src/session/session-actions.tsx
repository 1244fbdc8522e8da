import { lazily } from '../shell/lazily.ts';
import { Button, Group } from '@mantine/core';
import { Suspense, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useAction, useKeyedAction } from '../gateway/use-action.ts';
import type { LoadedSession } from './documents.ts';
import { Cancel, Fork, Resume } from './mutations.ts';
import type { SessionModel } from './session-model.ts';

const NewInput = lazily(() => import('../input/new-input.tsx'));
const DeleteSession = lazily(() => import('./delete-session.tsx'));

interface Props {
  readonly session: LoadedSession;
  readonly model: SessionModel;
}

/** What can be done with a session as it is now. */
export function SessionActions({ session, model }: Props) {
  const [, navigate] = useLocation();
  const [dialog, setDialog] = useState<'input' | 'delete' | null>(null);
  const close = () => setDialog(null);
  const cancel = useAction(Cancel);
  const fork = useKeyedAction(Fork);
  const resume = useKeyedAction(Resume);
  const { isBusy, status, next, questions } = model;
  const canGoOn = !isBusy && questions.length === 0 && next.length > 0 && session.graph !== null;
  const sessionId = session.id;
  const stop = async () => {
    const done = await cancel.run({ input: { sessionId } });
    if (done !== undefined) model.setStatus(done.cancelSession.session.status);
  };
  const forkNow = async () => {
    const done = await fork.run({ input: { sessionId } });
    if (done !== undefined) navigate(`/sessions/${done.forkSession.session.id}`);
  };
  return (
    <Group gap="xs" role="group" aria-label="Actions">
      {canGoOn && (
        <Button
          size="xs"
          loading={resume.busy}
          onClick={() => void resume.run({ input: { sessionId } })}
        >
          Go on
        </Button>
      )}
      {(isBusy || status === 'INTERRUPTED') && (
        <Button
          size="xs"
          color="red"
          variant="outline"
          loading={cancel.busy}
          onClick={() => void stop()}
        >
          Cancel
        </Button>
      )}
      {session.graph !== null && (
        <Button size="xs" variant="default" onClick={() => setDialog('input')}>
          New input…
        </Button>
      )}
      <Button
        size="xs"
        variant="default"
        loading={fork.busy}
        disabled={model.head === null}
        onClick={() => void forkNow()}
      >
        Fork
      </Button>
      <Button size="xs" variant="default" component={Link} href={`/compare?left=${sessionId}`}>
        Compare
      </Button>
      <Button size="xs" variant="default" onClick={() => setDialog('delete')}>
        Delete…
      </Button>
      <Suspense fallback={null}>
        {dialog === 'delete' && <DeleteSession sessionId={sessionId} onClose={close} />}
        {dialog === 'input' && (
          <NewInput
            sessionId={sessionId}
            isBusy={isBusy}
            dropsQuestions={questions.length > 0}
            onClose={close}
          />
        )}
      </Suspense>
    </Group>
  );
}
