// Prints schema.graphql from the code, and examples/schema.graphql with the types of the graphs of langgraph.json; writes the
// typed documents of the examples and the tests, and of the console with their hashes (client preset).
// `--check` writes nothing and fails where a file differs.
import { existsSync, readFileSync } from 'node:fs';
import { writeFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { generate } from '@graphql-codegen/cli';
import { addTypenameSelectionDocumentTransform } from '@graphql-codegen/client-preset';
import { readLanggraphJson } from './src/graph/langgraph-json.ts';
import { loadGraphs } from './src/graph/load-graphs.ts';
import { createSchema } from './src/graphql/schema.ts';
import { printed } from './src/graphql/printed.ts';

const check = process.argv.includes('--check');
const sdl = printed(createSchema().schema);
const { graphs } = await readLanggraphJson('langgraph.json');
const loaded = await loadGraphs(graphs);
const typedSdl = printed(createSchema([...loaded.values()]).schema);

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
    ignoreNoDocuments: true,
    silent: true,
    generates: {
      'gql/': {
        schema: typedSdl,
        documents: ['examples/**/*.{ts,graphql}', '!examples/schema.graphql', 'test/**/*.ts'],
        preset: 'client',
        presetConfig: { fragmentMasking: false },
        config: typed,
      },
      'console/gql/': {
        schema: sdl,
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

const files = [
  { filename: 'schema.graphql', content: sdl },
  { filename: 'examples/schema.graphql', content: typedSdl },
  ...generated,
];
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
