// Runs through a gateway and bare runs of the same graph, each in a process of its own on storage of its own.
import { startProgram } from '../test/support/program.ts';
import type { AskedOfBareRuns, Runs } from './bare-runs.ts';
import { openChild } from './child.ts';
import type { AskedOfClientRuns } from './client-runs.ts';
import { type EnvironmentName, type Services, openServices } from './services.ts';

export interface BesideBare extends AsyncDisposable {
  readonly services: Services;
  readonly bareServices: Services;
  readonly ours: (clients: number, forMs: number) => Promise<Runs>;
  readonly bare: (clients: number, forMs: number, by?: AskedOfBareRuns['by']) => Promise<Runs>;
}

/**
 * @param most how many clients there may be at once, each a user of its own
 * @param settings of the gateway
 */
export async function openBesideBare(
  ENV: EnvironmentName,
  most: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<BesideBare> {
  const parts = new AsyncDisposableStack();
  const services = parts.use(await openServices(ENV));
  const bareServices = parts.use(await openServices(ENV));
  const { url } = parts.use(await startProgram({ ...services.env, ...settings }));
  const clients = parts.use(openChild<AskedOfClientRuns>('client-runs.ts'));
  const bare = parts.use(openChild<AskedOfBareRuns>('bare-runs.ts', bareServices.env));
  const tokens = await Promise.all(
    Array.from({ length: most }, (_, n) => services.tokenOf(`user-${n}`)),
  );
  return {
    services,
    bareServices,
    async ours(count, forMs) {
      const before = await cpuMsOf(url);
      const here = { url, tokens: tokens.slice(0, count), forMs };
      const took = await clients.ask<number[]>(here);
      return { took, cpuMs: (await cpuMsOf(url)) - before };
    },
    bare: (count, forMs, by = 'invoke') => bare.ask<Runs>({ clients: count, forMs, by }),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** Processor time of the gateway at this address. */
export async function cpuMsOf(url: string): Promise<number> {
  const metrics = await (await fetch(new URL('/metrics', url))).text();
  return Number(/^process_cpu_seconds_total (\S+)/m.exec(metrics)?.[1]) * 1000;
}
