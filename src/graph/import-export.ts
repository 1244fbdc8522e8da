// Imports what a langgraph.json names. TypeScript goes through tsx, which knows `.js` specifiers and tsconfig paths;
// JavaScript through Node itself.
import { existsSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageFor } from '../errors.ts';

export interface ExportEntry {
  /** Absolute path of the file. */
  readonly file: string;
  readonly exportName: string;
}

const SCRIPT = new Set(['.js', '.mjs', '.cjs']);

/**
 * Reads `./file.ts:name`; without a name it is the default export.
 * @param folder what the path is relative to
 */
export function exportEntryOf(target: string, folder: string): ExportEntry {
  const colon = target.lastIndexOf(':');
  // A colon at 1 is a Windows drive.
  const [path, exportName] =
    colon > 1 ? [target.slice(0, colon), target.slice(colon + 1)] : [target, 'default'];
  return { file: resolve(folder, path), exportName };
}

/**
 * The value that a file exports under a name.
 * @param warn takes what the operator should know of
 * @throws Error saying that there is no such file or export, or whatever the file throws
 */
export async function importExport(
  { file, exportName }: ExportEntry,
  warn: (warning: string) => void,
): Promise<unknown> {
  if (!existsSync(file)) throw new Error('there is no such file');
  return exportOf(await importFile(file, warn), exportName);
}

async function importFile(
  file: string,
  warn: (warning: string) => void,
): Promise<Record<string, unknown>> {
  const url = pathToFileURL(file).href;
  if (SCRIPT.has(extname(file))) return (await import(url)) as Record<string, unknown>;
  await registerTypeScript(file, warn);
  return (await import(url)) as Record<string, unknown>;
}

let registered: Promise<void> | undefined;

/** Lets this process import TypeScript, by the tsconfig nearest to the first graph that is written in it. */
function registerTypeScript(file: string, warn: (warning: string) => void): Promise<void> {
  registered ??= (async () => {
    const { register } = await import('tsx/esm/api');
    const tsconfig = nearestTsconfig(dirname(file));
    try {
      register({ tsconfig: tsconfig ?? false });
    } catch (error) {
      // What it extends may be a package for development alone, which is not installed here.
      warn(`${tsconfig} is left out, with its paths: ${messageFor(error)}`);
      register({ tsconfig: false });
    }
  })();
  return registered;
}

function exportOf(module: Record<string, unknown>, name: string): unknown {
  // A CommonJS module's exports are the `default` of its namespace.
  const inner = module['default'];
  const value =
    module[name] ??
    (typeof inner === 'object' && inner !== null
      ? (inner as Record<string, unknown>)[name]
      : undefined);
  if (value === undefined) throw new Error(`it exports no "${name}"`);
  return value;
}

function nearestTsconfig(folder: string): string | undefined {
  const file = join(folder, 'tsconfig.json');
  if (existsSync(file)) return file;
  const parent = dirname(folder);
  return parent === folder ? undefined : nearestTsconfig(parent);
}
