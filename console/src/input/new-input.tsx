import { Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { graphql } from '../../gql/gql.ts';
import { messageOf } from '../gateway/errors.ts';
import { useKeyedAction } from '../gateway/use-action.ts';
import { useAnswer } from '../gateway/use-answer.ts';
import { Resume } from '../session/mutations.ts';
import { Dialog } from '../shell/dialog.tsx';
import { Problem } from '../shell/problem.tsx';
import { Failed, Loading } from '../shell/states.tsx';
import { GraphInputFields, givenIn, useGraphInput } from './graph-input.tsx';

const GraphOfSession = graphql(`
  query GraphOfSession($id: ID!) {
    session(id: $id) {
      id
      graph {
        id
        inputSchema
      }
    }
  }
`);

interface Props {
  readonly sessionId: string;
  /** Whether a run is there, which it is to wait for. */
  readonly isBusy: boolean;
  /** Whether questions are open, which it drops. */
  readonly dropsQuestions: boolean;
  readonly onClose: () => void;
}

/** New work for a session: its graph begins anew, with the state that is there. */
export default function NewInput(props: Props) {
  const { sessionId, onClose } = props;
  const [{ data, error }, askAgain] = useAnswer(GraphOfSession, { id: sessionId });
  return (
    <Dialog onClose={onClose} title="New input" size="lg">
      {data !== undefined && (
        <InputForm {...props} inputSchema={data.session?.graph?.inputSchema ?? null} />
      )}
      {data === undefined && error === undefined && <Loading what="the graph" />}
      {data === undefined && error !== undefined && (
        <Failed
          title="The graph could not be loaded"
          message={messageOf(error)}
          onRetry={askAgain}
        />
      )}
    </Dialog>
  );
}

function InputForm({
  sessionId,
  isBusy,
  dropsQuestions,
  onClose,
  inputSchema,
}: Props & { readonly inputSchema: unknown }) {
  const editor = useGraphInput(inputSchema);
  const [problem, setProblem] = useState<string>();
  const resume = useKeyedAction(Resume, (error) => setProblem(messageOf(error)));
  const send = async () => {
    const given = givenIn(editor.value);
    if ('problem' in given) return setProblem(given.problem);
    setProblem(undefined);
    const done = await resume.run({
      input: {
        sessionId,
        ...('words' in given ? { message: given.words } : given),
        onBusy: isBusy ? 'ENQUEUE' : 'REJECT',
      },
    });
    if (done !== undefined) onClose();
    return undefined;
  };
  return (
    <Stack>
      <GraphInputFields inputSchema={inputSchema} editor={editor} />
      {isBusy && (
        <Text size="sm" c="dimmed">
          It begins when what runs now is over.
        </Text>
      )}
      {dropsQuestions && <Text size="sm">The open questions are dropped.</Text>}
      <Problem message={problem} />
      <Group justify="flex-end">
        <Button loading={resume.busy} onClick={() => void send()}>
          Send
        </Button>
      </Group>
    </Stack>
  );
}
