// Names that LangGraph gives to channels, tasks and sources. Its public API exports none of them.
import type { CheckpointSource } from './progress.ts';

/** The channel of a failed task's error. */
export const ERROR = '__error__';
/** The channel of what a task asks. */
export const INTERRUPT = '__interrupt__';
/** The channel of the answer to it. */
export const RESUME = '__resume__';
/** The channel of what a task of the functional API returned. */
export const RETURN = '__return__';

/** Channels whose writes are no output of their task. */
export const NO_OUTPUT: ReadonlySet<string> = new Set([
  ERROR,
  '__error_source_node__',
  INTERRUPT,
  RESUME,
  '__scheduled__',
]);

/** The task of writes that belong to no task, such as a command's. */
export const NO_TASK = '00000000-0000-0000-0000-000000000000';

const SOURCES: Readonly<Record<string, CheckpointSource>> = {
  input: 'INPUT',
  loop: 'LOOP',
  update: 'UPDATE',
  fork: 'FORK',
};

/** @param source of a checkpoint's metadata; unknown ones count as a step's */
export function checkpointSourceOf(source: string | undefined): CheckpointSource {
  return SOURCES[source ?? ''] ?? 'LOOP';
}
