// The console in a browser: how much script its first load has, whether ten thousand checkpoints are painted like ten, and
// whether its memory stays where it is while a session makes a hundred events a second.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ConsoleBrowser,
  type ConsolePage,
  openConsoleBrowser,
} from '../test/support/console-page.ts';
import { setup } from '../test/support/console-build.ts';
import { seedLongHistories } from '../test/support/long-history.ts';
import { startProgram, temporaryFolder } from '../test/support/program.ts';
import { User } from '../test/support/user.ts';
import { quantile } from './measure.ts';

const SHORT = 10;
const LONG = 10_000;
/** Each step is told by three events: the node began, it ended, and its checkpoint. */
const EVENTS_OF_A_STEP = 3;
const EVENTS_A_SECOND = 100;
/** What a step takes beside its pause, at least: rather more events than fewer. */
const STEP_MS = 10;
/** More than there is time for. */
const ENDLESS = 20_000;

export async function run({ quick }: { readonly quick: boolean }) {
  await setup();
  await using browser = await openConsoleBrowser();
  using folder = temporaryFolder();
  const SQLITE_PATH = `${folder.path}/sessions.db`;
  const [short = '', long = ''] = await seedLongHistories(SQLITE_PATH, [SHORT, LONG]);
  await using program = await startProgram({
    ENV: 'sqlite',
    SQLITE_PATH,
    LANGGRAPH_JSON: 'bench/langgraph.json',
  });
  const looks = quick ? 5 : 21;
  await using at = await browser.open(program.url);
  const script = {
    list: await scriptOf(browser, program.url, '/'),
    session: await scriptOf(browser, program.url, `/sessions/${short}`),
  };
  const paints = await firstPaints(at, [short, long], looks);
  const live = await watchLive(quick ? { firstS: 8, lastS: 32 } : { firstS: 60, lastS: 300 });
  const rows = {
    'script of the list, bytes': script.list,
    'script of a session, bytes': script.session,
    [`first paint, ${SHORT} checkpoints, ms`]: paints[0],
    [`first paint, ${LONG} checkpoints, ms`]: paints[1],
    'events a second': live.eventsASecond,
    'heap after the first part, MB': live.firstMb,
    'heap at the end, MB': live.lastMb,
  };
  console.table(Object.entries(rows).map(([what, value]) => ({ what, value })));
  return {
    FIRST_PAINT_10000_OF_10: paints[1] / paints[0],
    LIVE_HEAP_END_OF_FIRST: live.lastMb / live.firstMb,
    LIVE_EVENTS_A_SECOND: live.eventsASecond,
    SCRIPT_BYTES_LIST: script.list,
    SCRIPT_BYTES_SESSION: script.session,
  };
}

/** The script that a first load brings, as it comes over the line. */
async function scriptOf(browser: ConsoleBrowser, url: string, path: string): Promise<number> {
  // One that has seen nothing of it yet.
  await using at = await browser.open(url);
  const sizes: Promise<number>[] = [];
  at.page.on('response', (response) => {
    if (response.url().endsWith('.js'))
      sizes.push(
        response
          .request()
          .sizes()
          .then(({ responseBodySize }) => responseBodySize),
      );
  });
  await at.go(path);
  await at.page.waitForLoadState('networkidle');
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** The median of each, looked at in turns. */
async function firstPaints(
  at: ConsolePage,
  ids: readonly [string, string],
  looks: number,
): Promise<[number, number]> {
  const took: [number[], number[]] = [[], []];
  // What is fetched and compiled once is in none of them.
  for (const id of ids) await at.firstPaint(id);
  for (let look = 0; look < looks; look += 1) {
    took[0].push(await at.firstPaint(ids[0]));
    took[1].push(await at.firstPaint(ids[1]));
  }
  return [quantile(took[0], 0.5), quantile(took[1], 0.5)];
}

interface Live {
  readonly eventsASecond: number;
  readonly firstMb: number;
  readonly lastMb: number;
}

/** A page that watches a session which makes steps without an end. */
async function watchLive({ firstS, lastS }: { firstS: number; lastS: number }): Promise<Live> {
  await using browser = await openConsoleBrowser();
  await using program = await startProgram({
    ENV: 'development',
    LANGGRAPH_JSON: 'test/graphs/console/langgraph.json',
    MAX_STEPS: String(ENDLESS),
  });
  await using at = await browser.open(program.url);
  const pauseMs = (1000 / EVENTS_A_SECOND) * EVENTS_OF_A_STEP - STEP_MS;
  const id = await new User(program.url, {}).start({
    graphId: 'counter',
    input: { until: ENDLESS, pauseMs },
    recursionLimit: ENDLESS,
  });
  let events = 0;
  at.page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => {
      if (String(payload).includes('"next"')) events += 1;
    });
  });
  await at.go(`/sessions/${id}`);
  await at.page.getByRole('button', { name: /add/ }).first().waitFor();
  const began = performance.now();
  await sleep(firstS * 1000);
  const firstMb = await heapMb(at);
  await sleep((lastS - firstS) * 1000);
  const eventsASecond = (events / (performance.now() - began)) * 1000;
  const lastMb = await heapMb(at);
  at.expectNoProblems();
  return { eventsASecond, firstMb, lastMb };
}

/** What is still held after the garbage was collected. */
async function heapMb({ context, page }: ConsolePage): Promise<number> {
  const cdp = await context.newCDPSession(page);
  await cdp.send('HeapProfiler.enable');
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  await cdp.detach();
  return usedSize / 1e6;
}
