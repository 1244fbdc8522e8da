// What GraphQL Code Generator makes of the examples' schema compiles where it is right, and does not where it is wrong.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSchema, isInputObjectType } from 'graphql';
import { expect, it } from 'vitest';
import { startProgram } from '../support/program.ts';
import { expectAudit } from './audit-output.ts';
import type { AnswerValue, GraphInput, AuditSettledQuery } from '../../gql/graphql.ts';

export const inputs: GraphInput[] = [
  { repoAudit: { path: '.', exclude: ['a'] } },
  { json: { graphId: 'repo-audit', input: { path: '.' } } },
  // @ts-expect-error two graphs at once
  { repoAudit: { path: '.' }, json: { input: {} } },
  // @ts-expect-error a list is not a text
  { repoAudit: { exclude: 'a' } },
  // @ts-expect-error the graph has no such key
  { repoAudit: { depth: 1 } },
];

export const answers: AnswerValue[] = [
  { repoAuditPublish: { approve: true } },
  { repoAuditPublish: { exclude: { exclude: ['a'] } } },
  { hitl: { decisions: [{ approve: true }, { reject: { message: 'no' } }] } },
  // @ts-expect-error it is one or the other
  { repoAuditPublish: { approve: true, exclude: { exclude: ['a'] } } },
  // @ts-expect-error a decision of this name there is not
  { hitl: { decisions: [{ publish: true }] } },
];

type Settled = AuditSettledQuery['awaitSession'];

export function reportOf({ state }: Settled): string | null {
  if (!state || !('report' in state)) return null;
  // @ts-expect-error before the first step there is none
  const report: string = state.report;
  return report;
}

it('the program of typed operations audits the examples', async () => {
  const root = join(import.meta.dirname, '../..');
  await using gateway = await startProgram({
    ENV: 'development',
    LANGGRAPH_JSON: join(root, 'langgraph.json'),
    AUDIT_ROOT: root,
  });
  const program = join(root, 'examples/typed/audit.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program, gateway.url]);
  expectAudit(stdout);
});

it('the inputs of which one field is given say so', () => {
  const schema = buildSchema(readFileSync('examples/schema.graphql', 'utf8'));
  const oneOf = Object.values(schema.getTypeMap())
    .filter((type) => isInputObjectType(type) && type.isOneOf)
    .map(({ name }) => name);
  expect(oneOf).toEqual(
    expect.arrayContaining(['AnswerValue', 'GraphInput', 'RepoAuditPublishAnswerInput']),
  );
  expect(inputs.length + answers.length).toBe(10);
});
