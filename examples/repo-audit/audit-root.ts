// Where an audit may look. Promises: nothing outside of AUDIT_ROOT is read, and whether something outside exists is
// not told either.
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';

/**
 * The real path of the directory to audit. A relative path starts at the current directory.
 * AUDIT_ROOT (the current directory where it is not set) is read at each call.
 * @throws Error naming `path`, where it is outside of AUDIT_ROOT, missing or not a directory
 */
export async function resolveAuditPath(path: string): Promise<string> {
  const root = await auditRoot();
  const wanted = resolve(path);
  const real = await realpath(wanted).catch(() => undefined);
  // A missing path is judged by its name, as there is nothing else to go by.
  if (
    !isWithin(root.real, real ?? wanted) &&
    !(real === undefined && isWithin(root.named, wanted))
  ) {
    throw new Error(
      `\`path\`: "${path}" is outside of AUDIT_ROOT. Give a directory inside it, or start the program with another AUDIT_ROOT.`,
    );
  }
  if (real === undefined) throw new Error(`\`path\`: there is no directory "${path}".`);
  if (!(await stat(real)).isDirectory()) throw new Error(`\`path\`: "${path}" is not a directory.`);
  return real;
}

/** Whether `path` is `parent` itself or below it, by their names alone. */
export function isWithin(parent: string, path: string): boolean {
  const way = relative(parent, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

async function auditRoot(): Promise<{ readonly named: string; readonly real: string }> {
  const named = resolve(process.env['AUDIT_ROOT'] || '.');
  try {
    return { named, real: await realpath(named) };
  } catch (cause) {
    throw new Error('AUDIT_ROOT is set to a directory that does not exist.', { cause });
  }
}
