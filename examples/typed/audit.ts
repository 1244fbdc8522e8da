// The audit by typed operations alone: no JSON is read or written by hand. `node examples/typed/audit.ts http://…/graphql`,
// beside a gateway of this repository (`npm start`). audit.py does the same in Python.
import {
  AuditAnswerDocument,
  AuditSettledDocument,
  AuditStartDocument,
  type RepoAuditPublishAnswerInput,
} from '../../gql/graphql.ts';
import { execute } from '../execute.ts';

const url = process.argv[2] ?? 'http://127.0.0.1:4000/graphql';

const { startSession } = await execute(url, AuditStartDocument, {
  audit: { path: 'examples', task: 'The examples', exclude: ['chat'] },
});
const { id } = startSession.session;
for (const { interruptId, question } of (await settled()).interrupts) {
  if (!('question' in question)) throw new Error('the audit asks something else');
  say(question.question);
  const isTooMuch = question.folders.includes('repo-audit');
  await answer(
    interruptId,
    isTooMuch ? { exclude: { exclude: ['repo-audit'] } } : { approve: true },
  );
}
for (const { interruptId } of (await settled()).interrupts)
  await answer(interruptId, { approve: true });
const { state } = await settled();
if (!state || !('audits' in state)) throw new Error('the session has another state');
for (const { folder, findings } of state.audits ?? [])
  say(`${folder}: ${findings.length} findings`);
say((state.report ?? '').split('\n', 1)[0] ?? '');

async function settled() {
  return (await execute(url, AuditSettledDocument, { id })).awaitSession;
}

async function answer(interruptId: string, given: RepoAuditPublishAnswerInput): Promise<void> {
  await execute(url, AuditAnswerDocument, { id, interruptId, answer: given });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
