// What an operator relies on once the gateway is deployed: who reaches it, what is logged, and what stays on the disk.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { settingsWarnings } from '../../src/warnings.ts';
import { JWT_SECRET, as } from '../support/caller.ts';
import { post } from '../support/client.ts';
import { openEnvironment } from '../support/environments.ts';
import { type Program, runProgram, startProgram } from '../support/program.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { User } from '../support/user.ts';

const PATHS = ['/', '/graphql', '/health', '/ready', '/metrics', '/sessions/x', '/assets/x.js'];

describe('where nobody is asked who they are', () => {
  let program: Program;
  beforeAll(async () => {
    program = await startProgram({ ENV: 'development', TRUSTED_PROXIES: 'loopback' });
  });
  afterAll(() => program[Symbol.asyncDispose]());

  it.each([
    ['a name of its own', { host: 'evil.example' }],
    ['X-Forwarded-For', { 'x-forwarded-for': '203.0.113.9' }],
    ['X-Forwarded-Proto', { 'x-forwarded-proto': 'https' }],
    ['Forwarded', { forwarded: 'for=203.0.113.9' }],
    ['X-Real-IP', { 'x-real-ip': '203.0.113.9' }],
    ['Via', { via: '1.1 nginx' }],
  ])('nothing is answered that comes with %s', async (_what, headers) => {
    const { host: own, hostname, port } = new URL(program.url);
    const statusOf = async (method: string, path: string) => {
      const socket = connect(Number(port), hostname);
      const lines = Object.entries({ host: own, connection: 'close', ...headers });
      socket.end(
        `${method} ${path} HTTP/1.1\r\n${lines.map((line) => `${line.join(': ')}\r\n`).join('')}\r\n`,
      );
      const chunks: Buffer[] = await socket.toArray();
      return Buffer.concat(chunks).toString().slice(9, 12);
    };
    for (const path of PATHS) expect([path, await statusOf('GET', path)]).toEqual([path, '403']);
    expect(await statusOf('POST', '/graphql')).toBe('403');
    expect(await statusOf('OPTIONS', '/graphql')).toBe('403');
    const socket = new WebSocket(program.url.replace('http', 'ws'), 'graphql-transport-ws', {
      headers,
    });
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('403');
  });

  it('programs of this machine are', async () => {
    for (const path of PATHS.slice(0, 5)) {
      const { status } = await fetch(new URL(path, program.url), {
        headers: { accept: 'text/html' },
      });
      expect([path, status]).toEqual([path, 200]);
    }
  });
});

