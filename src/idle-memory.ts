// Gives memory back while nobody needs the process. V8 keeps the new space that loading modules or a burst of runs has taken,
// about 90 MB here, until it is told that memory is short.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const LOOK_MS = 5000;
/** Below this share of one core the process is idle: heartbeats, probes and looks for work take less. */
const IDLE_SHARE = 0.04;
/** Less work than this leaves too little behind to be worth a collection, which holds the event loop for about 0.2 s. */
const WORTH_MS = 500;

/** Collects garbage once after each time of work, in a quiet moment. Reads processor time alone, so it holds for every role. */
export function returnIdleMemory(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  // No context of a graph's own is to have it.
  setFlagsFromString('--no-expose-gc');
  let last = 0;
  let collected = 0;
  setInterval(() => {
    const worked = workedMs();
    const idle = worked - last < LOOK_MS * IDLE_SHARE;
    last = worked;
    if (!idle || worked - collected < WORTH_MS) return;
    collect({ type: 'major', flavor: 'last-resort' });
    last = workedMs();
    collected = last;
  }, LOOK_MS).unref();
}

function workedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
