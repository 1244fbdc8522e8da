import { Badge, Text } from '@mantine/core';
import { memo } from 'react';
import { lengthOf } from '../shell/time.tsx';
import { counted } from './node-names.ts';
import type { RunRow, StepRow, TimelineRow } from './timeline-rows.ts';

interface Props {
  readonly row: TimelineRow;
  readonly isSelected: boolean;
  readonly onSelect: (checkpointId: string) => void;
}

/** A row of the timeline: a step to be chosen, or where a run began or ended. */
export const TimelineLine = memo(function TimelineLine({ row, isSelected, onSelect }: Props) {
  if (row.type === 'run') return <RunLine row={row} />;
  return (
    <button
      type="button"
      className="step"
      aria-current={isSelected ? 'true' : undefined}
      onClick={() => onSelect(row.checkpointId)}
    >
      <StepLine row={row} />
    </button>
  );
});

const SOURCES: Readonly<Record<StepRow['source'], string>> = {
  INPUT: 'Input',
  LOOP: 'Step',
  UPDATE: 'Edited by hand',
  FORK: 'A branch begins',
};

/** The first step of a run takes its input. */
function nameOf({ source, nodes }: StepRow): string {
  if (nodes === undefined || nodes.length === 0) return SOURCES[source];
  return nodes[0] === '__start__' ? 'Input taken' : counted(nodes);
}

function StepLine({ row }: { readonly row: StepRow }) {
  const { step, changedKeys, tookMs } = row;
  return (
    <>
      <Text span className="mono" c="dimmed" w={38} style={{ flexShrink: 0 }}>
        {step < 0 ? 'in' : step}
      </Text>
      <span className="cut" style={{ flex: '1 1 auto' }}>
        {nameOf(row)}
        {changedKeys.length > 0 && (
          <Text span size="xs" c="dimmed">
            {' '}
            {changedKeys.join(', ')}
          </Text>
        )}
      </span>
      <Took ms={tookMs} />
    </>
  );
}

const RUN_COLORS: Readonly<Record<RunRow['status'], string>> = {
  QUEUED: 'grape',
  RUNNING: 'blue',
  INTERRUPTED: 'yellow',
  SUCCEEDED: 'teal',
  FAILED: 'red',
  CANCELLED: 'gray',
};

const KINDS: Readonly<Record<RunRow['kind'], string>> = {
  START: 'Start',
  MESSAGE: 'Message',
  INPUT: 'Input',
  ANSWERS: 'Answers',
  CONTINUE: 'Go on',
};

const WORDS: Readonly<Record<RunRow['status'], string>> = {
  QUEUED: 'queued',
  RUNNING: 'begun',
  INTERRUPTED: 'waits for answers',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};

function RunLine({ row }: { readonly row: RunRow }) {
  const { status, attempt, kind, error, tookMs } = row;
  return (
    <div className="step">
      <Badge
        size="sm"
        variant="outline"
        tt="none"
        color={RUN_COLORS[status]}
        styles={{ label: { color: 'var(--mantine-color-text)' } }}
        style={{ flexShrink: 0 }}
      >
        {KINDS[kind]} {WORDS[status]}
        {attempt > 1 && `, attempt ${attempt}`}
      </Badge>
      <span className="cut" style={{ flex: '1 1 auto' }} title={error?.message}>
        {error !== null &&
          (error.node === null ? error.message : `${error.node}: ${error.message}`)}
      </span>
      <Took ms={tookMs} />
    </div>
  );
}

function Took({ ms }: { readonly ms: number | undefined }) {
  if (ms === undefined) return null;
  return (
    <Text span className="mono" c="dimmed" style={{ flexShrink: 0 }}>
      {lengthOf(ms)}
    </Text>
  );
}