describe('JWT_SECRET', () => {
  const tokenOf = (secret: string) =>
    new SignJWT({ sub: 'alice' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(secret));

  it('may be changed while the tokens of the one before are still about', async () => {
    const [before = '', now = '', other = ''] = Array.from({ length: 3 }, () =>
      randomBytes(32).toString('hex'),
    );
    const settings = { ENV: 'development', JWT_SECRET: now, JWT_SECRET_PREVIOUS: before };
    await using program = await startProgram(settings);
    const statusOf = async (secret: string) => {
      const headers = { authorization: `Bearer ${await tokenOf(secret)}` };
      return (await post(program.url, { query: '{ graphs { id } }' }, headers)).status;
    };
    expect([await statusOf(now), await statusOf(before), await statusOf(other)]).toEqual([
      200, 200, 401,
    ]);
  });

  it.each([
    [{ JWT_SECRET: 'a'.repeat(40) }, 'at least 8 different characters'],
    [{ JWT_SECRET_PREVIOUS: JWT_SECRET }, 'needs JWT_SECRET'],
    [{ JWT_JWKS_URL: 'http://issuer.example/keys' }, 'https://'],
    [{ JWT_JWKS_URL: 'file:///etc/passwd' }, 'https://'],
    [{ JWT_JWKS_URL: 'nonsense' }, 'JWT_JWKS_URL is wrong'],
  ])('%o stops the start', async (settings, told) => {
    const { code, output } = await runProgram({ ENV: 'development', ...settings });
    expect(code).toBe(1);
    expect(output).toContain(told);
  });
});

it('an issuer that answers without end is given up, and nothing of it is kept', async () => {
  await using issuer = await listen((write) => {
    write(`{"keys":[{"kty":"RSA","n":"`);
    const more = () => {
      if (write('x'.repeat(1 << 20))) setImmediate(more);
      else setTimeout(more, 1);
    };
    more();
  });
  await using program = await startProgram({ ENV: 'development', JWT_JWKS_URL: issuer.url });
  const memory = async () => {
    const metrics = await (await fetch(new URL('/metrics', program.url))).text();
    return Number(/^process_resident_memory_bytes (\S+)/m.exec(metrics)?.[1]);
  };
  const before = await memory();
  const head = Buffer.from('{"alg":"RS256","kid":"x"}').toString('base64url');
  const headers = { authorization: `Bearer ${head}.e30.x` };
  const { errors } = await post(program.url, { query: '{ graphs { id } }' }, headers);
  expect(errors?.[0]?.extensions.code).toBe('BACKEND_UNAVAILABLE');
  expect((await memory()) - before).toBeLessThan(50e6);
});

it('the administrators’ log is written whatever LOG_LEVEL leaves out', async () => {
  const settings = { ENV: 'development', JWT_SECRET, LOG_LEVEL: 'silent' };
  await using program = await startProgram(settings);
  const token = await new SignJWT({ sub: 'root', scope: 'sessions:admin' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(JWT_SECRET));
  const headers = { authorization: `Bearer ${token}`, asUser: 'bob' };
  await post(program.url, { query: '{ sessions { nodes { id } } }' }, headers);
  await expect.poll(() => program.output()).toContain('an administrator acts for a user');
});

it('a SQLite file is its owner’s alone, and what is deleted is not in it any more', async () => {
  await using environment = await openEnvironment('sqlite');
  // A folder that is not there yet, as at the first start.
  const path = (environment.settings['SQLITE_PATH'] ?? '').replace(
    'sessions.db',
    'data/sessions.db',
  );
  const settings = { ...environment.settings, SQLITE_PATH: path };
  const marker = `marker-${randomBytes(8).toString('hex')}`;
  await using program = await startProgram(settings);
  const alice = new User(program.url);
  const ids: string[] = [];
  for (let n = 0; n < 10; n += 1) {
    const task = `${marker} ${'x'.repeat(3000 * n)}`;
    const id = await alice.start({ graphId: 'steps', task, metadata: { marker } });
    await alice.settled(id);
    ids.push(id);
  }
  const folder = path.slice(0, path.lastIndexOf('/'));
  for (const file of readdirSync(folder))
    expect([file, statSync(`${folder}/${file}`).mode & 0o777]).toEqual([file, 0o600]);
  for (const id of ids) await alice.delete(id);
  expect(await program.end('SIGTERM')).toBe(0);
  expect(readFileSync(path).includes(marker)).toBe(false);
});

it('bodies that break off are the client’s doing, and not logged as errors of ours', async () => {
  await using program = await startProgram({ ENV: 'development', REQUEST_TIMEOUT: '1s' });
  const { hostname, port, host } = new URL(program.url);
  const head = `POST /graphql HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`;
  // Some before the request is read, some after; the last are slow instead.
  for (let n = 0; n < 202; n += 1) {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(head);
    await once(socket, 'connect');
    if (n < 200) setTimeout(() => socket.resetAndDestroy(), (n % 40) / 4);
    await new Promise((resolve) => socket.resume().once('close', resolve));
  }
  expect((await post(program.url, { query: '{ graphs { id } }' })).status).toBe(200);
  expect(program.output()).not.toContain('unexpected error');
});

it('who has left waits for no session any more, over HTTP and WebSocket', async () => {
  await using program = await startProgram({ ENV: 'development', SUBSCRIPTIONS_PER_USER: '4' });
  const alice = new User(program.url);
  const id = await alice.start({ graphId: 'hanging', input: {} });
  const query = `{ awaitSession(id: "${id}", timeoutSeconds: 300) { id } }`;
  const places = async () => {
    const { errors } = await post(program.url, {
      query: `{ awaitSession(id: "${id}", timeoutSeconds: 1) { id } }`,
    });
    return errors?.[0]?.extensions.code;
  };
  for (let n = 0; n < 12; n += 1) {
    const leave = new AbortController();
    const waiting = fetch(program.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...as('alice') },
      body: JSON.stringify({ query }),
      signal: leave.signal,
    }).catch(() => undefined);
    setTimeout(() => leave.abort(), 50);
    await waiting;
  }
  await expect.poll(places, { interval: 100 }).toBe('AWAIT_TIMEOUT');
  using socket = await RawSocket.connect(program.url, as('alice'));
  for (let n = 0; n < 12; n += 1) {
    socket.subscribe(`${n}`, query, {});
    socket.send({ type: 'complete', id: `${n}` });
  }
  await expect.poll(places, { interval: 100 }).toBe('AWAIT_TIMEOUT');
});

