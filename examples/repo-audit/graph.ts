// Audits a directory of source code: surveys it, audits its folders in parallel, drafts a report, asks a person, and
// publishes the report. It needs no network and no model, and the same tree always gives the same report.
import {
  Command,
  END,
  type LangGraphRunnableConfig,
  Overwrite,
  START,
  Send,
  StateGraph,
  interrupt,
} from '@langchain/langgraph';
import { z } from 'zod';
import { ANSWERS, publication, readAnswer } from './answer.ts';
import { resolveAuditPath } from './audit-root.ts';
import { AuditInput, AuditState } from './audit-state.ts';
import { auditFolder as auditOneFolder } from './folder-audit.ts';
import { writeReport } from './report.ts';
import { compareNames, folderOf, walkTree } from './walk.ts';

type State = typeof AuditState.State;

interface FolderTask {
  readonly path: string;
  readonly folder: string;
}

/** What it asks, for langgraph.json's `interrupts`. */
export const questions = { publish: publication };

/** As JSON Schema it is told and does not throw: a graph that is called by itself asks again what it does not understand. */
const responseSchema = z.toJSONSchema(publication.answer);

/** The graph without a checkpointer: whoever serves it brings one. */
export const graph = new StateGraph({ state: AuditState, input: AuditInput })
  .addNode('survey', survey)
  .addNode('audit-folder', auditFolder)
  .addNode('draft', draft)
  .addNode('review', review, { ends: ['survey', 'review', 'publish'] })
  .addNode('publish', publish)
  .addEdge(START, 'survey')
  .addConditionalEdges('survey', toFolderTasks, ['audit-folder', 'draft'])
  .addEdge('audit-folder', 'draft')
  .addEdge('draft', 'review')
  .addEdge('publish', END)
  .compile();

async function survey({ path, exclude }: State, { signal }: LangGraphRunnableConfig) {
  const found = new Set<string>();
  for await (const entry of walkTree(await resolveAuditPath(path), signal))
    found.add(folderOf(entry.path));
  const unknown = exclude.filter((folder) => !found.has(folder));
  return {
    folders: [...found].filter((folder) => !exclude.includes(folder)).sort(compareNames),
    exclude: exclude.filter((folder) => found.has(folder)),
    notice:
      unknown.length === 0
        ? ''
        : `There is no folder ${unknown.map(quote).join(', ')} to leave out.`,
    // An earlier round, or an earlier audit of the session, may have left these.
    audits: new Overwrite([]),
    draftReport: '',
    report: '',
  };
}

function toFolderTasks({ path, folders }: State): Send[] | 'draft' {
  if (folders.length === 0) return 'draft';
  return folders.map((folder) => new Send('audit-folder', { path, folder } satisfies FolderTask));
}

async function auditFolder(
  { path, folder }: FolderTask,
  { writer, signal }: LangGraphRunnableConfig,
) {
  // Checked again: days may lie between the survey and this task, and the tree may have changed.
  const root = await resolveAuditPath(path);
  return { audits: await auditOneFolder(root, folder, (progress) => writer?.(progress), signal) };
}

function draft({ task, exclude, audits }: State) {
  return { draftReport: writeReport({ task, exclude, audits }) };
}

function review({ notice, draftReport, folders, exclude }: State) {
  const question = [notice, 'Shall this report be published?', ANSWERS]
    .filter((part) => part !== '')
    .join(' ');
  const answer = readAnswer(
    interrupt({ question, report: draftReport, folders }, { responseSchema }),
  );
  switch (answer.kind) {
    case 'approve':
      return new Command({ goto: 'publish', update: { notice: '' } });
    case 'exclude':
      return new Command({
        goto: 'survey',
        update: { exclude: [...new Set([...exclude, ...answer.folders])] },
      });
    case 'unclear':
      return new Command({ goto: 'review', update: { notice: 'That answer was not understood.' } });
  }
}

/** The draft is cleared, as the state would hold the same text twice. */
function publish({ draftReport }: State) {
  return { report: draftReport, draftReport: '' };
}

function quote(text: string): string {
  return JSON.stringify(text);
}
