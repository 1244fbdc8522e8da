import { Button, Group, NumberInput, Select, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { graphql } from '../../gql/gql.ts';
import type { StartableGraphsQuery } from '../../gql/graphql.ts';
import { messageOf } from '../gateway/errors.ts';
import { useKeyedAction } from '../gateway/use-action.ts';
import { useAnswer } from '../gateway/use-answer.ts';
import { Dialog } from '../shell/dialog.tsx';
import { Problem } from '../shell/problem.tsx';
import { Failed, Loading } from '../shell/states.tsx';
import { JsonEditor, parseJson } from '../values/json-editor.tsx';
import { GraphInputFields, givenIn, useGraphInput } from './graph-input.tsx';

const StartableGraphs = graphql(`
  query StartableGraphs {
    graphs {
      id
      description
      inputSchema
    }
  }
`);

const Start = graphql(`
  mutation StartSession($input: StartSessionInput!) {
    startSession(input: $input) {
      session {
        id
        status
      }
    }
  }
`);

type Graph = StartableGraphsQuery['graphs'][number];

export default function StartSession({ onClose }: { readonly onClose: () => void }) {
  const [{ data, error }, askAgain] = useAnswer(
    StartableGraphs,
    {},
    { requestPolicy: 'cache-first' },
  );
  return (
    <Dialog onClose={onClose} title="Start a session" size="lg">
      {data !== undefined && <StartForm graphs={data.graphs} />}
      {data === undefined && error === undefined && <Loading what="graphs" />}
      {data === undefined && error !== undefined && (
        <Failed
          title="The graphs could not be loaded"
          message={messageOf(error)}
          onRetry={askAgain}
        />
      )}
    </Dialog>
  );
}

function StartForm({ graphs }: { readonly graphs: readonly Graph[] }) {
  const [, navigate] = useLocation();
  const [graphId, setGraphId] = useState(graphs[0]?.id ?? null);
  const graph = graphs.find(({ id }) => id === graphId);
  const inputSchema = graph?.inputSchema ?? null;
  const editor = useGraphInput(inputSchema);
  const [metadata, setMetadata] = useState('{}');
  const [recursionLimit, setRecursionLimit] = useState<number | null>(null);
  const [problem, setProblem] = useState<string>();
  const start = useKeyedAction(Start, (error) => setProblem(messageOf(error)));
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);

  const submit = async () => {
    const given = givenIn(editor.value);
    const more = parseJson(metadata, 'metadata');
    if ('problem' in given) return setProblem(given.problem);
    if ('problem' in more) return setProblem(more.problem);
    setProblem(undefined);
    const answer = await start.run({
      input: {
        graphId,
        ...('words' in given ? { task: given.words } : given),
        metadata: more.value,
        ...(recursionLimit !== null && { recursionLimit }),
      },
    });
    if (answer !== undefined) navigate(`/sessions/${answer.startSession.session.id}`);
    return undefined;
  };

  return (
    <Stack>
      <Select
        label="Graph"
        ref={first}
        openOnFocus={false}
        data={graphs.map(({ id }) => id)}
        value={graphId}
        onChange={(chosen) => {
          setGraphId(chosen);
          editor.change({ form: {} });
        }}
        allowDeselect={false}
        searchable
      />
      {graph?.description != null && (
        <Text size="sm" c="dimmed">
          {graph.description}
        </Text>
      )}
      <GraphInputFields key={graphId} inputSchema={inputSchema} editor={editor} />
      <details>
        <summary>More</summary>
        <Stack pt="xs">
          <JsonEditor label="Metadata" value={metadata} onChange={setMetadata} lines={3} />
          <NumberInput
            label="Most steps"
            description="LangGraph's recursionLimit; 25 when left out."
            min={1}
            allowDecimal={false}
            value={recursionLimit ?? ''}
            onChange={(value) => setRecursionLimit(typeof value === 'number' ? value : null)}
          />
        </Stack>
      </details>
      <Problem message={problem} />
      <Group justify="flex-end">
        <Button loading={start.busy} onClick={() => void submit()} disabled={graphId === null}>
          Start
        </Button>
      </Group>
    </Stack>
  );
}
