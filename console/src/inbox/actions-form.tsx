// Accept, edit, respond or ignore: for each action that a graph asks about.
import { Problem } from '../shell/problem.tsx';
import { Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { JsonEditor, parseJson, toText } from '../values/json-editor.tsx';
import {
  type AskedAction,
  type AskedActions,
  type Decided,
  type Decision,
  answerTo,
} from './human-interrupt.ts';

interface Props {
  readonly asked: AskedActions;
  readonly busy: boolean;
  readonly onAnswer: (value: unknown) => void;
}

export function ActionsForm({ asked, busy, onAnswer }: Props) {
  const [decided, setDecided] = useState<Readonly<Record<number, Decided>>>({});
  const decide = (index: number, decision: Decided) => {
    const all = { ...decided, [index]: decision };
    setDecided(all);
    const each = asked.actions.map((_, at) => all[at]).filter((one) => one !== undefined);
    if (each.length === asked.actions.length) onAnswer(answerTo(asked, each));
  };
  return (
    <Stack gap="sm">
      {asked.actions.map((action, index) => (
        <ActionDecision
          key={`${index} ${action.name}`}
          action={action}
          isOnly={asked.actions.length === 1}
          rejects={asked.shape === 'middleware'}
          decided={decided[index]?.decision}
          busy={busy}
          onDecide={(decision) => decide(index, decision)}
        />
      ))}
    </Stack>
  );
}

interface DecisionProps {
  readonly action: AskedAction;
  readonly isOnly: boolean;
  /** Whether an answer in words means no. */
  readonly rejects: boolean;
  readonly decided: Decision | undefined;
  readonly busy: boolean;
  readonly onDecide: (decided: Decided) => void;
}

function ActionDecision({ action, isOnly, rejects, decided, busy, onDecide }: DecisionProps) {
  const [opened, setOpened] = useState<'edit' | 'respond' | null>(null);
  const [args, setArgs] = useState(() => toText(action.args));
  const [words, setWords] = useState('');
  const [problem, setProblem] = useState<string>();
  const { allowed } = action;
  const respond = rejects ? 'Reject' : 'Respond';
  const sendEdit = () => {
    const parsed = parseJson(args, 'arguments');
    setProblem('problem' in parsed ? parsed.problem : undefined);
    if ('value' in parsed) onDecide({ decision: 'edit', given: parsed.value });
  };
  return (
    <Stack gap="xs">
      {!isOnly && (
        <Text size="sm" fw={600}>
          {action.name}
          {decided !== undefined && `: ${decided}`}
        </Text>
      )}
      <Group gap="xs">
        {allowed.includes('accept') && (
          <Button
            size="xs"
            loading={busy}
            onClick={() => onDecide({ decision: 'accept', given: null })}
          >
            {rejects ? 'Approve' : 'Accept'}
          </Button>
        )}
        {allowed.includes('edit') && (
          <Button
            size="xs"
            variant="default"
            aria-expanded={opened === 'edit'}
            onClick={() => setOpened(opened === 'edit' ? null : 'edit')}
          >
            Edit
          </Button>
        )}
        {allowed.includes('respond') && (
          <Button
            size="xs"
            variant="default"
            aria-expanded={opened === 'respond'}
            onClick={() => setOpened(opened === 'respond' ? null : 'respond')}
          >
            {respond}
          </Button>
        )}
        {allowed.includes('ignore') && (
          <Button
            size="xs"
            variant="default"
            loading={busy}
            onClick={() => onDecide({ decision: 'ignore', given: null })}
          >
            Ignore
          </Button>
        )}
      </Group>
      {opened === 'edit' && (
        <>
          <JsonEditor label="Arguments" value={args} onChange={setArgs} />
          <Problem message={problem} />
          <Group>
            <Button size="xs" loading={busy} onClick={sendEdit}>
              Send the edited arguments
            </Button>
          </Group>
        </>
      )}
      {opened === 'respond' && (
        <>
          <Textarea
            aria-label={respond}
            placeholder={rejects ? 'Why not (may be left out)' : 'Your words'}
            autosize
            minRows={2}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
          />
          <Group>
            <Button
              size="xs"
              loading={busy}
              disabled={!rejects && words.trim() === ''}
              onClick={() => onDecide({ decision: 'respond', given: words })}
            >
              Send
            </Button>
          </Group>
        </>
      )}
    </Stack>
  );
}
