import 'react-json-view-lite/dist/index.css';
import { Button, Group } from '@mantine/core';
import { memo, useState } from 'react';
import { JsonView, defaultStyles } from 'react-json-view-lite';

interface Props {
  readonly label: string;
  readonly value: unknown;
}

/** Deeper than this it is closed at first. */
const OPEN_LEVELS = 2;
/** Longer lists and objects are closed at first, too. */
const OPEN_LENGTH = 40;
/** Still longer ones are opened one by one. */
const MOST_OPENED = 300;

// The library's own colors are too pale to be read by everybody.
const STYLES = {
  ...defaultStyles,
  container: 'json mono',
  collapseIcon: `${defaultStyles.collapseIcon} json-icon`,
  expandIcon: `${defaultStyles.expandIcon} json-icon`,
  label: 'json-label',
  clickableLabel: 'json-label json-clickable',
  stringValue: 'json-string',
  numberValue: 'json-number',
  booleanValue: 'json-number',
  nullValue: 'json-null',
  undefinedValue: 'json-null',
  otherValue: 'json-null',
  punctuation: 'json-null',
  stringifyStringValues: true,
};

/** A value as a tree, whose parts are text and never HTML. */
export const JsonTree = memo(function JsonTree({ label, value }: Props) {
  const [isOpen, setOpen] = useState(false);
  const whole = typeof value === 'object' && value !== null ? value : { value };
  return (
    <div>
      <Group justify="flex-end" gap={6} mb={4}>
        <Button size="compact-xs" variant="default" onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Close all' : 'Open all'}
        </Button>
      </Group>
      <JsonView
        key={String(isOpen)}
        data={whole}
        style={STYLES}
        aria-label={label}
        clickToExpandNode
        shouldExpandNode={isOpen ? isBearable : isShort}
      />
    </div>
  );
});

function isShort(level: number, node: unknown): boolean {
  return level < OPEN_LEVELS && lengthOf(node) <= OPEN_LENGTH;
}

function isBearable(_level: number, node: unknown): boolean {
  return lengthOf(node) <= MOST_OPENED;
}

function lengthOf(node: unknown): number {
  if (Array.isArray(node)) return node.length;
  return typeof node === 'object' && node !== null ? Object.keys(node).length : 0;
}
