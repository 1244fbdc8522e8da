// What the audit's graph remembers. It holds no file's content and no absolute path but the one it was given, and
// findings up to a limit, so that its checkpoints stay small however large the tree is.
import { ReducedValue, StateSchema } from '@langchain/langgraph';
import { z } from 'zod';

const count = z.number().int().min(0);

const tally = z.object({ files: count, lines: count, bytes: count });

const finding = z.object({
  /** The id of a rule. */
  rule: z.string(),
  /** From the audited directory. */
  file: z.string(),
  line: z.number().int().min(1),
  note: z.string(),
});

const folderAudit = z.object({
  folder: z.string(),
  languages: z.record(z.string(), tally),
  /** Files that were not read, by reason. */
  skipped: z.record(z.string(), count),
  findings: z.array(finding),
  /** Findings beyond the limit, by rule. */
  unlisted: z.record(z.string(), count),
});

export type Tally = z.infer<typeof tally>;
export type Finding = z.infer<typeof finding>;
export type FolderAudit = z.infer<typeof folderAudit>;

/**
 * What a caller gives. All of it has a default: each input of a session starts an audit of its own, and takes nothing
 * over from the one before.
 */
export const AuditInput = z.object({
  path: z
    .string()
    .min(1)
    .refine((path) => !path.includes('\0'), 'must not hold a NUL character')
    .default('.')
    .describe('The directory to audit, inside AUDIT_ROOT'),
  task: z.string().default('').describe("A few words for the report's heading"),
  exclude: z
    .array(z.string())
    .default([])
    .describe('Top-level folders to leave out; "." is the files beside them'),
});

export const AuditState = new StateSchema({
  ...AuditInput.shape,
  /** The top-level folders that are audited. */
  folders: z.array(z.string()).default([]),
  audits: new ReducedValue(z.array(folderAudit).default([]), {
    inputSchema: folderAudit,
    reducer: (audits, audit) => [...audits, audit],
  }),
  /** Told with the next question. */
  notice: z.string().default(''),
  /** What the question is about. */
  draftReport: z.string().default(''),
  /** The report in Markdown, once it is approved. */
  report: z.string().default(''),
});
