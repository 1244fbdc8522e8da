// Prints schema.graphql from the code, and writes the typed documents of the demo and the tests, and of the console with
// their hashes (client preset).
// `--check` writes nothing and fails where a file differs.
import { existsSync, readFileSync } from 'node:fs';
import { writeFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { generate } from '@graphql-codegen/cli';
import { addTypenameSelectionDocumentTransform } from '@graphql-codegen/client-preset';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { schema } from './src/graphql/schema.ts';

const check = process.argv.includes('--check');
const sdl = `${printSchema(lexicographicSortSchema(schema))}\n`;

const typed = {
  documentMode: 'string',
  useTypeImports: true,
  enumsAsTypes: true,
  importExtension: '.ts',
  emitLegacyCommonJSImports: false,
  scalars: { DateTime: 'string', JSON: 'unknown' },
};
const generated: { filename: string; content: string }[] = await generate(
  {
    schema: sdl,
    ignoreNoDocuments: true,
    silent: true,
    generates: {
      'gql/': {
        documents: ['examples/**/*.ts', 'test/**/*.ts'],
        preset: 'client',
        presetConfig: { fragmentMasking: false },
        config: typed,
      },
      'console/gql/': {
        documents: ['console/src/**/*.{ts,tsx}'],
        preset: 'client',
        presetConfig: { fragmentMasking: false, persistedDocuments: { hashAlgorithm: 'sha256' } },
        // What a normalised cache tells objects by.
        documentTransforms: [addTypenameSelectionDocumentTransform],
        config: typed,
      },
    },
  },
  false,
);

const files = [{ filename: 'schema.graphql', content: sdl }, ...generated];
const stale = files.filter(
  ({ filename, content }) => !existsSync(filename) || readFileSync(filename, 'utf8') !== content,
);
if (check && stale.length > 0) {
  const names = stale.map(({ filename }) => filename).join(', ');
  process.stderr.write(`Out of date: ${names}. Run \`npm run codegen\`.\n`);
  process.exit(1);
}
for (const { filename, content } of stale) {
  await mkdir(dirname(filename), { recursive: true });
  await writeFile(filename, content);
}
