// What an operator's machines ask of every process, whatever its role: /health, /ready and /metrics.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MetricValues, Metrics } from '../telemetry/metrics.ts';
import type { Health } from './health.ts';

export interface ProbeOptions {
  readonly health: Health;
  readonly metrics: Metrics;
  /** What other processes of the program have measured. */
  readonly others: (() => Promise<MetricValues[]>) | undefined;
  /** The hash of the GraphQL schema; undefined for a process that only works. */
  readonly schemaHash: string | undefined;
  /** Aborted once the process is told to stop. */
  readonly leaving: AbortSignal;
}

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
  { health, metrics, others, schemaHash, leaving }: ProbeOptions,
): Promise<void> {
  if (probe.pathname === '/health') {
    send(response, 200, { alive: true, ...(schemaHash !== undefined && { schema: schemaHash }) });
  } else if (probe.pathname === '/ready') {
    // As in Kubernetes' own `?exclude=`.
    const checks = await health.check(new Set(probe.searchParams.getAll('exclude')));
    const ready = !leaving.aborted && Object.values(checks).every(Boolean);
    send(response, ready ? 200 : 503, { ready, draining: leaving.aborted, ...checks });
  } else {
    const { contentType, body } = await metrics.text(await others?.());
    response.writeHead(200, { 'content-type': contentType }).end(body);
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  response.writeHead(status, headers).end(JSON.stringify(body));
}
