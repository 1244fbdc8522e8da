import { Code } from '@mantine/core';

/** JSON in a box of its own, which scrolls where it is wide. */
export function JsonCode({ label, value }: { readonly label: string; readonly value: unknown }) {
  return (
    <Code block tabIndex={0} role="group" aria-label={label}>
      {JSON.stringify(value, null, 2)}
    </Code>
  );
}
