// What a graph is given: words, what the form holds that its input schema makes, or JSON.
import { Tabs, Textarea } from '@mantine/core';
import { useState } from 'react';
import { JsonEditor, parseJson, toText } from '../values/json-editor.tsx';
import { SchemaForm, isSchema } from '../values/schema-form.tsx';

type Way = 'words' | 'form' | 'json';

export interface GraphInput {
  readonly way: Way;
  readonly words: string;
  readonly form: unknown;
  readonly json: string;
}

export type Given =
  | { readonly words: string }
  | { readonly input: unknown }
  | { readonly problem: string };

interface Editor {
  readonly value: GraphInput;
  readonly change: (part: Partial<GraphInput>) => void;
}

/** @param inputSchema of the graph, null where it declares none */
export function useGraphInput(inputSchema: unknown): Editor {
  const [given, setGiven] = useState<Omit<GraphInput, 'way'> & { readonly way: Way | undefined }>({
    way: undefined,
    words: '',
    form: {},
    json: '{}',
  });
  const hasForm = isSchema(inputSchema);
  const preset = takesWords(inputSchema) ? 'words' : hasForm ? 'form' : 'json';
  // What was chosen for another graph may not be there for this one.
  const isThere = given.way !== undefined && (given.way !== 'form' || hasForm);
  return {
    value: { ...given, way: isThere ? (given.way ?? preset) : preset },
    change: (part) => setGiven((before) => ({ ...before, ...part })),
  };
}

/** What is to be sent, or what is wrong with it. */
export function givenIn({ way, words, form, json }: GraphInput): Given {
  if (way === 'words')
    return words.trim() === '' ? { problem: 'Say what is to be done.' } : { words };
  if (way === 'form') return { input: form };
  const parsed = parseJson(json, 'input');
  return 'value' in parsed ? { input: parsed.value } : parsed;
}

interface Props {
  readonly inputSchema: unknown;
  readonly editor: Editor;
}

export function GraphInputFields({ inputSchema, editor: { value, change } }: Props) {
  const { way, words, form, json } = value;
  const hasForm = isSchema(inputSchema);
  const choose = (chosen: string | null) => {
    // What the form holds is there to be gone on with as JSON.
    if (chosen === 'json' && way === 'form' && json === '{}')
      change({ way: 'json', json: toText(form) });
    else if (chosen === 'words' || chosen === 'form' || chosen === 'json') change({ way: chosen });
  };
  return (
    <Tabs value={way} onChange={choose} keepMounted={false}>
      <Tabs.List aria-label="How the input is given">
        <Tabs.Tab value="words">Words</Tabs.Tab>
        {hasForm && <Tabs.Tab value="form">Form</Tabs.Tab>}
        <Tabs.Tab value="json">JSON</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="words" pt="sm">
        <Textarea
          label="What is to be done"
          description="A message for a graph with `messages`, else its `task`."
          autosize
          minRows={3}
          value={words}
          onChange={(event) => change({ words: event.currentTarget.value })}
        />
      </Tabs.Panel>
      {hasForm && (
        <Tabs.Panel value="form" pt="sm">
          <SchemaForm
            schema={inputSchema}
            value={form}
            onChange={(changed) => change({ form: changed })}
          />
        </Tabs.Panel>
      )}
      <Tabs.Panel value="json" pt="sm">
        <JsonEditor label="Input" value={json} onChange={(text) => change({ json: text })} />
      </Tabs.Panel>
    </Tabs>
  );
}

function takesWords(inputSchema: unknown): boolean {
  const properties = isSchema(inputSchema) ? inputSchema['properties'] : undefined;
  if (typeof properties !== 'object' || properties === null) return true;
  return 'messages' in properties || 'task' in properties;
}
