// Servers of Debian's packages, as they stand between a gateway and its stores in production.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/services/free-port.ts';

const isRoot = process.getuid?.() === 0;
const UNIX_USER = 'postgres';
const READY_MS = 20_000;

/** The path of a program. @throws Error naming Debian's package that has it */
export function programOf(name: string, packageName = name): string {
  const folders = ['/usr/sbin', '/usr/bin', ...postgresFolders()];
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found === undefined)
    throw new Error(`${name} is missing: apt-get install ${packageName} (npm run test:setups)`);
  return found;
}

function postgresFolders(): string[] {
  const versions = '/usr/lib/postgresql';
  if (!existsSync(versions)) return [];
  return readdirSync(versions).map((version) => join(versions, version, 'bin'));
}

/** A folder that the user of the database reaches. */
export function sharedFolder(parts: AsyncDisposableStack): string {
  const path = mkdtempSync(join(tmpdir(), 'session-gateway-setup-'));
  chmodSync(path, 0o777);
  parts.defer(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Starts a server in the foreground, and waits until it listens. */
export async function startServer(
  parts: AsyncDisposableStack,
  command: string,
  args: readonly string[],
  port: number,
): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...unprivileged() });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  parts.defer(() => stopServer(child));
  for (const end = performance.now() + READY_MS; !(await listens(port));) {
    if (child.exitCode !== null || performance.now() > end)
      throw new Error(`${command} does not listen: ${output}`);
    await sleep(50);
  }
  return child;
}

/** SIGINT ends Postgres at once, without waiting for its clients. */
export async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGINT');
  await closed;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

export interface Postgres {
  readonly port: number;
  readonly data: string;
  readonly url: string;
  process: ChildProcess;
}

/** @param settings further lines of postgresql.conf */
export async function startPostgresServer(
  parts: AsyncDisposableStack,
  settings: readonly string[] = [],
): Promise<Postgres> {
  const folder = sharedFolder(parts);
  const data = join(folder, 'data');
  asDatabaseUser(programOf('initdb', 'postgresql'), ['-D', data, '-U', 'postgres', '-A', 'trust']);
  return runPostgres(parts, data, settings);
}

async function runPostgres(
  parts: AsyncDisposableStack,
  data: string,
  settings: readonly string[],
): Promise<Postgres> {
  const port = await freePort();
  const lines = [
    `port = ${port}`,
    "listen_addresses = '127.0.0.1'",
    `unix_socket_directories = '${data}'`,
    'max_connections = 100',
    ...settings,
  ];
  const file = join(data, 'postgresql.conf');
  writeFileSync(file, `${lines.join('\n')}\n`, { flag: 'a' });
  const child = await startServer(parts, programOf('postgres', 'postgresql'), ['-D', data], port);
  return { port, data, url: `postgres://postgres@127.0.0.1:${port}/postgres`, process: child };
}

/** A hot standby of a server, which is copied while it is stopped. */
export async function startStandby(
  parts: AsyncDisposableStack,
  primary: Postgres,
): Promise<Postgres> {
  const data = join(sharedFolder(parts), 'data');
  await stopServer(primary.process);
  cpSync(primary.data, data, { recursive: true });
  chmodSync(data, 0o700);
  const command = programOf('postgres', 'postgresql');
  primary.process = await startServer(parts, command, ['-D', primary.data], primary.port);
  writeFileSync(join(data, 'standby.signal'), '');
  if (isRoot) execFileSync('chown', ['-R', UNIX_USER, data]);
  const from = `primary_conninfo = 'host=127.0.0.1 port=${primary.port} user=postgres'`;
  return runPostgres(parts, data, [from]);
}

export function promote({ data }: Postgres): void {
  asDatabaseUser(programOf('pg_ctl', 'postgresql'), ['promote', '-D', data]);
}

function asDatabaseUser(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: 'pipe', cwd: '/', ...unprivileged() });
}

