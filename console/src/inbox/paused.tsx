import { Alert } from '@mantine/core';
import { counted } from '../session/node-names.ts';

/** A session that waits without a question: its graph has it stop there (interruptBefore, interruptAfter). */
export function Paused({ next }: { readonly next: readonly string[] }) {
  return (
    <Alert color="yellow" variant="light" title={`Paused before ${counted(next)}`}>
      The graph stops here without a question. Go on, or edit the state before.
    </Alert>
  );
}
