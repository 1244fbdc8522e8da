// Fetch-API requests, sent to the HTTP server over a Unix socket (a named pipe on Windows) in a private folder. So they have
// the same limits and time-outs as requests that come over the network.
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, type Server, request as send } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

/** Headers of one connection, which are not passed on (RFC 9110, 7.6.1). */
const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade']);
/** Statuses whose responses have no body. */
const BODILESS = new Set([204, 205, 304]);

export class FetchHandler implements AsyncDisposable {
  readonly #server: Server;
  #opened: Promise<string> | undefined;
  #isClosed = false;

  /** @param server does not listen yet */
  constructor(server: Server) {
    this.#server = server;
  }

  async fetch(request: Request): Promise<Response> {
    if (this.#isClosed) return stopped();
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    const { pathname, search, host } = new URL(request.url);
    const asked = send({
      socketPath: await this.#opened,
      method: request.method,
      path: pathname + search,
      headers: { host, ...Object.fromEntries(request.headers) },
      signal: request.signal,
      agent: false,
    });
    const answered = once(asked, 'response') as Promise<[IncomingMessage]>;
    // The answer, or its absence, reports what fails while the body is sent.
    void sendBody(request, asked).catch((error: Error) => asked.destroy(error));
    const [response] = await answered;
    const status = response.statusCode ?? 500;
    const isBodiless = BODILESS.has(status) || request.method === 'HEAD';
    if (isBodiless) response.resume();
    return new Response(isBodiless ? null : (Readable.toWeb(response) as BodyInit), {
      status,
      headers: headersOf(response),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const path = await this.#opened;
    if (path === undefined) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    if (process.platform !== 'win32') await rm(join(path, '..'), { recursive: true, force: true });
  }

  async #open(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'session-gateway-'));
    const path =
      process.platform === 'win32' ? join(String.raw`\\.\pipe`, folder) : join(folder, 'socket');
    this.#server.listen(path);
    await once(this.#server, 'listening');
    return path;
  }
}

/** The same answer as while the gateway closes. */
function stopped(): Response {
  const extensions = { code: 'SHUTTING_DOWN', retryable: true };
  return Response.json(
    { errors: [{ message: 'The gateway has stopped.', extensions }] },
    { status: 503 },
  );
}

async function sendBody({ body }: Request, asked: ClientRequest): Promise<void> {
  const closed = new Promise((resolve) => asked.once('close', resolve));
  // The server may answer before it has read the whole body, and then takes no more.
  if (body !== null)
    for await (const part of Readable.fromWeb(body as ReadableStream)) {
      if (!asked.writable) return;
      const isTaken = new Promise((resolve) => asked.write(part, resolve));
      await Promise.race([isTaken, closed]);
    }
  asked.end();
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    if (!OF_THE_CONNECTION.has(name.toLowerCase())) headers.append(name, value);
  }
  return headers;
}
