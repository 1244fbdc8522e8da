// Sessions with long histories in a SQLite file, which a program then serves with the graphs of bench/langgraph.json.
import { seedHistory } from '../../bench/history-seed.ts';
import { openBackend } from '../../src/backends/open-backend.ts';
import { readConfig } from '../../src/config.ts';

/** @returns the sessions' ids, which have as many checkpoints each; their owner is `local` */
export async function seedLongHistories(
  path: string,
  checkpoints: readonly number[],
): Promise<string[]> {
  await using backend = await openBackend(readConfig({ ENV: 'sqlite', SQLITE_PATH: path }));
  const ids: string[] = [];
  for (const count of checkpoints) ids.push(await seedHistory(backend, count, 1000));
  return ids;
}
