// The statements that store a step or read a checkpoint, for the database's schemas. Each write checks the epoch (single-writer
// fencing), takes the next event's number (gapless event log), and stores everything or nothing.
import type { PostgresDatabase } from './database.ts';

/** A step moves `updated_at`, which two indexes hold, no more often than this. */
const TOUCH_MS = 10_000;

export interface StepStatements {
  readonly putCheckpoint: string;
  /** Writes that stay as they are where they are there already. */
  readonly putWrites: string;
  /** Writes of special channels: the newest counts, and what it replaces is kept. */
  readonly replaceWrites: string;
  /** A task's writes and the checkpoint that they make. */
  readonly putBoth: string;
}

/** How many parameters name a session's epoch, and an event with its subject. */
const OWNER = 4;
const EVENT = 2;
/** How many parameters follow of a checkpoint. */
const CHECKPOINT = 16;

export function stepStatements(database: PostgresDatabase): StepStatements {
  const sessions = database.own('sessions');
  const writes = database.table('checkpoint_writes');
  const fence = (set: string) => `UPDATE ${sessions} SET ${set},
      updated_at = CASE WHEN updated_at < $4::bigint - ${TOUCH_MS} THEN $4 ELSE updated_at END,
      expires_at = CASE WHEN updated_at < $4::bigint - ${TOUCH_MS} THEN $4 + ttl_ms ELSE expires_at END
    WHERE id = $1 AND epoch = $2 AND status = 'RUNNING'`;
  /** @param event the number of the parameter that holds an event; that of its subject follows */
  const logged = (event: number, sequence: string) => `
      INSERT INTO ${database.own('session_events')} (session_id, sequence, run_id, at, detail, subject)
      SELECT $1, ${sequence}, $3, $4, $${event}, $${event + 1} FROM owned WHERE $${event}::text IS NOT NULL`;
  const isLogged = (event: number) => `CASE WHEN $${event}::text IS NULL THEN 0 ELSE 1 END`;
  /** @param n the number of the first of a task's parameters */
  const writesFrom = (n: number, conflict: string) => `
      INSERT INTO ${writes}
        (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob, task_path, epoch)
      SELECT $1, $${n}, $${n + 1}, $${n + 2}, w.idx, w.channel, w.type,
        substring($${n + 9}::bytea FROM w.start FOR w.length), $${n + 3}, $2
      FROM owned, unnest($${n + 4}::int[], $${n + 5}::text[], $${n + 6}::text[], $${n + 7}::int[], $${n + 8}::int[])
        AS w (idx, channel, type, start, length)
      ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id, task_id, idx) ${conflict}`;
  const putWrites = (before: string, conflict: string) => `
    WITH owned AS (
      ${fence(`last_event = last_event + ${isLogged(5)}, stored_bytes = stored_bytes + $17::bigint`)}
      RETURNING last_event
    ), ${before} written AS (${writesFrom(OWNER + EVENT + 1, conflict)}
    ), logged AS (${logged(5, 'owned.last_event')}
    )
    SELECT last_event FROM owned`;
  const checkpoint = `blobs AS (
        INSERT INTO ${database.table('checkpoint_blobs')} (thread_id, checkpoint_ns, channel, version, type, blob)
        SELECT $1, $7, b.channel, b.version, b.type,
          CASE WHEN b.type <> 'empty' THEN substring($20::bytea FROM b.start FOR b.length) END
        FROM owned, unnest($15::text[], $16::text[], $17::text[], $18::int[], $19::int[])
          AS b (channel, version, type, start, length)
        ON CONFLICT DO NOTHING
      ), saved AS (
        INSERT INTO ${database.table('checkpoints')} AS c
          (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata,
           ordinal, epoch, run_id, step, source, changed_keys, created_at)
        SELECT $1, $7, $8, $9, $10::jsonb, $11::jsonb, owned.last_ordinal, $2, $3, $12, $13, $14, $21 FROM owned
        ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id) DO UPDATE SET
          checkpoint = EXCLUDED.checkpoint, metadata = EXCLUDED.metadata, ordinal = EXCLUDED.ordinal,
          epoch = EXCLUDED.epoch, run_id = EXCLUDED.run_id, step = EXCLUDED.step, source = EXCLUDED.source,
          changed_keys = EXCLUDED.changed_keys, created_at = EXCLUDED.created_at
      ), logged AS (${logged(5, 'owned.last_event')}
      )`;
  const fenceCheckpoint = (events: string, bytes: string) =>
    `${fence(`head = CASE WHEN $7 = '' THEN $8 ELSE head END, last_ordinal = last_ordinal + 1,
        last_event = last_event + ${events}, stored_bytes = stored_bytes + ${bytes}`)}
        RETURNING last_ordinal, last_event`;
  const taskEvent = OWNER + EVENT + CHECKPOINT + 1;
  const task = taskEvent + EVENT;
  return {
    putCheckpoint: `
      WITH owned AS (${fenceCheckpoint('1', '$22::bigint')}
      ), ${checkpoint}
      SELECT last_event FROM owned`,
    putBoth: `
      WITH owned AS (${fenceCheckpoint(`1 + ${isLogged(taskEvent)}`, `$22::bigint + $${task + 10}::bigint`)}
      ), written AS (${writesFrom(task, 'DO NOTHING')}
      ), finished AS (${logged(taskEvent, 'owned.last_event - 1')}
      ), ${checkpoint}
      SELECT last_event FROM owned`,
    putWrites: putWrites('', 'DO NOTHING'),
    replaceWrites: putWrites(
      `replaced AS (
        INSERT INTO ${database.own('replaced_writes')}
          (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob, task_path, epoch, replaced_epoch)
        SELECT w.thread_id, w.checkpoint_ns, w.checkpoint_id, w.task_id, w.idx, w.channel, w.type, w.blob,
          w.task_path, w.epoch, $2
        FROM owned, ${writes} AS w
        WHERE w.thread_id = $1 AND w.checkpoint_ns = $7 AND w.checkpoint_id = $8 AND w.task_id = $9
          AND w.idx = ANY($11::int[]) AND w.epoch < $2
        ON CONFLICT DO NOTHING
      ),`,
      `DO UPDATE SET channel = EXCLUDED.channel, type = EXCLUDED.type, blob = EXCLUDED.blob,
        task_path = EXCLUDED.task_path, epoch = EXCLUDED.epoch`,
    ),
  };
}

