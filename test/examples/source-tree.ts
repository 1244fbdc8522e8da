// Trees of source code in a directory of their own, for the audit to read.
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface SourceTree extends AsyncDisposable {
  readonly path: string;
}

/** Removed with all its files when disposed. */
export async function openSourceTree(
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<SourceTree> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'audit-')));
  const folders = new Set(Object.keys(files).map((file) => dirname(join(path, file))));
  for (const folder of folders) await mkdir(folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) await writeFile(join(path, file), content);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
