// A session's checkpoints: their index, what stands in them, and the commands that change both.
import { RedisCheckpointCommands } from './checkpoint-commands.ts';
import { RedisCheckpointRows } from './checkpoint-rows.ts';
import { RedisCheckpointTuples } from './checkpoint-tuples.ts';
import type { RedisDatabase } from './database.ts';

export interface RedisCheckpoints {
  readonly rows: RedisCheckpointRows;
  readonly tuples: RedisCheckpointTuples;
  readonly commands: RedisCheckpointCommands;
}

export function createCheckpoints(database: RedisDatabase): RedisCheckpoints {
  const rows = new RedisCheckpointRows(database);
  const tuples = new RedisCheckpointTuples(database);
  return { rows, tuples, commands: new RedisCheckpointCommands(database, rows, tuples) };
}
