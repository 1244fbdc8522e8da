// What differs between two values, as a tree of what was taken away and what was put there.
import { Text, VisuallyHidden } from '@mantine/core';
import { type ArrayDelta, type Delta, create } from 'jsondiffpatch';
import { useMemo } from 'react';

interface Props {
  readonly before: unknown;
  readonly after: unknown;
}

const differ = create({
  // What has an id, as messages have, is told by it, anything else by all that it is.
  objectHash(item) {
    const id: unknown = 'id' in item ? item.id : undefined;
    return typeof id === 'string' || typeof id === 'number' ? String(id) : JSON.stringify(item);
  },
  arrays: { detectMove: false },
  cloneDiffValues: false,
});

export default function JsonChanges({ before, after }: Props) {
  const delta = useMemo(() => differ.diff(before, after), [before, after]);
  if (delta === undefined) return <Text c="dimmed">Nothing differs.</Text>;
  return (
    <div className="json mono" role="group" aria-label="Changes" tabIndex={0}>
      <DeltaView name={null} delta={delta} />
    </div>
  );
}

function DeltaView({ name, delta }: { readonly name: string | null; readonly delta: Delta }) {
  if (Array.isArray(delta)) {
    const [removed, added] = partsOf(delta);
    return (
      <div>
        {name !== null && <strong>{name}: </strong>}
        {removed !== undefined && (
          <del>
            <VisuallyHidden>before: </VisuallyHidden>
            {removed}
          </del>
        )}
        {removed !== undefined && added !== undefined && ' '}
        {added !== undefined && (
          <ins>
            <VisuallyHidden>after: </VisuallyHidden>
            {added}
          </ins>
        )}
      </div>
    );
  }
  if (delta === undefined) return null;
  const entries = Object.entries(delta as Record<string, Delta>).filter(([key]) => key !== '_t');
  const isList = (delta as Partial<ArrayDelta>)._t === 'a';
  return (
    <div>
      {name !== null && <strong>{name}</strong>}
      <ul className="delta">
        {entries.map(([key, part]) => (
          <li key={key}>
            <DeltaView name={isList ? `[${key.replace(/^_/, '')}]` : key} delta={part} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** As jsondiffpatch has it: [after], [before, after], or [before, 0, 0]. */
function partsOf(
  delta: readonly unknown[],
): [removed: string | undefined, added: string | undefined] {
  if (delta.length === 1) return [undefined, written(delta[0])];
  if (delta.length === 2) return [written(delta[0]), written(delta[1])];
  return [written(delta[0]), undefined];
}

const LONGEST = 4000;

function written(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value, null, 1) ?? 'undefined');
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text;
}
