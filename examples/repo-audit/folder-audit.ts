// The audit of one folder: reads its files, a bounded number at once, and applies the rules.
import { setImmediate } from 'node:timers/promises';
import PQueue from 'p-queue';
import type { Finding, FolderAudit, Tally } from './audit-state.ts';
import { languageOf } from './languages.ts';
import { type Hit, RULES } from './rules.ts';
import { type SkipReason, type WalkEntry, readContent, walkFolder } from './walk.ts';

/** Findings that are listed of a rule and folder; the rest is counted. */
export const LISTED = 50;

/** Files between two reports of progress. */
export const BATCH = 100;

export interface FolderProgress {
  readonly folder: string;
  readonly done: number;
  readonly total: number;
}

const MANY_LINES = 10_000;

interface FileAudit {
  readonly path: string;
  readonly tally: Tally;
  readonly found: readonly RuleHits[];
}

interface RuleHits {
  readonly rule: string;
  readonly listed: readonly Hit[];
  readonly count: number;
}

// Folders are audited in parallel, so it is the process that has the limit, not the folder.
const reading = new PQueue({ concurrency: 16 });

/**
 * @param onProgress called about every {@link BATCH} files and once at the end
 * @throws the signal's reason, where it is aborted
 */
export async function auditFolder(
  root: string,
  folder: string,
  onProgress: (progress: FolderProgress) => void,
  signal?: AbortSignal,
): Promise<FolderAudit> {
  const entries = await Array.fromAsync(walkFolder(root, folder, signal));
  const audit: FolderAudit = { folder, languages: {}, skipped: {}, findings: [], unlisted: {} };
  for (let done = 0; done < entries.length; done += BATCH) {
    const batch = entries.slice(done, done + BATCH);
    // Results come back in the order of the files, whichever was read first.
    const results = await reading.addAll(
      batch.map((entry) => () => auditEntry(root, entry)),
      signal === undefined ? {} : { signal },
    );
    for (const result of results) addResult(audit, result);
    onProgress({ folder, done: done + batch.length, total: entries.length });
  }
  return audit;
}

async function auditEntry(root: string, entry: WalkEntry): Promise<FileAudit | SkipReason> {
  if (entry.kind !== 'file') return entry.kind;
  const content = await readContent(root, entry.path);
  if ('skipped' in content) return content.skipped;
  const lines = toLines(content.text);
  const file = { root, path: entry.path, lines };
  const found: RuleHits[] = [];
  for (const rule of RULES) {
    // On a long file each rule takes a while: others get their turn in between.
    if (lines.length > MANY_LINES) await setImmediate();
    const hits = await rule.find(file);
    if (hits.length > 0)
      found.push({ rule: rule.id, listed: hits.slice(0, LISTED), count: hits.length });
  }
  return {
    path: entry.path,
    tally: { files: 1, lines: lines.length, bytes: content.bytes },
    found,
  };
}

/** Lines as editors count them: the end of the last line begins no further one. */
function toLines(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function addResult(audit: FolderAudit, result: FileAudit | SkipReason): void {
  if (typeof result === 'string') {
    audit.skipped[result] = (audit.skipped[result] ?? 0) + 1;
    return;
  }
  const language = languageOf(result.path);
  audit.languages[language] = addTallies(audit.languages[language], result.tally);
  for (const hits of result.found) addHits(audit, result.path, hits);
}

function addHits(audit: FolderAudit, file: string, { rule, listed, count }: RuleHits): void {
  const room = LISTED - audit.findings.filter((finding) => finding.rule === rule).length;
  const added = listed.slice(0, room).map((hit): Finding => ({ rule, file, ...hit }));
  audit.findings.push(...added);
  if (count > added.length)
    audit.unlisted[rule] = (audit.unlisted[rule] ?? 0) + count - added.length;
}

/** The sum; of nothing and `b`, `b` itself. */
export function addTallies(a: Tally | undefined, b: Tally): Tally {
  if (a === undefined) return b;
  return { files: a.files + b.files, lines: a.lines + b.lines, bytes: a.bytes + b.bytes };
}
