/** The longest that a timer of Node can wait. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls back once at this instant. @param at in ms since 1970; undefined: never. @returns what takes it back */
export function callAt(at: number | undefined, callback: () => void): () => void {
  if (at === undefined) return () => undefined;
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    const left = at - Date.now();
    if (left <= 0) callback();
    else timer = setTimeout(wait, Math.min(left, LONGEST_MS)).unref();
  };
  wait();
  return () => clearTimeout(timer);
}
