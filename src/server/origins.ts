// Which pages in browsers may use the gateway: its own, and those that CORS_ORIGINS lists. What is no page, such as a
// program or a proxy, sends no Origin.
import type { IncomingHttpHeaders } from 'node:http';
import type { CORSOptions } from 'graphql-yoga';
import { LOOPBACK_ORIGINS } from '../config.ts';
import { GatewayError } from '../errors.ts';
import { isLoopback } from '../loopback.ts';

/** How long a browser may go by what it was told. */
const CORS_MAX_AGE_SECONDS = 600;

export interface PageRules {
  /** CORS_ORIGINS. */
  readonly origins: readonly string[];
}

type Headers = Pick<IncomingHttpHeaders, 'host' | 'origin'> & {
  readonly 'sec-fetch-site'?: string | string[] | undefined;
};

/** Headers by which a proxy tells of itself, or of who asked it. */
const FORWARDED = /^(forwarded|via|x-real-ip|x-forwarded-.+)$/;

/**
 * Where nobody is asked who they are, only programs of this machine are answered: under its own names, so that no page
 * reaches the gateway under a name of its own (DNS rebinding), and not through a proxy, which others may reach.
 * @throws GatewayError FORBIDDEN
 */
export function checkLocal(headers: IncomingHttpHeaders): void {
  const without = 'Without JWT_SECRET, JWT_PUBLIC_KEY or JWT_JWKS_URL the gateway answers';
  if (!isLoopback(hostnameOf(`http://${headers.host}`)))
    throw forbidden(`${without} on loopback names alone.`);
  const forwarded = Object.keys(headers).find((name) => FORWARDED.test(name));
  if (forwarded !== undefined)
    throw forbidden(`${without} nothing that came through a proxy (${forwarded}).`);
}

/** @throws GatewayError FORBIDDEN for a page that may not use the gateway */
export function checkPage(headers: Headers, { origins }: PageRules): void {
  const { host, origin } = headers;
  const site = headers['sec-fetch-site'];
  if (site === 'same-origin') return;
  // A browser leaves the origin out of what a page of another site asks for without reading it.
  if (origin === undefined && site !== 'cross-site' && site !== 'same-site') return;
  if (origin === undefined)
    throw forbidden('Cross-site requests without an Origin header are refused.');
  if (isListed(origin, origins) || (URL.canParse(origin) && new URL(origin).host === host)) return;
  throw forbidden('Pages of this origin may not use the gateway (CORS_ORIGINS).');
}

/** Whether pages of this origin may read the answers, though they are of another site. */
export function isListed(origin: string, origins: readonly string[]): boolean {
  return (
    origins.includes('*') ||
    origins.includes(origin) ||
    (origins.includes(LOOPBACK_ORIGINS) && isLoopback(hostnameOf(origin)))
  );
}

/**
 * What a browser is told of who may read the answer. A page of a listed origin may send whatever headers it asks for, as
 * clients' names, keys of the program's own and traces come by many; yoga answers with those that are asked for where
 * none are named here.
 */
export function corsOf(request: Request, { origins }: PageRules): CORSOptions {
  const origin = request.headers.get('origin');
  if (origin === null || !isListed(origin, origins)) return false;
  return {
    origin,
    credentials: false,
    methods: ['GET', 'POST'],
    exposedHeaders: ['retry-after', 'x-request-id'],
    maxAge: CORS_MAX_AGE_SECONDS,
  };
}

function hostnameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}

function forbidden(message: string): GatewayError {
  return new GatewayError('FORBIDDEN', message);
}
