import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { type Plugin, defineConfig } from 'vite';
import { compression } from 'vite-plugin-compression2';

const root = import.meta.dirname;

/** By them the gateway knows the console's operations, whatever others it is told to execute. */
const documents: Plugin = {
  name: 'persisted-documents',
  async generateBundle() {
    const source = await readFile(join(root, 'gql/persisted-documents.json'));
    this.emitFile({ type: 'asset', fileName: 'documents.json', source });
  },
};

export default defineConfig({
  root,
  plugins: [
    react(),
    compression({ include: /\.(js|css)$/, algorithms: ['gzip', 'brotliCompress'] }),
    documents,
  ],
  resolve: {
    // What is for tests alone, in rjsf, asks for the usual validator, which writes code of its own.
    alias: { '@rjsf/validator-ajv8': join(root, 'src/values/schema-validator.ts') },
  },
  // The gateway puts a new one there for each answer.
  html: { cspNonce: 'CSP_NONCE' },
  build: {
    assetsDir: 'console',
    target: 'es2022',
    // A page of nothing but files: the policy allows no data in the place of fonts or scripts.
    assetsInlineLimit: 0,
    // Editors and forms come when they are asked for.
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      // How long each plugin took is no news to who starts a gateway.
      checks: { pluginTimings: false },
      output: {
        // What places menus comes with the first of them, not with whatever else is shared.
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(?:react|react-dom|scheduler)\//, priority: 2 },
            { name: 'floating', test: /@floating-ui/, priority: 1 },
          ],
        },
      },
    },
  },
  server: { proxy: { '/graphql': { target: 'http://127.0.0.1:4000', ws: true } } },
});
