// Edits the state as it was at a checkpoint, in a new one, and goes on from there.
import { Problem } from '../shell/problem.tsx';
import { Dialog } from '../shell/dialog.tsx';
import { Button, Checkbox, Group, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { messageOf } from '../gateway/errors.ts';
import { useAction, useKeyedAction } from '../gateway/use-action.ts';
import { JsonEditor, parseJson, toText } from '../values/json-editor.tsx';
import type { LoadedSession } from './documents.ts';
import { Edit, Resume } from './mutations.ts';
import type { ReadCheckpoint } from './use-checkpoint.ts';

interface Props {
  readonly session: LoadedSession;
  readonly checkpoint: ReadCheckpoint;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export default function EditState({ session, checkpoint, onClose, onDone }: Props) {
  const [text, setText] = useState(() => toText(checkpoint.values));
  const [asNode, setAsNode] = useState<string | null>(null);
  const [goesOn, setGoesOn] = useState(true);
  const [isEdited, setEdited] = useState(false);
  const [problem, setProblem] = useState<string>();
  const edit = useAction(Edit, (error) => setProblem(messageOf(error)));
  const resume = useKeyedAction(Resume, (error) =>
    setProblem(`The state was edited, but: ${messageOf(error)}`),
  );
  const sessionId = session.id;
  const goOn = async () => {
    if ((await resume.run({ input: { sessionId } })) !== undefined) onDone();
  };
  const save = async () => {
    setProblem(undefined);
    // What was saved is not saved again because the graph could not go on.
    if (isEdited) return goOn();
    const parsed = parseJson(text, 'state');
    if ('problem' in parsed) return setProblem(parsed.problem);
    const values = changedKeys(checkpoint.values, parsed.value);
    if (values === undefined)
      return setProblem('Nothing was changed. A key that is left out keeps its value.');
    const { checkpointId } = checkpoint;
    const input = { sessionId, checkpointId, values, ...(asNode !== null && { asNode }) };
    if ((await edit.run({ input })) === undefined) return undefined;
    if (!goesOn) return onDone();
    setEdited(true);
    return goOn();
  };
  return (
    <Dialog onClose={onClose} title="Edit the state" size="xl">
      <Stack>
        <Text size="sm" c="dimmed">
          The keys that you change are written as a node would write them: where the graph has a
          reducer for a key, such as for messages, it joins what was there with what you write.
        </Text>
        <JsonEditor label="State" value={text} onChange={setText} lines={14} />
        <Select
          label="As node"
          description="What runs next follows from it. Left out, it is the node that wrote last."
          placeholder="The last one"
          data={session.graph?.nodes ?? []}
          value={asNode}
          onChange={setAsNode}
          clearable
          clearButtonProps={{ 'aria-label': 'No node' }}
        />
        <Checkbox
          label="Go on from there"
          checked={goesOn}
          onChange={(event) => setGoesOn(event.currentTarget.checked)}
        />
        <Problem message={problem} />
        <Group justify="flex-end">
          <Button loading={edit.busy || resume.busy} onClick={() => void save()}>
            {isEdited ? 'Go on' : goesOn ? 'Save and go on' : 'Save'}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

/** The top-level keys that differ; undefined where none does. A state that is no object is written whole. */
function changedKeys(before: unknown, after: unknown): unknown {
  if (JSON.stringify(before) === JSON.stringify(after)) return undefined;
  if (!isObject(before) || !isObject(after)) return after;
  const changed = Object.entries(after).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key]),
  );
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
