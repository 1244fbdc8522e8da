import { existsSync, readFileSync } from 'node:fs';

/** What the test graphs wrote to a file outside of the store: a line for each time that a node ran. */
export function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').filter(Boolean) : [];
}
