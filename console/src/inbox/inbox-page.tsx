// Every session that waits for an answer, the one that waits longest first.
import { Kbd, Paper, Stack, Text, Title } from '@mantine/core';
import { useEffect, useEffectEvent, useState } from 'react';
import { Link } from 'wouter';
import { graphql } from '../../gql/gql.ts';
import { messageOf } from '../gateway/errors.ts';
import { useAnswer } from '../gateway/use-answer.ts';
import { useSessionChanges } from '../gateway/use-session-changes.ts';
import { Empty, Failed, Loading } from '../shell/states.tsx';
import { titleOf } from '../shell/session-title.ts';
import { Ago } from '../shell/time.tsx';
import { Paused } from './paused.tsx';
import { Questions } from './questions.tsx';
import { type Waiting, useWaiting } from './use-waiting.ts';

export default function InboxPage() {
  const { waiting, isCut, error, askAgain } = useWaiting();
  const [chosenId, setChosenId] = useState<string>();
  const chosen = waiting?.find(({ id }) => id === chosenId) ?? waiting?.[0];
  useKeys(waiting ?? [], chosen, setChosenId);
  const answered = () => {
    // The next one takes its place.
    const at = waiting?.findIndex(({ id }) => id === chosen?.id) ?? -1;
    setChosenId((waiting?.[at + 1] ?? waiting?.[at - 1])?.id);
    askAgain();
  };
  return (
    <Stack>
      <title>Inbox · Session Gateway</title>
      <Title order={1} size="h3">
        Inbox{' '}
        {waiting !== undefined && (
          <Text span c="dimmed" size="md">
            {waiting.length}
            {isCut && '+'}
          </Text>
        )}
      </Title>
      {error !== undefined && (
        <Failed
          title="The questions could not be loaded"
          message={messageOf(error)}
          onRetry={askAgain}
        />
      )}
      {waiting === undefined && error === undefined && <Loading what="questions" />}
      {waiting?.length === 0 && (
        <Empty title="Nobody waits for you">Sessions that ask something stand here.</Empty>
      )}
      {waiting !== undefined && chosen !== undefined && (
        <>
          <Text size="sm" c="dimmed" visibleFrom="sm">
            <Kbd>j</Kbd> and <Kbd>k</Kbd> go from question to question, <Kbd>a</Kbd> goes to the
            answer.
          </Text>
          {isCut && (
            <Text size="sm" role="status">
              These are the {waiting.length} that were active last; more wait.
            </Text>
          )}
          <div className="two-columns">
            <Stack
              gap={4}
              component="ul"
              p={0}
              m={0}
              className="waiting"
              style={{ listStyle: 'none' }}
              aria-label="Waiting"
            >
              {waiting.map((session) => (
                <li key={session.id}>
                  <button
                    type="button"
                    id={`waiting-${session.id}`}
                    className="step"
                    style={{ height: 52 }}
                    aria-current={session.id === chosen.id ? 'true' : undefined}
                    onClick={() => {
                      setChosenId(session.id);
                      // Where the page is narrow it stands below the list.
                      document.getElementById('question')?.scrollIntoView({ block: 'nearest' });
                    }}
                  >
                    <span className="cut" style={{ flex: 1 }}>
                      {titleOf(session)}
                      <Text span size="xs" c="dimmed" display="block" className="cut">
                        {session.graphId}
                      </Text>
                    </span>
                    <Text span size="xs" c="dimmed" style={{ flexShrink: 0 }}>
                      <Ago at={session.latestRun?.finishedAt ?? session.updatedAt} />
                    </Text>
                  </button>
                </li>
              ))}
            </Stack>
            <Paper id="question" tabIndex={-1} style={{ outline: 'none' }}>
              <Text size="sm" mb="xs">
                <Link href={`/sessions/${chosen.id}`}>{titleOf(chosen)}</Link>
              </Text>
              <ChosenQuestions key={chosen.id} id={chosen.id} onAnswered={answered} />
            </Paper>
          </div>
        </>
      )}
    </Stack>
  );
}

const OpenQuestions = graphql(`
  query OpenQuestions($id: ID!) {
    session(id: $id) {
      id
      status
      next
      interrupts {
        ...QuestionFields
      }
      latestRun {
        id
      }
    }
  }
`);

function ChosenQuestions({
  id,
  onAnswered,
}: {
  readonly id: string;
  readonly onAnswered: () => void;
}) {
  const [{ data, error, fetching }, askAgain] = useAnswer(
    OpenQuestions,
    { id },
    { requestPolicy: 'cache-and-network' },
  );
  useSessionChanges(askAgain, id);
  if (data === undefined && error !== undefined)
    return (
      <Failed
        title="The question could not be loaded"
        message={messageOf(error)}
        onRetry={askAgain}
      />
    );
  const questions = data?.session?.interrupts ?? [];
  if (data === undefined || (questions.length === 0 && fetching))
    return <Loading what="the question" />;
  if (questions.length === 0) return <Paused next={data.session?.next ?? []} />;
  return (
    <Questions
      sessionId={id}
      questions={questions}
      askedBy={data.session?.latestRun?.id ?? null}
      onAnswered={onAnswered}
    />
  );
}

/** Keys that are not typed into a field. */
function useKeys(
  waiting: readonly Waiting[],
  chosen: Waiting | undefined,
  choose: (id: string) => void,
): void {
  const press = useEffectEvent((event: KeyboardEvent) => {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || !(target instanceof HTMLElement)) return;
    if (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
      return;
    const at = waiting.findIndex(({ id }) => id === chosen?.id);
    const next = { j: waiting[at + 1], k: waiting[at - 1] }[key];
    if (next !== undefined) {
      choose(next.id);
      document.getElementById(`waiting-${next.id}`)?.focus();
    }
    if (key !== 'a') return;
    event.preventDefault();
    focusAnswer();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => press(event);
    addEventListener('keydown', listener);
    return () => removeEventListener('keydown', listener);
  }, []);
}

/** Where an answer is written comes before what chooses how. */
const FIELDS = ['textarea', '.cm-content', 'input', '[role="tabpanel"] button:not([disabled])'];

function focusAnswer(): void {
  const form = document.querySelector('[data-answer]');
  FIELDS.map((field) => form?.querySelector<HTMLElement>(field))
    .find((field) => field != null)
    ?.focus();
}
