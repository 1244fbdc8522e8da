// What an operator's machines ask of every process, whatever its role: /health, /ready and /metrics.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Backend } from '../session/ports.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface ProbeOptions {
  readonly backend: Backend;
  readonly metrics: Metrics;
  /** Aborted once the process takes no more work. */
  readonly closing: AbortSignal;
}

/** A check that takes longer than this is one that failed. */
const CHECK_PATIENCE_MS = 3000;

/** The probe that is asked for, as a URL; undefined for other requests. */
export function probeOf({ method, url }: IncomingMessage): URL | undefined {
  if ((method !== 'GET' && method !== 'HEAD') || url === undefined) return undefined;
  if (!/^\/(health|ready|metrics)(\?|$)/.test(url)) return undefined;
  return new URL(url, 'http://localhost');
}

/** Answers; never rejects. */
export async function answerProbe(
  probe: URL,
  response: ServerResponse,
  { backend, metrics, closing }: ProbeOptions,
): Promise<void> {
  if (probe.pathname === '/health') {
    send(response, 200, { alive: true });
  } else if (probe.pathname === '/ready') {
    const checks = await check(backend, new Set(probe.searchParams.getAll('exclude')));
    const ready = !closing.aborted && Object.values(checks).every(Boolean);
    send(response, ready ? 200 : 503, { ready, draining: closing.aborted, ...checks });
  } else {
    const { contentType, body } = await metrics.text();
    response.writeHead(200, { 'content-type': contentType }).end(body);
  }
}

/** Which checks passed. What is excluded (as in Kubernetes' own `?exclude=`) is not looked at. */
async function check(
  backend: Backend,
  excluded: ReadonlySet<string>,
): Promise<Record<string, boolean>> {
  const names = Object.keys(backend.checks).filter((name) => !excluded.has(name));
  const results = await Promise.all(
    names.map(async (name) => [name, await passes(backend.checks[name])] as const),
  );
  return Object.fromEntries(results);
}

async function passes(run: (() => Promise<void>) | undefined): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), CHECK_PATIENCE_MS);
  run?.().then(
    () => resolve(true),
    () => resolve(false),
  );
  return promise.finally(() => clearTimeout(timer));
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  response.writeHead(status, headers).end(JSON.stringify(body));
}
