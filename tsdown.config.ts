import { defineConfig } from 'tsdown';

export default defineConfig([
  // The package's code. LangGraph's SqliteSaver is put into it, because it asks for a better-sqlite3 that its user would
  // have to compile; ours brings better-sqlite3 13, which is prebuilt.
  {
    entry: {
      index: 'src/index.ts',
      main: 'src/main.ts',
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
    deps: { alwaysBundle: ['@langchain/langgraph-checkpoint-sqlite'] },
  },
  // `session-gateway/client`, which browsers load, too.
  {
    entry: { client: 'src/client/index.ts' },
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    dts: false,
    fixedExtension: false,
    clean: false,
  },
]);
