import { json, jsonParseLinter } from '@codemirror/lang-json';
import { lintGutter, linter } from '@codemirror/lint';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { tags } from '@lezer/highlight';
import { useComputedColorScheme } from '@mantine/core';
import CodeMirror, { EditorView, Prec } from '@uiw/react-codemirror';
import { useMemo } from 'react';
import { nonce } from '../shell/nonce.ts';

/** The dark theme's own color of keys is too pale to be read by everybody. */
const paleKeys = Prec.highest(
  syntaxHighlighting(HighlightStyle.define([{ tag: tags.propertyName, color: '#ff9aa2' }])),
);

interface Props {
  readonly label: string;
  readonly value: string;
  readonly minHeight: string;
  readonly onChange: (text: string) => void;
}

export default function CodeEditor({ label, value, minHeight, onChange }: Props) {
  const scheme = useComputedColorScheme('light');
  const extensions = useMemo(
    () => [
      json(),
      linter(jsonParseLinter()),
      lintGutter(),
      EditorView.lineWrapping,
      ...(scheme === 'dark' ? [paleKeys] : []),
      EditorView.cspNonce.of(nonce()),
      EditorView.contentAttributes.of({ 'aria-label': label }),
    ],
    [label, scheme],
  );
  return (
    <CodeMirror
      value={value}
      theme={scheme}
      minHeight={minHeight}
      maxHeight="50vh"
      extensions={extensions}
      // Tab goes on to the next field, as keyboards have it.
      indentWithTab={false}
      basicSetup={{ foldGutter: false, highlightActiveLine: false }}
      onChange={onChange}
    />
  );
}
