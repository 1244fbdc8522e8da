import { useSyncExternalStore } from 'react';

/** A length of time in two units at most: `3 min 4 s`. */
export function lengthOf(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1000;
  if (seconds < 60)
    return `${Number.isInteger(seconds) || seconds >= 10 ? Math.round(seconds) : seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** How long ago something was, going on with the clock. */
export function Ago({ at }: { readonly at: string }) {
  const now = useNow();
  const then = Date.parse(at);
  // The gateway's clock may be ahead of this one.
  const ms = Math.max(0, now - then);
  return (
    <time dateTime={at} title={new Date(then).toLocaleString()}>
      {ms < 5000 ? 'a moment' : lengthOf(Math.round(ms / 1000) * 1000)}
    </time>
  );
}

const TICK_MS = 5000;

function useNow(): number {
  return useSyncExternalStore(onTick, () => Math.floor(Date.now() / TICK_MS) * TICK_MS);
}

const ticked = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for all that is shown. */
function onTick(listener: () => void): () => void {
  ticked.add(listener);
  timer ??= setInterval(() => {
    for (const each of ticked) each();
  }, TICK_MS);
  return () => {
    ticked.delete(listener);
    if (ticked.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
