// What the timeline shows: steps, and between them where runs began, went on after a crash, and ended. A row has the same
// key whether it came live or was loaded.
import type { LoadedRun, LoadedStep } from './documents.ts';

export interface StepRow {
  readonly type: 'step';
  readonly key: string;
  /** ms since 1970. */
  readonly at: number;
  readonly checkpointId: string;
  readonly step: number;
  readonly source: LoadedStep['source'];
  readonly changedKeys: readonly string[];
  /** The nodes that made it, where that is known. */
  readonly nodes: readonly string[] | undefined;
  /** How long it took since the step before, or since its run began, where that is known. */
  readonly tookMs: number | undefined;
}

export interface RunRow {
  readonly type: 'run';
  readonly key: string;
  readonly at: number;
  readonly kind: LoadedRun['kind'];
  readonly status: LoadedRun['status'];
  readonly attempt: number;
  readonly error: {
    readonly message: string;
    readonly node: string | null;
    readonly causes: readonly { readonly message: string; readonly node: string | null }[];
  } | null;
  /** How long the run took, once it ended. */
  readonly tookMs: number | undefined;
}

export type TimelineRow = StepRow | RunRow;

/** When each run began, by its id. */
export type Beginnings = ReadonlyMap<string, number>;

/** @param steps oldest first */
export function stepRows(steps: readonly LoadedStep[], began: Beginnings): StepRow[] {
  const known = new Map(steps.map((step) => [step.checkpointId, step]));
  return steps.map((step) => {
    const parent =
      step.parentCheckpointId === null ? undefined : known.get(step.parentCheckpointId);
    return stepRow(step, parent, began);
  });
}

/** @param parent the step that it followed, where that is known */
export function stepRow(
  step: LoadedStep,
  parent: LoadedStep | undefined,
  began: Beginnings,
): StepRow {
  const { checkpointId, source, changedKeys, runId } = step;
  const at = Date.parse(step.createdAt);
  // A run of answers begins long after the step that asked.
  const since = Math.max(
    parent === undefined ? -Infinity : Date.parse(parent.createdAt),
    runId === null ? -Infinity : (began.get(runId) ?? -Infinity),
  );
  const isKnown = source === 'LOOP' && parent !== undefined;
  return {
    type: 'step',
    key: checkpointId,
    at,
    checkpointId,
    step: step.step,
    source,
    changedKeys,
    nodes: isKnown ? parent.next : undefined,
    tookMs: isKnown && Number.isFinite(since) ? Math.max(0, at - since) : undefined,
  };
}

const ENDED: ReadonlySet<LoadedRun['status']> = new Set([
  'INTERRUPTED',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
]);

export function hasEnded(status: LoadedRun['status']): boolean {
  return ENDED.has(status);
}

export function runKey(runId: string, status: LoadedRun['status'], attempt: number): string {
  return `${runId} ${status} ${attempt}`;
}

/** Where each run began, and where it ended. */
export function runRows(runs: readonly LoadedRun[]): RunRow[] {
  return runs.flatMap((run) => {
    const { id, kind, attempt, startedAt, finishedAt, createdAt, status, error } = run;
    const begun = Date.parse(startedAt ?? createdAt);
    const first = startedAt === null ? 'QUEUED' : 'RUNNING';
    const beginning: RunRow = {
      type: 'run',
      kind,
      key: runKey(id, first, Math.min(attempt, 1)),
      at: begun,
      status: first,
      attempt: Math.min(attempt, 1),
      error: null,
      tookMs: undefined,
    };
    if (!hasEnded(status) || finishedAt === null) return [beginning];
    const at = Date.parse(finishedAt);
    return [
      beginning,
      {
        ...beginning,
        key: runKey(id, status, attempt),
        at,
        status,
        attempt,
        error,
        tookMs: at - begun,
      },
    ];
  });
}

/** In the order in which it happened: a run begins before its steps, and ends after them. @param steps in their order */
export function inOrder(steps: readonly StepRow[], runs: readonly RunRow[]): TimelineRow[] {
  const waiting = runs.toSorted(
    (a, b) => a.at - b.at || Number(hasEnded(a.status)) - Number(hasEnded(b.status)),
  );
  const rows: TimelineRow[] = [];
  let next = 0;
  // Steps keep their order: clocks of two hosts may disagree on them.
  for (const step of steps) {
    for (; next < waiting.length; next += 1) {
      const run = waiting[next];
      if (run === undefined || run.at > step.at || (run.at === step.at && hasEnded(run.status)))
        break;
      rows.push(run);
    }
    rows.push(step);
  }
  return [...rows, ...waiting.slice(next)];
}
