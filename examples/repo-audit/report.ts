// The audit in Markdown. The same tree gives the same text: nothing here depends on time, place or reading order.
import type { Finding, FolderAudit, Tally } from './audit-state.ts';
import { addTallies } from './folder-audit.ts';
import { RULES, type Rule } from './rules.ts';
import { compareNames } from './walk.ts';

export interface ReportContent {
  readonly task: string;
  readonly exclude: readonly string[];
  readonly audits: readonly FolderAudit[];
}

const NOTHING: Tally = { files: 0, lines: 0, bytes: 0 };
const HEADING_LENGTH = 200;

const SKIPPED: readonly (readonly [reason: string, words: string])[] = [
  ['binary', 'binary'],
  ['large', 'over 1 MiB'],
  ['link', 'linked'],
  ['unreadable', 'unreadable'],
];

/** The whole report, ending with a newline. */
export function writeReport({ task, exclude, audits }: ReportContent): string {
  const sorted = audits.toSorted((a, b) => compareNames(a.folder, b.folder));
  const sections = [
    `# Repository audit${toHeading(task)}`,
    summary(sorted, exclude),
    '## Findings',
    ...findings(sorted),
    '## Languages',
    table('language', languages(sorted)),
    '## Folders',
    table(
      'folder',
      sorted.map((audit) => [code(audit.folder), totalOf(audit)]),
    ),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** The words on one line, as a heading has no second. */
function toHeading(task: string): string {
  const words = task.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  if (words === '') return '';
  return `: ${words.length > HEADING_LENGTH ? `${words.slice(0, HEADING_LENGTH)}…` : words}`;
}

function summary(audits: readonly FolderAudit[], exclude: readonly string[]): string {
  const { files, lines, bytes } = audits.map(totalOf).reduce(addTallies, NOTHING);
  const skipped = SKIPPED.flatMap(([reason, words]) => {
    const count = sum(audits.map((audit) => audit.skipped[reason] ?? 0));
    return count === 0 ? [] : [`${count} ${words}`];
  });
  const found = sum(RULES.map((rule) => countOf(rule, audits)));
  return [
    `${plural(files, 'file')}, ${plural(lines, 'line')} and ${plural(bytes, 'byte')} in ${plural(audits.length, 'folder')}; ${plural(found, 'finding')}.`,
    ...(skipped.length === 0 ? [] : [`Not read: ${skipped.join(', ')}.`]),
    ...(exclude.length === 0
      ? []
      : [`Left out: ${exclude.toSorted(compareNames).map(code).join(', ')}.`]),
  ].join('\n');
}

function findings(audits: readonly FolderAudit[]): string[] {
  const found = RULES.flatMap((rule) => {
    const count = countOf(rule, audits);
    const lines = audits.flatMap((audit) => findingLines(rule, audit));
    return count === 0 ? [] : [`### ${rule.title} (${count})`, lines.join('\n')];
  });
  return found.length === 0 ? ['None.'] : found;
}

function findingLines(rule: Rule, audit: FolderAudit): string[] {
  const more = audit.unlisted[rule.id] ?? 0;
  return [
    ...findingsOf(rule, audit).map(
      ({ file, line, note }) => `- ${code(`${file}:${line}`)} ${code(note)}`,
    ),
    ...(more === 0 ? [] : [`- and ${more} more in ${code(audit.folder)}`]),
  ];
}

function findingsOf(rule: Rule, audit: FolderAudit): Finding[] {
  return audit.findings.filter((finding) => finding.rule === rule.id);
}

function countOf(rule: Rule, audits: readonly FolderAudit[]): number {
  return sum(
    audits.map((audit) => findingsOf(rule, audit).length + (audit.unlisted[rule.id] ?? 0)),
  );
}

function languages(audits: readonly FolderAudit[]): [string, Tally][] {
  const totals = new Map<string, Tally>();
  for (const [language, tally] of audits.flatMap((audit) => Object.entries(audit.languages))) {
    totals.set(language, addTallies(totals.get(language), tally));
  }
  return [...totals]
    .sort(([a, x], [b, y]) => y.lines - x.lines || compareNames(a, b))
    .map(([language, tally]) => [code(language), tally]);
}

function totalOf(audit: FolderAudit): Tally {
  return Object.values(audit.languages).reduce(addTallies, NOTHING);
}

function table(name: string, rows: readonly (readonly [string, Tally])[]): string {
  return [
    `| ${name} | files | lines | bytes |`,
    '|---|--:|--:|--:|',
    ...rows.map(([label, { files, lines, bytes }]) => {
      // Even in code a bar ends the cell.
      return `| ${label.replaceAll('|', '\\|')} | ${files} | ${lines} | ${bytes} |`;
    }),
  ].join('\n');
}

/** As code, so that a file's name or text cannot become markup. */
function code(text: string): string {
  const plain = text.replaceAll(/\p{Cc}/gu, '\u{FFFD}');
  const longest = Math.max(0, ...(plain.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${plain}${fence}` : `${fence} ${plain} ${fence}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function plural(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
