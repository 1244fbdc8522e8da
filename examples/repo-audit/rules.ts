// What the audit looks for. Each rule says where and, in a few words, what; none of them prints a secret.
import { isGenerated, isMarkdown, isProse, isScript, isTest } from './languages.ts';
import { relativeLinks } from './links.ts';
import { secretIn } from './secrets.ts';
import { existsInside } from './walk.ts';

export const LONG_LINE = 160;
export const LONG_FILE = 600;

/** Nobody reads past this in a line, and patterns on a minified file would take long. */
const LOOKED_AT = 4000;
const EXCERPT = 80;

export interface SourceFile {
  /** The audited directory. */
  readonly root: string;
  readonly path: string;
  readonly lines: readonly string[];
}

export interface Hit {
  readonly line: number;
  readonly note: string;
}

export interface Rule {
  readonly id: string;
  readonly title: string;
  find(file: SourceFile): Hit[] | Promise<Hit[]>;
}

/** In the order of the report: what to look at first comes first. */
export const RULES: readonly Rule[] = [
  lineRule('secret', 'Likely secrets', always, secretIn),
  lineRule('conflict', 'Merge-conflict markers', always, conflictMarker),
  lineRule('only', 'Tests narrowed by `.only`', isScript, onlyTest),
  lineRule('debug', 'Debugging left in JavaScript and TypeScript', isShippedScript, leftDebugging),
  { id: 'link', title: 'Broken relative links in Markdown', find: brokenLinks },
  { id: 'long-file', title: `Files over ${LONG_FILE} lines`, find: longFile },
  lineRule('long-line', `Lines over ${LONG_LINE} characters`, isWritten, longLine),
  lineRule('todo', 'TODO and FIXME comments', always, todo),
];

function lineRule(
  id: string,
  title: string,
  applies: (path: string) => boolean,
  check: (line: string, path: string) => string | undefined,
): Rule {
  return {
    id,
    title,
    find({ path, lines }) {
      if (!applies(path)) return [];
      return lines.flatMap((line, index) => {
        const note = check(line, path);
        return note === undefined ? [] : [{ line: index + 1, note }];
      });
    },
  };
}

function always(): boolean {
  return true;
}

function isShippedScript(path: string): boolean {
  return isScript(path) && !isTest(path);
}

function isWritten(path: string): boolean {
  return !isGenerated(path);
}

/** `=======` alone is no sign: it also underlines headings. */
function conflictMarker(line: string): string | undefined {
  return /^(?:<{7}|>{7}|\|{7})(?: |$)/.exec(line)?.[0].trim();
}

function onlyTest(line: string): string | undefined {
  return /(?<![\w.$"'`])(?:bench|context|describe|it|suite|test)(?:\.[a-z]{1,16}){0,3}\.only(?:\.each)?\s?[(`]/
    .exec(seen(line))?.[0]
    .slice(0, -1);
}

function leftDebugging(line: string): string | undefined {
  if (/^\s*(?:\/\/|\/?\*)/.test(line)) return undefined;
  if (/^\s*debugger\s*(?:;|\/[/*]|$)/.test(line)) return 'debugger';
  return /(?<![\w.$"'`])console\.log\s?\(/.test(seen(line)) ? 'console.log' : undefined;
}

function longLine(line: string): string | undefined {
  return line.length > LONG_LINE ? `${line.length} characters` : undefined;
}

function longFile({ path, lines }: SourceFile): Hit[] {
  const tooLong = lines.length > LONG_FILE && !isGenerated(path);
  return tooLong ? [{ line: LONG_FILE + 1, note: `${lines.length} lines` }] : [];
}

/** The word counts in capitals behind a comment's sign; prose has no such sign. */
function todo(line: string, path: string): string | undefined {
  const text = seen(line);
  const comment = isProse(path) ? 0 : text.search(/\/\/|\/\*|#|--|^\s*[*;%]/);
  if (comment === -1) return undefined;
  const word = /\b(?:FIXME|TODO)\b.*/.exec(text.slice(comment));
  return word === null ? undefined : excerpt(word[0], line);
}

async function brokenLinks({ root, path, lines }: SourceFile): Promise<Hit[]> {
  if (!isMarkdown(path)) return [];
  const links = relativeLinks(path, lines.map(seen));
  const missing = new Set<string>();
  for (const target of new Set(links.map((link) => link.path))) {
    if (!(await existsInside(root, target))) missing.add(target);
  }
  return links
    .filter((link) => missing.has(link.path))
    .map(({ line, target }) => ({ line, note: excerpt(target, target) }));
}

function seen(line: string): string {
  return line.length > LOOKED_AT ? line.slice(0, LOOKED_AT) : line;
}

function excerpt(text: string, line: string): string {
  if (secretIn(line) !== undefined) return '(not shown: the line seems to hold a secret)';
  return text.length > EXCERPT ? `${text.slice(0, EXCERPT)}…` : text.trim();
}