describe('an operator is warned', () => {
  const secure = {
    ENV: 'production',
    DATABASE_URL: 'postgres://u:p@db.example/x?sslmode=verify-full',
    REDIS_URL: 'rediss://redis.example',
    JWT_PUBLIC_KEY: 'x',
    JWT_JWKS_URL: undefined,
    JWT_AUDIENCE: 'gateway',
  } as const;

  it.each([
    [{}, []],
    [{ DATABASE_URL: 'postgres://u:p@db.example/x' }, ['Postgres']],
    [{ DATABASE_URL: 'postgres://u:p@db.example/x?sslmode=prefer' }, ['Postgres']],
    [{ DATABASE_URL: 'postgres://u:p@127.0.0.1/x' }, []],
    [{ DATABASE_URL: 'postgres://u:p@[::1]/x' }, []],
    [{ DATABASE_URL: 'postgres:///x?host=/run/postgresql' }, []],
    [{ DATABASE_URL: 'postgres://localhost/x?host=db.example' }, ['Postgres']],
    [{ REDIS_URL: 'redis://:p@redis.example' }, ['Redis']],
    [{ REDIS_URL: 'redis://localhost' }, []],
    [
      { ENV: 'sqlite', DATABASE_URL: 'postgres://db.example/x', REDIS_URL: 'redis://x.example' },
      [],
    ],
    [{ JWT_AUDIENCE: undefined }, ['JWT_AUDIENCE']],
    [{ JWT_AUDIENCE: undefined, JWT_PUBLIC_KEY: undefined }, []],
  ] as const)('of %o', (changes, told) => {
    const warnings = settingsWarnings({ ...secure, ...changes });
    expect(warnings).toHaveLength(told.length);
    for (const [n, word] of told.entries()) expect(warnings[n]).toContain(word);
  });
});

it('docker-compose.yml names images by digest, confines them, and gives no password away', () => {
  const compose = readFileSync(`${import.meta.dirname}/../../docker-compose.yml`, 'utf8');
  const images = [...compose.matchAll(/^\s+image: (\S+)$/gm)].map(([, image]) => image);
  expect(images.filter((image) => image !== 'session-gateway')).toHaveLength(3);
  for (const image of images)
    if (image !== 'session-gateway') expect(image).toMatch(/^\w+:[\d.]+@sha256:[0-9a-f]{64}$/);
  for (const name of ['JWT_SECRET', 'POSTGRES_PASSWORD', 'REDIS_PASSWORD'])
    expect(compose).toContain(`\${${name}:?`);
  expect(compose).not.toContain(':-');
  expect(compose).toContain('TRUSTED_PROXIES: uniquelocal');
  expect(compose).toContain('respond @inside 404');
  // Compose copies what stands in `configs` into the container.
  expect(compose).toMatch(/proxy:\n(.*\n){1,3} +read_only: false/);
  expect(compose).not.toMatch(/- \.\/:/);
});

interface Issuer extends AsyncDisposable {
  readonly url: string;
}

/** A server that answers each request so. */
async function listen(answer: (write: (text: string) => boolean) => void): Promise<Issuer> {
  const server: Server = createServer((_request, response) => {
    answer((text) => response.destroyed || response.write(text));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
