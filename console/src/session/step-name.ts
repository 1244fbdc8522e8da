import type { LoadedStep } from './documents.ts';

/** What a step is called: `Step 3`, `Input`, `Step 4, edited by hand`. */
export function stepName({ step, source }: Pick<LoadedStep, 'step' | 'source'>): string {
  const name = step < 0 ? 'Input' : `Step ${step}`;
  if (source === 'UPDATE') return `${name}, edited by hand`;
  return source === 'FORK' ? `${name}, where a branch begins` : name;
}
