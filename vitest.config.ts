import { defineConfig } from 'vitest/config';

// Logic alone: no service, no build, no other process.
const UNIT = [
  'test/{client,graph,graphql,progress,session,types,worker}/*.test.ts',
  'test/backends/step-order.test.ts',
  'test/secrets.test.ts',
];
const FAULTS = 'test/{faults,attacks,chaos}/*.test.ts';
const CONSOLE = 'test/console/*.test.ts';
// They measure how long something takes meanwhile: nothing else runs beside them.
const TIMED = [
  'test/faults/storm.test.ts',
  'test/chaos/chaos.test.ts',
  'test/attacks/timing.test.ts',
];
// Minutes of load, which want a machine that does nothing else: run by hand.
const DENIAL = ['test/attacks/denial.test.ts', 'test/attacks/held-loop.test.ts'];
// Servers of Debian's packages, which not every machine has.
const SETUPS = 'test/setups/*.test.ts';
// The end-to-end tests start processes of their own, and wait for them. A Redis that was given is one for all test files.
const maxWorkers = process.env['TEST_REDIS_URL'] ? 1 : 3;

// A fresh tree has no console: what starts or packs the program finds it built, as `npm start` does.
const globalSetup = ['./test/support/console-build.ts', './test/support/services/setup.ts'];

export default defineConfig({
  test: {
    // LangGraph's suite for savers expects them.
    globals: true,
    // A busy machine takes several times as long as an idle one.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // As long as a page is waited for; a second, as it would be, is less than some lists take to ask again.
    expect: { poll: { timeout: 60_000 } },
    // One copy of graphql for the schema and for what executes it.
    server: { deps: { inline: [/graphql/, /@pothos/] } },
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    projects: [
      { extends: true, test: { name: 'unit', include: UNIT, maxWorkers } },
      {
        extends: true,
        test: {
          name: 'tests',
          include: ['test/**/*.test.ts'],
          exclude: [...UNIT, FAULTS, CONSOLE, SETUPS],
          globalSetup,
          maxWorkers,
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: [FAULTS],
          globalSetup,
          exclude: [...TIMED, ...DENIAL],
          maxWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'console',
          include: [CONSOLE],
          globalSetup,
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'timed',
          include: TIMED,
          globalSetup,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      { extends: true, test: { name: 'setups', include: [SETUPS], globalSetup, maxWorkers: 1 } },
      {
        extends: true,
        test: {
          name: 'denial',
          include: DENIAL,
          globalSetup,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
