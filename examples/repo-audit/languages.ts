// What a file's name says about it.
import { extname } from 'node:path';

const LANGUAGES: Readonly<Record<string, readonly string[]>> = {
  C: ['.c', '.h'],
  'C#': ['.cs'],
  'C++': ['.cc', '.cpp', '.cxx', '.hh', '.hpp'],
  CSS: ['.css', '.less', '.sass', '.scss'],
  Go: ['.go'],
  GraphQL: ['.gql', '.graphql'],
  HTML: ['.htm', '.html'],
  Java: ['.java'],
  JavaScript: ['.cjs', '.js', '.jsx', '.mjs'],
  JSON: ['.json', '.json5', '.jsonc'],
  Kotlin: ['.kt', '.kts'],
  Markdown: ['.markdown', '.md', '.mdx'],
  PHP: ['.php'],
  Python: ['.py', '.pyi'],
  Ruby: ['.rb'],
  Rust: ['.rs'],
  Shell: ['.bash', '.sh', '.zsh'],
  SQL: ['.sql'],
  Swift: ['.swift'],
  TOML: ['.toml'],
  TypeScript: ['.cts', '.mts', '.ts', '.tsx'],
  XML: ['.svg', '.xml'],
  YAML: ['.yaml', '.yml'],
};

const BY_EXTENSION = new Map(
  Object.entries(LANGUAGES).flatMap(([name, extensions]) =>
    extensions.map((extension): [string, string] => [extension, name]),
  ),
);

const TEST_PATH = /(?:^|\/)(?:__tests__|e2e|specs?|tests?)\/|[._-](?:spec|test)\.[^./]+$/i;
const PROSE_NAME = /\.(?:adoc|rst|txt)$/i;
const GENERATED_NAME =
  /(?:^|\/)(?:package-lock\.json|pnpm-lock\.yaml)$|\.(?:lock|map|svg)$|\.min\.[a-z]+$/i;

/** The language's name; for an extension that is not known the extension; `(none)` without one. */
export function languageOf(path: string): string {
  const extension = extname(path).toLowerCase();
  if (extension === '') return '(none)';
  return BY_EXTENSION.get(extension) ?? extension;
}

export function isScript(path: string): boolean {
  const language = languageOf(path);
  return language === 'JavaScript' || language === 'TypeScript';
}

export function isMarkdown(path: string): boolean {
  return languageOf(path) === 'Markdown';
}

/** Written for people as a whole, so that its words stand in no comments. */
export function isProse(path: string): boolean {
  return isMarkdown(path) || PROSE_NAME.test(path);
}

export function isTest(path: string): boolean {
  return TEST_PATH.test(path);
}

/** Lock files, source maps and the like: nobody writes their lines, so their length says nothing. */
export function isGenerated(path: string): boolean {
  return GENERATED_NAME.test(path);
}
