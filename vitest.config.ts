import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // LangGraph's suite for savers expects them.
    globals: true,
    globalSetup: './test/support/services/setup.ts',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores; the end-to-end tests start processes of their own.
    // A Redis that was given is one for all test files.
    maxWorkers: process.env['TEST_REDIS_URL'] ? 1 : 3,
    // One copy of graphql for the schema and for what executes it.
    server: { deps: { inline: [/graphql/, /@pothos/] } },
    reporters: ['default', './test/support/closing-line-reporter.ts'],
  },
});
