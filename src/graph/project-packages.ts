// Packages as a graph's project has them: in memory already, for the graph imports them.
import { readFileSync, realpathSync } from 'node:fs';
import { createRequire, findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

type Exports = Readonly<
  Record<
    string,
    Readonly<Partial<Record<'import' | 'require', string | { readonly default: string }>>>
  >
>;

/** The package.json of a package as a file imports it; undefined where it is not found. */
export function manifestOf(name: string, file: string): string | undefined {
  try {
    const found = findPackageJSON(name, pathToFileURL(file));
    return found === undefined ? undefined : realpathSync(found);
  } catch {
    return undefined;
  }
}

/**
 * Modules of a package, in the form that is loaded: as CommonJS where a graph has required it, else as an ES module.
 * @param entries their names in `exports`
 * @throws whatever the package throws, or Error where it has no such entry
 */
export async function modulesOf(manifest: string, entries: readonly string[]): Promise<unknown[]> {
  const { exports } = JSON.parse(readFileSync(manifest, 'utf8')) as { exports: Exports };
  const pathOf = (entry: string, condition: 'import' | 'require') => {
    const target = exports[entry]?.[condition];
    return join(dirname(manifest), typeof target === 'object' ? target.default : (target ?? ''));
  };
  const require = createRequire(manifest);
  const isRequired = require.cache[pathOf(entries[0] ?? '.', 'require')] !== undefined;
  return Promise.all(
    entries.map((entry) =>
      isRequired
        ? (require(pathOf(entry, 'require')) as unknown)
        : import(pathToFileURL(pathOf(entry, 'import')).href),
    ),
  );
}
