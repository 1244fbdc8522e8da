import { defineConfig } from 'tsdown';

export default defineConfig([
  // The package's code.
  {
    entry: {
      index: 'src/index.ts',
      main: 'src/main.ts',
      backend: 'src/backend.ts',
      testing: 'src/testing/index.ts',
      'sqlite-heartbeat-thread': 'src/backends/sqlite/sqlite-heartbeat-thread.ts',
      'redis-heartbeat-thread': 'src/backends/distributed/redis-heartbeat-thread.ts',
    },
    format: 'esm',
    platform: 'node',
    target: 'node24',
    dts: false,
    fixedExtension: false,
    // The console is built by itself, and may be served from there meanwhile.
    clean: ['dist/*', '!dist/console'],
  },
  // `session-gateway/client`, which browsers load, too.
  {
    entry: { client: 'src/client/index.ts', react: 'src/client/react.ts' },
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    dts: false,
    fixedExtension: false,
    clean: false,
  },
  // The same as a package of its own, which brings nothing of the server.
  {
    entry: { index: 'src/client/index.ts', react: 'src/client/react.ts' },
    outDir: 'client/dist',
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    dts: false,
    fixedExtension: false,
  },
]);
