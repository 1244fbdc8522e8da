// Steps and runs, newest first. Only the rows in view are in the page, so that thousands scroll as ten do.
import { Button, Loader, Text } from '@mantine/core';
import { type Range, defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import {
  type KeyboardEvent,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { TimelineLine } from './timeline-line.tsx';
import type { TimelineRow } from './timeline-rows.ts';

/** As console.css has it. */
const ROW_PX = 44;
/** So many rows before the end the older ones are fetched. */
const AHEAD = 20;

/** What there is beyond the rows. */
export type Older = 'forgotten' | { readonly load: () => Promise<void> };

interface Props {
  /** Oldest first; they may be added to in place. */
  readonly rows: readonly TimelineRow[];
  /** Changes with each change of the rows. */
  readonly revision: number;
  readonly selected: string | null;
  readonly onSelect: (checkpointId: string) => void;
  readonly older: Older | undefined;
}

export function TimelineList({ rows, revision, selected, onSelect, older }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const focused = useRef<string>(undefined);
  const count = rows.length + (older === undefined ? 0 : 1);
  const keyOf = useCallback((index: number) => rows.at(-1 - index)?.key ?? 'older', [rows]);
  const rangeOf = useCallback(
    (range: Range) => {
      const shown = defaultRangeExtractor(range);
      // Who is at a row by keyboard is not thrown off it by rows that come.
      const at =
        focused.current === undefined
          ? -1
          : rows.findLastIndex(({ key }) => key === focused.current);
      const index = at < 0 ? -1 : rows.length - 1 - at;
      return index < 0 || shown.includes(index) ? shown : [...shown, index].sort((a, b) => a - b);
    },
    [rows],
  );
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    getItemKey: keyOf,
    rangeExtractor: rangeOf,
  });
  useStayInPlace(box, rows, revision);
  const items = virtual.getVirtualItems();
  const load = typeof older === 'object' ? older.load : undefined;
  const isNearEnd = (items.at(-1)?.index ?? 0) >= rows.length - AHEAD;
  const problem = useLoading(load, isNearEnd, rows.length);
  const select = useStable(onSelect);
  return (
    <div
      className="timeline"
      ref={box}
      role="group"
      aria-label="Steps"
      tabIndex={-1}
      onKeyDown={moveFocus}
      onFocus={({ target }) => {
        focused.current = target.closest('li')?.dataset['key'];
      }}
      onBlur={() => {
        focused.current = undefined;
      }}
    >
      {count === 0 && (
        <Text c="dimmed" p="md">
          No step yet.
        </Text>
      )}
      <ol
        style={{
          height: virtual.getTotalSize(),
          position: 'relative',
          margin: 0,
          padding: 0,
          listStyle: 'none',
        }}
      >
        {items.map(({ index, key, start }) => {
          const row = index < rows.length ? rows.at(-1 - index) : undefined;
          return (
            <li
              key={key}
              data-key={key}
              className="timeline-row"
              style={{ transform: `translateY(${start}px)` }}
              aria-setsize={older === undefined ? count : -1}
              aria-posinset={index + 1}
            >
              {row === undefined ? (
                <OlderRow older={older} problem={problem} />
              ) : (
                <TimelineLine
                  row={row}
                  isSelected={row.type === 'step' && row.checkpointId === selected}
                  onSelect={select}
                />
              )}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

/** Fetches the older rows when their time has come. @returns what to do where that failed */
function useLoading(
  load: (() => Promise<void>) | undefined,
  isNearEnd: boolean,
  count: number,
): (() => void) | undefined {
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    if (load === undefined || !isNearEnd || hasFailed) return;
    load().catch(() => setFailed(true));
    // It is asked again when more rows are there.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [load === undefined, isNearEnd, hasFailed, count]);
  return hasFailed ? () => setFailed(false) : undefined;
}

function useStable<Argument>(act: (argument: Argument) => void): (argument: Argument) => void {
  const last = useRef(act);
  useLayoutEffect(() => {
    last.current = act;
  });
  return useCallback((argument) => last.current(argument), []);
}

/** Who has scrolled down goes on seeing the same rows while others come on top. */
function useStayInPlace(
  box: RefObject<HTMLDivElement | null>,
  rows: readonly TimelineRow[],
  revision: number,
): void {
  const newest = useRef<string>(undefined);
  useLayoutEffect(() => {
    const element = box.current;
    const before = newest.current;
    newest.current = rows.at(-1)?.key;
    if (element === null || element.scrollTop === 0 || before === newest.current) return;
    const at = rows.findLastIndex(({ key }) => key === before);
    if (at >= 0) element.scrollTop += (rows.length - 1 - at) * ROW_PX;
  }, [box, rows, revision]);
}

/** Arrows go from step to step. */
function moveFocus(event: KeyboardEvent<HTMLDivElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const buttons = [...event.currentTarget.querySelectorAll<HTMLButtonElement>('button.step')];
  buttons.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);
  const at = buttons.findIndex((button) => button === document.activeElement);
  const next = buttons[at + (event.key === 'ArrowDown' ? 1 : -1)];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

interface OlderProps {
  readonly older: Older | undefined;
  /** Tries again, where it failed. */
  readonly problem: (() => void) | undefined;
}

function OlderRow({ older, problem }: OlderProps) {
  return (
    <div className="step" role="status">
      {older === 'forgotten' && (
        <Text span size="sm" c="dimmed">
          Older steps were let go; load the page again to go through them.
        </Text>
      )}
      {problem !== undefined && (
        <>
          <Text span size="sm">
            The older steps could not be loaded.
          </Text>
          <Button size="compact-xs" variant="default" onClick={problem}>
            Try again
          </Button>
        </>
      )}
      {older !== 'forgotten' && problem === undefined && (
        <>
          <Loader size="xs" aria-hidden />
          <Text span size="sm" c="dimmed">
            Loading older steps…
          </Text>
        </>
      )}
    </div>
  );
}
