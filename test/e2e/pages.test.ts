// The pages of the repository lead somewhere: each link, each file that is named, in the repository and in the package.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { promisify } from 'node:util';
import { Kind, buildSchema, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const inRoot = (folder: string) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
const PAGES = [...inRoot('.'), ...inRoot('docs')];
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');

/** The text without its code blocks, where brackets mean something else. */
const prose = (page: string) => read(page).replaceAll(/^```[^]*?^```/gm, '');

/** Where the links of a page lead within the repository: a file and a heading. */
function linksOf(page: string): { readonly file: string; readonly heading: string | undefined }[] {
  return Array.from(prose(page).matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = '', heading] = link.split('#');
      return { file: path === '' ? page : normalize(join(dirname(page), path)), heading };
    });
}

/** As they are linked to: in small letters, with hyphens, without punctuation. */
function headingsOf(page: string): string[] {
  return Array.from(prose(page).matchAll(/^#+ (.+)$/gm), ([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(PAGES)('%s', (page) => {
  it('links to files and headings that are there', () => {
    const dead = linksOf(page).filter(
      ({ file, heading }) =>
        !existsSync(join(ROOT, file)) ||
        (heading !== undefined && !headingsOf(file).includes(heading)),
    );
    expect(dead).toEqual([]);
  });

  it('names files that are there', () => {
    const named = Array.from(
      prose(page).matchAll(/`((?:src|test|bench|console|docs|examples)\/[\w./-]+)`/g),
      ([, path = '']) => path,
    );
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

/** The operations that a page shows. */
const operationsOf = (page: string) =>
  Array.from(read(page).matchAll(/^```graphql\n([^]*?)^```/gm), ([, text = '']) => text);

describe.each(PAGES.filter((page) => operationsOf(page).length > 0))('%s', (page) => {
  // With the types of the examples, which the pages show.
  const schema = buildSchema(read('examples/schema.graphql'));

  it('shows operations that the schema has', () => {
    for (const text of operationsOf(page)) {
      // Several stand in one block without a name.
      const { definitions } = parse(text);
      for (const definition of definitions) {
        const errors = validate(schema, { kind: Kind.DOCUMENT, definitions: [definition] });
        expect({ text, errors: errors.map(({ message }) => message) }).toEqual({
          text,
          errors: [],
        });
      }
    }
  });
});

it('docs/compatibility.md names a test for whatever is the same or better', () => {
  const rows = read('docs/compatibility.md')
    .split('\n')
    .filter((line) => /\| (same|better) \|$/.test(line));
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.filter((row) => !/`(test|src\/testing)\/[\w./-]+`/.test(row))).toEqual([]);
});

describe('docs/architecture.md', () => {
  const page = read('docs/architecture.md');

  it.each([
    ['the fence check on Postgres', 'src/backends/postgres/statements.ts'],
    ['how a fork is made', 'src/graph/fork-session.ts'],
    ['what happens to a slow watcher', 'src/progress/watcher.ts'],
    ['what a mutation may return', 'src/graphql/mutations.ts'],
    ['how a setting is added', '#add-a-setting'],
    ['what a new backend implements', 'src/session/ports.ts'],
    ['which status may follow which', 'src/session/lifecycle.ts'],
    ['who is calling', 'src/server/authentication.ts'],
    ['what one user may use', 'src/session/quota.ts'],
    ['what a query costs', 'src/graphql/query-limits.ts'],
    ['how graphs are loaded', 'src/graph/load-graphs.ts'],
    ['what is deleted when, and by whom', 'src/worker/sweeper.ts'],
  ])('tells %s', (question, answer) => {
    const row = page.split('\n').find((line) => line.startsWith(`| ${question} |`));
    expect(row).toContain(answer);
  });

  it('has a row for each folder of src', () => {
    const folders = readdirSync(join(ROOT, 'src')).filter((name) =>
      statSync(join(ROOT, 'src', name)).isDirectory(),
    );
    for (const folder of folders) expect(page).toContain(`| \`src/${folder}\` |`);
  });

  it('says who may import whom, as the linter does', () => {
    const { overrides } = JSON.parse(read('.oxlintrc.json')) as {
      overrides: readonly {
        files: readonly [string];
        rules: {
          'no-restricted-imports': [string, { patterns: readonly { group: readonly string[] }[] }];
        };
      }[];
    };
    for (const { files, rules } of overrides) {
      const folder = /^src\/(\w+)\//.exec(files[0])?.[1];
      if (folder === undefined || folder === 'backends') continue;
      const { group } = rules['no-restricted-imports'][1].patterns[0] ?? { group: [] };
      const allowed = group.flatMap((rule) => /^!\.\.\/(\w+)\/\*\*$/.exec(rule)?.[1] ?? []);
      const row = page.split('\n').find((line) => line.startsWith(`| \`src/${folder}\` |`)) ?? '';
      const told = row.split('|')[3]?.trim().split(', ') ?? [];
      const expected = allowed.length === 0 ? ['nothing of ours'] : allowed;
      expect([folder, told.filter((name) => name !== 'config').toSorted()]).toEqual([
        folder,
        expected.toSorted(),
      ]);
    }
  });
});

it('no link of the packed package leads nowhere', async () => {
  const pack = ['pack', '--dry-run', '--ignore-scripts', '--json'];
  const { stdout } = await promisify(execFile)('npm', pack, { cwd: ROOT, maxBuffer: 1 << 24 });
  const [packed] = JSON.parse(stdout) as [{ files: readonly { path: string }[] }];
  const files = packed.files.map(({ path }) => path);
  const dead = PAGES.filter((page) => files.includes(relative('.', page))).flatMap((page) =>
    linksOf(page)
      .filter(({ file }) => !files.some((path) => path === file || path.startsWith(`${file}/`)))
      .map(({ file }) => `${page}: ${file}`),
  );
  expect(dead).toEqual([]);
});
