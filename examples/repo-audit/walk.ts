// The files of a tree in an order that depends on their names alone. Links are not followed, so a walk stays inside.
import { type Dirent, constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Larger files are generated or data, and would hold up the audit. */
export const MAX_BYTES = 1024 * 1024;

/** The name under which the files of the top level itself are audited. */
export const TOP_LEVEL = '.';

const SKIPPED_DIRECTORIES = new Set(['.git', 'node_modules', 'dist', 'build', 'coverage', '.data']);

// A NUL byte this early means binary: git goes by the same rule.
const SNIFFED_BYTES = 8000;

export type SkipReason = 'binary' | 'large' | 'link' | 'unreadable';

export interface WalkEntry {
  /** From the audited directory, with `/` on every system. */
  readonly path: string;
  readonly kind: 'file' | 'link' | 'unreadable';
}

export type FileContent =
  | { readonly text: string; readonly bytes: number }
  | { readonly skipped: SkipReason };

/** Everything below `root` that can be audited. @throws where `root` itself cannot be read */
export async function* walkTree(root: string, signal?: AbortSignal): AsyncGenerator<WalkEntry> {
  for (const entry of await sortedEntries(root)) yield* walkEntry(root, '', entry, signal);
}

/** The same of one top-level folder; of the top level's own files for {@link TOP_LEVEL}. */
export async function* walkFolder(
  root: string,
  folder: string,
  signal?: AbortSignal,
): AsyncGenerator<WalkEntry> {
  for (const entry of await sortedEntries(root)) {
    if (folderOf(entry.isDirectory() ? `${entry.name}/` : entry.name) === folder) {
      yield* walkEntry(root, '', entry, signal);
    }
  }
}

/** The top-level folder of a path. */
export function folderOf(path: string): string {
  const slash = path.indexOf('/');
  return slash === -1 ? TOP_LEVEL : path.slice(0, slash);
}

/** The text of a file, or why it has none for us. Never throws: a file may vanish while the audit runs. */
export async function readContent(root: string, path: string): Promise<FileContent> {
  try {
    // The file may have become a link since the walk saw it.
    await using handle = await open(
      join(root, path),
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0),
    );
    if ((await handle.stat()).size > MAX_BYTES) return { skipped: 'large' };
    const content = await handle.readFile();
    if (content.subarray(0, SNIFFED_BYTES).includes(0)) return { skipped: 'binary' };
    return { text: content.toString('utf8'), bytes: content.length };
  } catch {
    return { skipped: 'unreadable' };
  }
}

/**
 * Whether a path inside of `root` exists. A link counts as existing, wherever it leads: following it could tell what
 * there is outside.
 */
export async function existsInside(root: string, path: string): Promise<boolean> {
  let place = root;
  for (const part of path.split('/')) {
    place = join(place, part);
    const found = await lstat(place).catch(() => undefined);
    if (found === undefined) return false;
    if (found.isSymbolicLink()) return true;
  }
  return true;
}

/** By code unit, as the order must not depend on the machine's language. */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

async function* walkEntry(
  root: string,
  parent: string,
  entry: Dirent,
  signal: AbortSignal | undefined,
): AsyncGenerator<WalkEntry> {
  signal?.throwIfAborted();
  const path = parent === '' ? entry.name : `${parent}/${entry.name}`;
  if (entry.isSymbolicLink()) yield { path, kind: 'link' };
  else if (entry.isFile()) yield { path, kind: 'file' };
  else if (entry.isDirectory() && !SKIPPED_DIRECTORIES.has(entry.name)) {
    const entries = await sortedEntries(join(root, path)).catch(() => undefined);
    // The slash keeps a folder at the top level from being counted as one of its files.
    if (entries === undefined) yield { path: `${path}/`, kind: 'unreadable' };
    for (const child of entries ?? []) yield* walkEntry(root, path, child, signal);
  }
}

async function sortedEntries(directory: string): Promise<Dirent[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries.sort((a, b) => compareNames(a.name, b.name));
}
