// The open questions of a session, to be answered together.
import { Problem } from '../shell/problem.tsx';
import { Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { messageOf } from '../gateway/errors.ts';
import { useKeyedAction } from '../gateway/use-action.ts';
import type { Question } from '../session/documents.ts';
import { Resume } from '../session/mutations.ts';
import { subgraphsIn } from '../session/node-names.ts';
import { focusMain } from '../shell/focus.ts';
import { say } from '../shell/notices.tsx';
import { AnswerForm } from './answer-form.tsx';
import { dropDrafts } from './drafts.ts';
import { QuestionValue } from './question-value.tsx';

interface Props {
  readonly sessionId: string;
  readonly questions: readonly Question[];
  /** The run that asks: when another asks the same, it is a new question. */
  readonly askedBy: string | null;
  readonly onAnswered?: () => void;
}

type Answers = Readonly<Record<string, unknown>>;

export function Questions(props: Props) {
  const { questions, askedBy } = props;
  if (questions.length === 0) return null;
  const key = [askedBy, ...questions.map(({ interruptId }) => interruptId)].join();
  return <OpenQuestions key={key} {...props} />;
}

function OpenQuestions({ sessionId, questions, onAnswered }: Props) {
  const [answers, setAnswers] = useState<Answers>({});
  const [problem, setProblem] = useState<string>();
  const [isSent, setSent] = useState(false);
  const isShown = useRef(true);
  useEffect(() => {
    isShown.current = true;
    return () => {
      isShown.current = false;
    };
  }, []);
  const resume = useKeyedAction(Resume, (error) => {
    setProblem(messageOf(error));
    // Somebody else may have answered meanwhile, and the questions are gone.
    if (!isShown.current) void say('The answer was not taken', messageOf(error));
  });
  const count = Object.keys(answers).length;
  const send = async (given: Answers) => {
    setProblem(undefined);
    const done = await resume.run({
      input: {
        sessionId,
        answers: Object.entries(given).map(([interruptId, value]) => ({ interruptId, value })),
      },
    });
    if (done === undefined) return;
    for (const { id } of questions) dropDrafts(id);
    setSent(true);
    focusMain();
    onAnswered?.();
  };
  const answer = (interruptId: string, value: unknown) => {
    const given = { ...answers, [interruptId]: value };
    setAnswers(given);
    if (questions.every((question) => question.interruptId in given)) void send(given);
  };
  if (isSent) return null;
  return (
    <Stack gap="sm" component="section" aria-label="Questions">
      {questions.map((question) => {
        const { interruptId, node, namespace } = question;
        const isAnswered = interruptId in answers && questions.length > 1;
        return (
          <Paper key={interruptId} withBorder p="md" radius="md" data-question={interruptId}>
            <Stack gap="sm">
              <Title order={2} size="h5">
                {[...subgraphsIn(namespace), node].join(' › ')} asks
              </Title>
              <div className="asked" tabIndex={0} role="group" aria-label="What is asked">
                <QuestionValue question={question} />
              </div>
              {isAnswered ? (
                <Group gap="xs">
                  <Text size="sm" c="dimmed" role="status">
                    Answered; it goes when all are.
                  </Text>
                  <Button
                    size="compact-xs"
                    variant="default"
                    onClick={() => setAnswers(without(answers, interruptId))}
                  >
                    Change
                  </Button>
                </Group>
              ) : (
                <AnswerForm
                  question={question}
                  busy={resume.busy}
                  onAnswer={(given) => answer(interruptId, given)}
                />
              )}
            </Stack>
          </Paper>
        );
      })}
      {count > 0 && questions.length > 1 && (
        <Group gap="xs">
          <Button
            size="xs"
            variant="default"
            loading={resume.busy}
            onClick={() => void send(answers)}
          >
            {count === questions.length
              ? 'Send'
              : `Send ${count} of ${questions.length}; the others are asked again`}
          </Button>
        </Group>
      )}
      <Problem message={problem} />
    </Stack>
  );
}

function without(answers: Answers, interruptId: string): Answers {
  return Object.fromEntries(Object.entries(answers).filter(([id]) => id !== interruptId));
}
