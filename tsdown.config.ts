import { defineConfig } from 'tsdown';

// The package's code. LangGraph's SqliteSaver is put into it, because it asks for a better-sqlite3 that its user would
// have to compile; ours brings better-sqlite3 13, which is prebuilt.
export default defineConfig({
  entry: {
    index: 'src/index.ts',
    main: 'src/main.ts',
    'sqlite-heartbeat-thread': 'src/backends/sqlite/sqlite-heartbeat-thread.ts',
    'redis-heartbeat-thread': 'src/backends/distributed/redis-heartbeat-thread.ts',
  },
  format: 'esm',
  platform: 'node',
  target: 'node22',
  dts: false,
  fixedExtension: false,
  deps: { alwaysBundle: ['@langchain/langgraph-checkpoint-sqlite'] },
});
