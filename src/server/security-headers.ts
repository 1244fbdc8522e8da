import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

const strictTransportSecurity = { includeSubDomains: false };

/** For answers that are no page: a browser is to show and load nothing of them. */
const forData = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
  },
  strictTransportSecurity,
  xFrameOptions: { action: 'deny' },
});

/** GraphiQL is one page with its scripts and styles in it, and workers that it makes of them. */
const forGraphiQL = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'script-src': ["'unsafe-inline'", 'blob:'],
      'worker-src': ['blob:'],
      'style-src': ["'unsafe-inline'"],
      'img-src': ['data:'],
      'font-src': ['data:'],
      'connect-src': ["'self'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
    },
  },
  strictTransportSecurity,
  xFrameOptions: { action: 'deny' },
});

const nonces = new WeakMap<ServerResponse, string>();

/** The console's scripts are files; some of its libraries write style sheets, which know the nonce. */
const forConsole = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'", (_request, response) => `'nonce-${nonces.get(response) ?? ''}'`],
      'img-src': ["'self'", 'data:'],
      'connect-src': ["'self'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
    },
  },
  strictTransportSecurity,
  xFrameOptions: { action: 'deny' },
});

/** Sets those of the console's page, in which style sheets with this nonce are obeyed. */
export function setPageHeaders(
  request: IncomingMessage,
  response: ServerResponse,
  nonce: string,
): void {
  nonces.set(response, nonce);
  forConsole(request, response, () => undefined);
  // Each time it has another nonce, and other files after an update.
  response.setHeader('cache-control', 'no-store');
}

/** Sets the headers that tell browsers what they may do with the answer. */
export function setSecurityHeaders(request: IncomingMessage, response: ServerResponse): void {
  const page = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
  const set = page ? forGraphiQL : forData;
  // helmet calls it synchronously.
  set(request, response, () => undefined);
  if (!page) response.setHeader('cache-control', 'no-store');
}
