// Builds the console where that was not done since its sources changed. `npm start` and the tests begin with it.
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const root = import.meta.dirname;
const dist = join(root, '../dist');
const built = join(dist, 'console');
/** The lock names the libraries that are built in; the client is built in, too. */
const sources = ['.', '../package-lock.json', '../src/client'].map((path) => join(root, path));

const [builtAt, changedAt] = await Promise.all([
  changeOf(join(built, 'index.html')),
  newestOf(sources),
]);
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
  await mkdir(dist, { recursive: true });
  const beside = await mkdtemp(join(dist, '.console-'));
  try {
    const whole = join(beside, 'new');
    const build = { outDir: whole, emptyOutDir: true };
    await vite.build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'warn', build });
    // A gateway may start meanwhile, and a build may be ended halfway: whatever stands there is whole.
    await rename(built, join(beside, 'old')).catch(ignore('ENOENT'));
    // Where another build was faster, its console is as good.
    await rename(whole, built).catch(ignore('ENOTEMPTY', 'EEXIST'));
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

function ignore(...codes: readonly string[]) {
  return (error: NodeJS.ErrnoException): void => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
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