/** Neither Postgres nor PgBouncer runs as root. */
function unprivileged(): { readonly uid?: number; readonly gid?: number } {
  if (!isRoot) return {};
  const idOf = (option: string) => Number(execFileSync('id', [option, UNIX_USER]).toString());
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/** @param settings further lines of its `[pgbouncer]` section */
export async function startPgBouncer(
  parts: AsyncDisposableStack,
  { port: serverPort }: Postgres,
  settings: readonly string[],
): Promise<string> {
  const folder = sharedFolder(parts);
  const port = await freePort();
  const lines = [
    '[databases]',
    `postgres = host=127.0.0.1 port=${serverPort} user=postgres`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    ...settings,
  ];
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(file, `${lines.join('\n')}\n`);
  await startServer(parts, programOf('pgbouncer'), [file], port);
  return `postgres://postgres@127.0.0.1:${port}/postgres`;
}

/** Leads to the first of the servers that takes a connection to its check port. */
export async function startHaproxy(
  parts: AsyncDisposableStack,
  servers: readonly { readonly port: number; readonly checkPort: number }[],
): Promise<number> {
  const folder = sharedFolder(parts);
  const port = await freePort();
  const lines = [
    'defaults',
    '  mode tcp',
    '  timeout connect 2s',
    '  timeout client 1m',
    '  timeout server 1m',
    'listen stores',
    `  bind 127.0.0.1:${port}`,
    '  option tcp-check',
    ...servers.map(
      (server, n) =>
        `  server s${n} 127.0.0.1:${server.port} check port ${server.checkPort} inter 200 fall 1 rise 1 on-marked-down shutdown-sessions`,
    ),
  ];
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, `${lines.join('\n')}\n`);
  await startServer(parts, programOf('haproxy'), ['-f', file, '-db'], port);
  return port;
}

export interface Certificates {
  /** The authority's certificate, and the server's with its key: files. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** An authority of one's own, and a certificate of it for localhost. */
export function makeCertificates(parts: AsyncDisposableStack): Certificates {
  const folder = join(sharedFolder(parts), 'tls');
  mkdirSync(folder);
  const at = (name: string) => join(folder, name);
  const openssl = (...words: string[]) =>
    execFileSync(programOf('openssl'), words, { stdio: 'pipe' });
  const fresh = ['-newkey', 'rsa:2048', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...fresh,
    '-days',
    '2',
    '-subj',
    '/CN=an authority of the tests',
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.crt'),
  );
  openssl(
    'req',
    ...fresh,
    '-subj',
    '/CN=localhost',
    '-keyout',
    at('server.key'),
    '-out',
    at('server.csr'),
  );
  writeFileSync(at('names'), 'subjectAltName=DNS:localhost');
  openssl(
    'x509',
    '-req',
    '-in',
    at('server.csr'),
    '-CA',
    at('ca.crt'),
    '-CAkey',
    at('ca.key'),
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    at('names'),
    '-out',
    at('server.crt'),
  );
  chmodSync(at('server.key'), 0o600);
  if (isRoot) execFileSync('chown', ['-R', UNIX_USER, folder]);
  return { authority: at('ca.crt'), certificate: at('server.crt'), key: at('server.key') };
}

/** Speaks TLS before a server that does not. */
export async function startStunnel(
  parts: AsyncDisposableStack,
  serverPort: number,
  { certificate, key }: Certificates,
): Promise<number> {
  const folder = sharedFolder(parts);
  const port = await freePort();
  const lines = [
    'foreground = yes',
    `pid = ${folder}/stunnel.pid`,
    '[store]',
    `accept = 127.0.0.1:${port}`,
    `connect = 127.0.0.1:${serverPort}`,
    `cert = ${certificate}`,
    `key = ${key}`,
  ];
  const file = join(folder, 'stunnel.conf');
  writeFileSync(file, `${lines.join('\n')}\n`);
  await startServer(parts, programOf('stunnel4'), [file], port);
  return port;
}
