// Relative links of Markdown files.
import { posix } from 'node:path';

export interface MarkdownLink {
  readonly line: number;
  /** As written. */
  readonly target: string;
  /** The file it leads to, from the audited directory. */
  readonly path: string;
}

// Both begin at a fixed text, so that a hostile line costs no more than its length.
const INLINE_LINK = /\]\(\s?<?([^()\s<>]+)/g;
const DEFINITION = /^ {0,3}\[[^\]]{1,200}\]:\s{1,8}<?([^\s<>]+)/;
const FENCE = /^\s{0,3}(?:```|~~~)/;
const INLINE_CODE = /`[^`]*`/g;
const ABSOLUTE = /^(?:[a-z][a-z0-9+.-]*:|\/\/|#|\?)/i;

/**
 * The relative links of a file, without those in code and those that leave the audited directory. A target that begins
 * with `/` starts at the audited directory, as it does on code hosts.
 */
export function relativeLinks(path: string, lines: readonly string[]): MarkdownLink[] {
  const links: MarkdownLink[] = [];
  let inCode = false;
  for (const [index, line] of lines.entries()) {
    if (FENCE.test(line)) inCode = !inCode;
    else if (!inCode) {
      for (const target of targetsOf(line)) {
        const leadsTo = resolveTarget(path, target);
        if (leadsTo !== undefined) links.push({ line: index + 1, target, path: leadsTo });
      }
    }
  }
  return links;
}

function targetsOf(line: string): string[] {
  const text = line.replace(INLINE_CODE, '');
  const inline = [...text.matchAll(INLINE_LINK)].map((match) => match[1]);
  return [...inline, DEFINITION.exec(text)?.[1]].filter((target) => target !== undefined);
}

function resolveTarget(path: string, target: string): string | undefined {
  if (ABSOLUTE.test(target)) return undefined;
  const file = decode(target.replace(/[#?].*$/, ''));
  const resolved = posix.normalize(
    file.startsWith('/') ? file.slice(1) : posix.join(posix.dirname(path), file),
  );
  return resolved === '..' || resolved.startsWith('../') ? undefined : resolved;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
