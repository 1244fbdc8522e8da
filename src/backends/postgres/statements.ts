// The statements that store a step or read a checkpoint, for the database's schemas. Each write checks the epoch (single-writer
// fencing), takes the next event's number (gapless event log), and stores everything or nothing.
import type { PostgresDatabase } from './database.ts';

/** A step moves `updated_at`, which two indexes hold, no more often than this. */
const TOUCH_MS = 10_000;

export interface StepStatements {
  readonly putCheckpoint: string;
  /** Writes that stay as they are where they are there already. */
  readonly putWrites: string;
  /** One task's writes of special channels: the newest counts, and what it replaces is kept. */
  readonly replaceWrites: string;
  /** Tasks' writes and the checkpoint that they make. */
  readonly putBoth: string;
}

/** How many parameters name the session's epoch, the namespace, the bytes and the events. */
const STEP = 8;
/** How many parameters follow of tasks' writes. */
const WRITES = 9;

export function stepStatements(database: PostgresDatabase): StepStatements {
  const sessions = database.own('sessions');
  const writes = database.table('checkpoint_writes');
  const fence = (
    set: string,
  ) => `UPDATE ${sessions} SET last_event = last_event + cardinality($7::text[]),
      stored_bytes = stored_bytes + $6::bigint, ${set}
      updated_at = CASE WHEN updated_at < $4::bigint - ${TOUCH_MS} THEN $4 ELSE updated_at END,
      expires_at = CASE WHEN updated_at < $4::bigint - ${TOUCH_MS} THEN $4 + ttl_ms ELSE expires_at END
    WHERE id = $1 AND epoch = $2 AND status = 'RUNNING'
    RETURNING last_ordinal, last_event`;
  const logged = `logged AS (
      INSERT INTO ${database.own('session_events')} (session_id, sequence, run_id, at, detail, subject)
      SELECT $1, owned.last_event - cardinality($7::text[]) + e.number, $3, $4, e.detail, e.subject
      FROM owned, unnest($7::text[], $8::text[]) WITH ORDINALITY AS e (detail, subject, number)
    )`;
  const written = (conflict: string) => `written AS (
      INSERT INTO ${writes}
        (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob, task_path, epoch)
      SELECT $1, $5, w.checkpoint_id, w.task_id, w.idx, w.channel, w.type,
        substring($17::bytea FROM w.start FOR w.length), w.task_path, $2
      FROM owned, unnest($9::text[], $10::text[], $11::text[], $12::int[], $13::text[], $14::text[], $15::int[], $16::int[])
        AS w (checkpoint_id, task_id, task_path, idx, channel, type, start, length)
      ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id, task_id, idx) ${conflict}
    )`;
  /** @param first the number of the first of the checkpoint's parameters */
  const saved = (first: number) => {
    const $ = (n: number) => `$${first + n}`;
    return `blobs AS (
        INSERT INTO ${database.table('checkpoint_blobs')} (thread_id, checkpoint_ns, channel, version, type, blob)
        SELECT $1, $5, b.channel, b.version, b.type,
          CASE WHEN b.type <> 'empty' THEN substring(${$(12)}::bytea FROM b.start FOR b.length) END
        FROM owned, unnest(${$(7)}::text[], ${$(8)}::text[], ${$(9)}::text[], ${$(10)}::int[], ${$(11)}::int[])
          AS b (channel, version, type, start, length)
        ON CONFLICT DO NOTHING
      ), saved AS (
        INSERT INTO ${database.table('checkpoints')} AS c
          (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata,
           ordinal, epoch, run_id, step, source, changed_keys, created_at)
        SELECT $1, $5, ${$(0)}, ${$(1)}, ${$(2)}::jsonb, ${$(3)}::jsonb, owned.last_ordinal, $2, $3,
          ${$(4)}, ${$(5)}, ${$(6)}, ${$(13)} FROM owned
        ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id) DO UPDATE SET
          checkpoint = EXCLUDED.checkpoint, metadata = EXCLUDED.metadata, ordinal = EXCLUDED.ordinal,
          epoch = EXCLUDED.epoch, run_id = EXCLUDED.run_id, step = EXCLUDED.step, source = EXCLUDED.source,
          changed_keys = EXCLUDED.changed_keys, created_at = EXCLUDED.created_at
      )`;
  };
  /** @param first the number of the parameter that holds the checkpoint's id */
  const fenceCheckpoint = (first: number) =>
    fence(
      `head = CASE WHEN $5 = '' THEN $${first} ELSE head END, last_ordinal = last_ordinal + 1,`,
    );
  const step = (...parts: readonly string[]) =>
    `WITH ${parts.join(', ')} SELECT last_event FROM owned`;
  const checkpointAfter = STEP + WRITES + 1;
  return {
    putCheckpoint: step(`owned AS (${fenceCheckpoint(STEP + 1)})`, saved(STEP + 1), logged),
    putBoth: step(
      `owned AS (${fenceCheckpoint(checkpointAfter)})`,
      written('DO NOTHING'),
      saved(checkpointAfter),
      logged,
    ),
    putWrites: step(`owned AS (${fence('')})`, written('DO NOTHING'), logged),
    replaceWrites: step(
      `owned AS (${fence('')})`,
      `replaced AS (
        INSERT INTO ${database.own('replaced_writes')}
          (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob, task_path, epoch, replaced_epoch)
        SELECT w.thread_id, w.checkpoint_ns, w.checkpoint_id, w.task_id, w.idx, w.channel, w.type, w.blob,
          w.task_path, w.epoch, $2
        FROM owned, ${writes} AS w
        WHERE w.thread_id = $1 AND w.checkpoint_ns = $5 AND w.epoch < $2
          AND (w.checkpoint_id, w.task_id, w.idx) IN (SELECT * FROM unnest($9::text[], $10::text[], $12::int[]))
        ON CONFLICT DO NOTHING
      )`,
      written(`DO UPDATE SET channel = EXCLUDED.channel, type = EXCLUDED.type, blob = EXCLUDED.blob,
        task_path = EXCLUDED.task_path, epoch = EXCLUDED.epoch`),
      logged,
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
