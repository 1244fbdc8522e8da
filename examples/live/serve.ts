// Starts the gateway, and a page beside it. `npm run live`.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { startGateway } from '../start-gateway.ts';

const here = import.meta.dirname;
const bundle = await build({
  entryPoints: [join(here, 'page.ts')],
  bundle: true,
  format: 'esm',
  write: false,
  sourcemap: 'inline',
});
const files: Readonly<Record<string, [type: string, body: string | Uint8Array]>> = {
  '/': ['text/html; charset=utf-8', await readFile(join(here, 'index.html'))],
  '/page.js': ['text/javascript; charset=utf-8', bundle.outputFiles[0]?.contents ?? ''],
};
const server = createServer((request, response) => {
  const [type, body] = files[new URL(request.url ?? '/', 'http://page').pathname] ?? [];
  if (type === undefined) response.writeHead(404).end();
  else response.writeHead(200, { 'content-type': type }).end(body);
});

await using gateway = await startGateway();
server.listen(Number(process.env['PAGE_PORT'] ?? 4100), '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
process.stdout.write(
  `The page is at http://127.0.0.1:${port}/?gateway=${encodeURIComponent(gateway.url)}\n`,
);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
server.close();
server.closeAllConnections();
