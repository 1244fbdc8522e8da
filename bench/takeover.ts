// From the death of a worker to the next attempt of what it executed, with a second worker that is alive.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Program, startProgram } from '../test/support/program.ts';
import { quantile } from './measure.ts';
import { openServices } from './services.ts';

const BACKENDS = ['sqlite', 'staging', 'production'] as const;
const SESSIONS = 6;
/** The aim, of the issue that asked for takeovers. */
const AIM_MS = 5000;

export async function run({ quick }: { readonly quick: boolean }) {
  const figures: Record<string, number> = {};
  const rows = [];
  for (const ENV of BACKENDS) {
    const waits: number[] = [];
    for (let n = 0; n < (quick ? 1 : 5); n += 1) waits.push(...(await killOnce(ENV)));
    rows.push({
      backend: ENV,
      runs: waits.length,
      'median, ms': Math.round(quantile(waits, 0.5)),
      'longest, ms': Math.round(Math.max(...waits)),
    });
    figures[`${ENV}_MEDIAN_OF_5_S`] = quantile(waits, 0.5) / AIM_MS;
    figures[`${ENV}_LONGEST_S`] = Math.max(...waits) / 1000;
  }
  console.table(rows);
  return figures;
}

/** How long each run waited whose worker was killed, in milliseconds. */
async function killOnce(ENV: (typeof BACKENDS)[number]): Promise<number[]> {
  await using services = await openServices(ENV);
  await using gateway = await startProgram({ ...services.env, ROLE: 'gateway' });
  await using victim = await startProgram({ ...services.env, ROLE: 'worker' });
  const token = await services.tokenOf('local');
  const ask = async (query: string, variables: object) => {
    const response = await fetch(gateway.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data: never; errors?: unknown };
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    return data;
  };
  const ids = await Promise.all(
    Array.from({ length: SESSIONS }, async () => {
      const input = { graphId: 'hanging', input: { input: 'x' } };
      const started: { startSession: { session: { id: string } } } = await ask(START, { input });
      return started.startSession.session.id;
    }),
  );
  const runOf = async (id: string) => {
    const seen: { session: { latestRun: Run } } = await ask(LOOK, { id });
    return seen.session.latestRun;
  };
  for (const id of ids) while ((await runOf(id)).status !== 'RUNNING') await sleep(20);
  await using _other: Program = await startProgram({ ...services.env, ROLE: 'worker' });
  await sleep(1000);
  const killedAt = performance.now();
  await victim.end('SIGKILL');
  return await Promise.all(
    ids.map(async (id) => {
      for (;;) {
        const { attempt } = await runOf(id);
        if (attempt === 2) return performance.now() - killedAt;
        await sleep(20);
      }
    }),
  );
}

interface Run {
  readonly status: string;
  readonly attempt: number;
}

const START = `mutation ($input: StartSessionInput!) { startSession(input: $input) { session { id } } }`;
const LOOK = `query ($id: ID!) { session(id: $id) { latestRun { status attempt } } }`;
