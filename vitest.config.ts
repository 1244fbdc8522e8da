import { defineConfig } from 'vitest/config';

/** It asserts how long something takes, so nothing else runs beside it. */
const TIMED = 'test/e2e/storm.test.ts';
// The end-to-end tests start processes of their own, and wait for them. A Redis that was given is one for all test files.
const maxWorkers = process.env['TEST_REDIS_URL'] ? 1 : 3;

export default defineConfig({
  test: {
    // LangGraph's suite for savers expects them.
    globals: true,
    globalSetup: './test/support/services/setup.ts',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // One copy of graphql for the schema and for what executes it.
    server: { deps: { inline: [/graphql/, /@pothos/] } },
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'tests',
          include: ['test/**/*.test.ts'],
          exclude: [TIMED],
          maxWorkers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'timed', include: [TIMED], maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
