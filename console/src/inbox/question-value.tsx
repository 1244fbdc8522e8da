// What a graph asks: words as Markdown, anything else by its parts.
import { Code, Stack, Text } from '@mantine/core';
import type { Question } from '../session/documents.ts';
import { JsonCode } from '../values/json-code.tsx';
import { JsonTree } from '../values/json-tree.tsx';
import { Markdown } from '../values/markdown.tsx';
import { type AskedAction, actionsIn } from './human-interrupt.ts';

export function QuestionValue({ question }: { readonly question: Question }) {
  const asked = actionsIn(question);
  const { value } = question;
  if (asked !== undefined)
    return (
      <Stack gap="xs">
        {asked.actions.map((action, index) => (
          <ActionValue key={`${index} ${action.name}`} action={action} />
        ))}
      </Stack>
    );
  if (value === '') return <Text c="dimmed">It asks with an empty text.</Text>;
  if (typeof value === 'string') return <Markdown text={value} />;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return <JsonTree label="Question" value={value} />;
  const entries = Object.entries(value);
  const words = entries.filter(([, part]) => typeof part === 'string') as [string, string][];
  const rest = entries.filter(([, part]) => typeof part !== 'string');
  return (
    <Stack gap="xs">
      {words.map(([key, text]) => (
        <div key={key}>
          {words.length > 1 && (
            <Text size="xs" c="dimmed">
              {key}
            </Text>
          )}
          <Markdown text={text} />
        </div>
      ))}
      {rest.length > 0 && <JsonTree label="Question" value={Object.fromEntries(rest)} />}
    </Stack>
  );
}

function ActionValue({ action }: { readonly action: AskedAction }) {
  return (
    <div>
      <Text size="sm">
        Wants to do <Code>{action.name}</Code>
      </Text>
      {action.description !== null && <Markdown text={action.description} />}
      <JsonCode label={`What ${action.name} is given`} value={action.args} />
    </div>
  );
}
