// The web console: one page at / and at the addresses it has within itself, and its files under /console/, whose names
// change with what is in them.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';
import { setPageHeaders } from './security-headers.ts';

export interface ConsoleOptions {
  /** How who looks at it says who they are: by a token, by a name that is believed, or in a way of the program's own. */
  readonly signIn: 'token' | 'user' | 'none';
  /** Whether GraphiQL is served beside it. */
  readonly graphiql: boolean;
}

/** Built, it stands beside the bundle; in the sources, in the folder of what is built. */
const FOLDERS = ['./console/', '../../dist/console/'];
const PAGES = /^\/(?:$|sessions(?:\/|$)|inbox(?:\/|$)|compare(?:\/|$))/;
const FILES = '/console/';
const YEAR_SECONDS = 31_536_000;

export interface Console {
  /** Whether the request is for the console; then it is answered. */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
}

/** Where the console was built; undefined where it was not. */
export function consoleFolder(): string | undefined {
  return FOLDERS.map((folder) => fileURLToPath(new URL(folder, import.meta.url))).find((folder) =>
    existsSync(`${folder}index.html`),
  );
}

export async function openConsole(
  folder: string,
  { signIn, graphiql }: ConsoleOptions,
): Promise<Console> {
  const [before = '', ...rest] = (await readFile(`${folder}index.html`, 'utf8'))
    .replace('SIGN_IN', signIn)
    .replace('HAS_GRAPHIQL', String(graphiql))
    .split('CSP_NONCE');
  const serveFile = sirv(folder, {
    brotli: true,
    gzip: true,
    maxAge: YEAR_SECONDS,
    immutable: true,
    etag: true,
  });
  return {
    answer(request, response) {
      const { method, url = '' } = request;
      if (method !== 'GET' && method !== 'HEAD') return false;
      const path = url.replace(/[?#].*$/s, '');
      if (path.startsWith(FILES)) {
        // Other answers are not to be kept.
        response.removeHeader('cache-control');
        serveFile(request, response, () => void response.writeHead(404).end());
        return true;
      }
      const isPage = PAGES.test(path);
      // A person who mistook an address is told so by the console; programs, and GraphiQL's address, are not for it.
      const isPerson = (request.headers.accept ?? '').includes('text/html');
      if (!isPage && (!isPerson || path === '/graphql')) return false;
      const nonce = randomBytes(16).toString('base64');
      setPageHeaders(request, response, nonce);
      response.writeHead(isPage ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' });
      response.end(method === 'HEAD' ? undefined : [before, ...rest].join(nonce));
      return true;
    },
  };
}
