import { expect } from 'vitest';

const SAID = [/^Shall this report be published\?/, /^\.: \d+ findings$/, /^typed: 0 findings$/];

/** Expects what the programs of examples/typed print, whatever the audit finds. */
export function expectAudit(output: string): void {
  const lines = output.trim().split('\n');
  for (const said of SAID) expect(lines).toContainEqual(expect.stringMatching(said));
  expect(lines).not.toContainEqual(expect.stringMatching(/^repo-audit:/));
  expect(lines.at(-1)).toBe('# Repository audit: The examples');
}
