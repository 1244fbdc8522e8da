import { lazily } from '../shell/lazily.ts';
import { Input } from '@mantine/core';
import { Suspense, useId } from 'react';

const CodeEditor = lazily(() => import('./code-editor.tsx'));

interface Props {
  readonly label: string;
  readonly description?: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
  /** How high it is at least. */
  readonly lines?: number;
}

/** JSON to be written by hand. */
export function JsonEditor({ label, description, value, onChange, lines = 6 }: Props) {
  const id = useId();
  const height = `${lines * 1.5 + 1}em`;
  return (
    <Input.Wrapper
      label={label}
      description={description}
      labelElement="div"
      id={id}
      labelProps={{ id: `${id}-label` }}
    >
      <div className="editor" style={{ minHeight: height }}>
        <Suspense fallback={<div style={{ height }} />}>
          <CodeEditor label={label} value={value} onChange={onChange} minHeight={height} />
        </Suspense>
      </div>
    </Input.Wrapper>
  );
}

/** What was written, or what is wrong with it. */
export function parseJson(
  text: string,
  name: string,
): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return {
      problem: `The ${name} is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

export function toText(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? 'null';
}