/**
 * Tuples of checkpoints `cp`, with their channels and their pending writes of epochs up to `upToEpoch`, a parameter.
 * @param onlyChannels a condition on the channel `b.channel`
 */
export function selectTuples(
  database: PostgresDatabase,
  upToEpoch: string,
  onlyChannels = 'TRUE',
): string {
  const columns = 'task_id, channel, type, blob, task_path, idx';
  const here = `w.thread_id = cp.thread_id AND w.checkpoint_ns = cp.checkpoint_ns
    AND w.checkpoint_id = cp.checkpoint_id AND w.epoch <= ${upToEpoch}`;
  return `
    SELECT cp.thread_id, cp.checkpoint_ns, cp.checkpoint_id, cp.parent_checkpoint_id, cp.checkpoint, cp.metadata,
      values.channels, values.types, values.lengths, values.bytes, writes.tasks, writes.write_channels,
      writes.write_types, writes.write_lengths, writes.write_bytes
    FROM ${database.table('checkpoints')} AS cp
    LEFT JOIN LATERAL (
      SELECT array_agg(b.channel ORDER BY b.channel) AS channels, array_agg(b.type ORDER BY b.channel) AS types,
        array_agg(octet_length(b.blob) ORDER BY b.channel) AS lengths,
        string_agg(b.blob, ''::bytea ORDER BY b.channel) AS bytes
      FROM jsonb_each_text(cp.checkpoint -> 'channel_versions') AS v
      CROSS JOIN LATERAL (
        -- OFFSET keeps it apart: one look at the key for each channel, and never all blobs of the session, which the
        -- planner takes for few where most sessions are short.
        SELECT b.channel, b.type, b.blob FROM ${database.table('checkpoint_blobs')} AS b
        WHERE b.thread_id = cp.thread_id AND b.checkpoint_ns = cp.checkpoint_ns
          AND b.channel = v.key AND b.version = v.value OFFSET 0
      ) AS b
      WHERE b.type <> 'empty' AND ${onlyChannels}
    ) AS values ON TRUE
    LEFT JOIN LATERAL (
      SELECT array_agg(task_id ORDER BY task_path, task_id, idx) AS tasks,
        array_agg(channel ORDER BY task_path, task_id, idx) AS write_channels,
        array_agg(type ORDER BY task_path, task_id, idx) AS write_types,
        array_agg(octet_length(blob) ORDER BY task_path, task_id, idx) AS write_lengths,
        string_agg(blob, ''::bytea ORDER BY task_path, task_id, idx) AS write_bytes
      FROM (
        SELECT ${columns} FROM ${database.table('checkpoint_writes')} AS w WHERE ${here}
        UNION ALL
        SELECT ${columns} FROM ${database.own('replaced_writes')} AS w WHERE ${here} AND w.replaced_epoch > ${upToEpoch}
      ) AS w
    ) AS writes ON TRUE`;
}
