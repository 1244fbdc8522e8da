// Builds the console where that was not done since its sources changed. `npm start` and the tests begin with it.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const root = import.meta.dirname;
const built = join(root, '../dist/console/index.html');
/** The lock names the libraries that are built in; the client is built in, too. */
const sources = ['.', '../package-lock.json', '../src/client'].map((path) => join(root, path));

const [builtAt, changedAt] = await Promise.all([changeOf(built), newestOf(sources)]);
if (builtAt <= changedAt) await buildConsole();

async function buildConsole(): Promise<void> {
  const vite = await import('vite').catch(() => undefined);
  if (vite === undefined) {
    process.stderr.write('The console is not built: what builds it is not installed (npm ci).\n');
    return;
  }
  process.stderr.write('Building the console, which takes some seconds, once.\n');
  // By it React is what users get, wherever this is called from.
  process.env['NODE_ENV'] = 'production';
  await vite.build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'warn' });
}

async function newestOf(paths: readonly string[]): Promise<number> {
  const times = await Promise.all(
    paths.map(async (path) => {
      const names = await readdir(path, { recursive: true }).catch(() => ['']);
      return Promise.all(names.map((name) => changeOf(join(path, name))));
    }),
  );
  return Math.max(...times.flat());
}

/** In ms; 0 for what is not there. */
async function changeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
