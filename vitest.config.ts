import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // LangGraph's suite for savers expects them.
    globals: true,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores; the end-to-end tests start processes of their own.
    maxWorkers: 2,
    // One copy of graphql for the schema and for what executes it.
    server: { deps: { inline: [/graphql/, /@pothos/] } },
    reporters: ['default', './test/support/closing-line-reporter.ts'],
  },
});
