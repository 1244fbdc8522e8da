// The answer to a question: by a form where the graph says what it expects, by what LangChain's questions allow, else by
// words or JSON.
import { Problem } from '../shell/problem.tsx';
import { Button, Group, Stack, Tabs, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { Question } from '../session/documents.ts';
import { JsonEditor, parseJson } from '../values/json-editor.tsx';
import { SchemaForm, isSchema } from '../values/schema-form.tsx';
import { ActionsForm } from './actions-form.tsx';
import { useDraft } from './drafts.ts';
import { actionsIn } from './human-interrupt.ts';

interface Props {
  readonly question: Question;
  readonly busy: boolean;
  readonly onAnswer: (value: unknown) => void;
}

type Way = 'form' | 'words' | 'json';
const NAMES: Readonly<Record<Way, string>> = { form: 'Form', words: 'Words', json: 'JSON' };

export function AnswerForm({ question, busy, onAnswer }: Props) {
  const asked = actionsIn(question);
  const hasForm = isSchema(question.responseSchema);
  const ways: Way[] = hasForm || asked !== undefined ? ['form', 'json'] : ['words', 'json'];
  const [way, setWay] = useState(ways[0] ?? 'json');
  return (
    <Stack gap="xs" data-answer>
      <Tabs
        value={way}
        onChange={(chosen) => setWay(ways.find((each) => each === chosen) ?? way)}
        keepMounted={false}
      >
        <Tabs.List aria-label="How to answer">
          {ways.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {NAMES[each]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="form" pt="xs">
          {hasForm ? (
            <FormAnswer schema={question.responseSchema} busy={busy} onAnswer={onAnswer} />
          ) : (
            asked !== undefined && <ActionsForm asked={asked} busy={busy} onAnswer={onAnswer} />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="words" pt="xs">
          <WordsAnswer question={question} busy={busy} onAnswer={onAnswer} />
        </Tabs.Panel>
        <Tabs.Panel value="json" pt="xs">
          <JsonAnswer question={question} busy={busy} onAnswer={onAnswer} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

type FieldProps = Omit<Props, 'question'>;

function FormAnswer({ schema, busy, onAnswer }: FieldProps & { readonly schema: unknown }) {
  const [value, setValue] = useState<unknown>();
  return (
    <Stack gap="xs">
      <SchemaForm schema={schema} value={value} onChange={setValue} />
      {/* A form tells its first value a moment after it is shown. */}
      <Send busy={busy} isReady={value !== undefined} onClick={() => onAnswer(value)} />
    </Stack>
  );
}

function WordsAnswer({ question, busy, onAnswer }: Props) {
  const [words, setWords] = useDraft(`${question.id} words`);
  const parsed = parseJson(words, 'answer');
  // An empty answer is given as JSON, "".
  const isBlank = words.trim() === '';
  const json = 'value' in parsed && typeof parsed.value === 'object' ? parsed.value : undefined;
  return (
    <Stack gap="xs">
      <Textarea
        aria-label="Answer"
        placeholder="Your answer"
        autosize
        minRows={2}
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !isBlank)
            onAnswer(words);
        }}
      />
      <Group gap="xs">
        {json !== undefined && (
          <Button size="xs" loading={busy} onClick={() => onAnswer(json)}>
            Answer with this JSON
          </Button>
        )}
        <Button
          size="xs"
          variant={json === undefined ? 'filled' : 'default'}
          disabled={isBlank}
          loading={busy}
          onClick={() => onAnswer(words)}
        >
          {json === undefined ? 'Answer' : 'Answer with these words'}
        </Button>
      </Group>
    </Stack>
  );
}

function JsonAnswer({ question, busy, onAnswer }: Props) {
  const [text, setText] = useDraft(`${question.id} json`);
  const [problem, setProblem] = useState<string>();
  const send = () => {
    const parsed = parseJson(text, 'answer');
    setProblem('problem' in parsed ? parsed.problem : undefined);
    if ('value' in parsed) onAnswer(parsed.value);
  };
  return (
    <Stack gap="xs">
      <JsonEditor label="Answer" value={text} onChange={setText} lines={4} />
      <Problem message={problem} />
      <Send busy={busy} onClick={send} />
    </Stack>
  );
}

interface SendProps {
  readonly busy: boolean;
  readonly isReady?: boolean;
  readonly onClick: () => void;
}

function Send({ busy, isReady = true, onClick }: SendProps) {
  return (
    <Group>
      <Button size="xs" loading={busy} disabled={!isReady} onClick={onClick}>
        Answer
      </Button>
    </Group>
  );
}
