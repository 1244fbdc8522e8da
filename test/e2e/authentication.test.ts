// Promise 1: who is calling, over every transport.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, exportJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { openMemoryBackend } from '../../src/backends/memory/index.ts';
import { readConfig } from '../../src/config.ts';
import { createGateway } from '../../src/gateway.ts';
import { openWebSocket, post, refusal } from '../support/client.ts';
import { type Settings, runProgram, startProgram } from '../support/program.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { User } from '../support/user.ts';

const SECRET = 'a secret of more than thirty-two bytes';
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const others = generateKeyPairSync('rsa', { modulusLength: 2048 });
const hmac = new TextEncoder().encode(SECRET);

function token(claims: Record<string, unknown>, expires = '1h', alg = 'HS256'): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg })
    .setExpirationTime(expires)
    .sign(alg === 'HS256' ? hmac : keys.privateKey);
}

const bearer = (value: string) => ({ authorization: `Bearer ${value}` });
const open = (settings: Settings) => startProgram({ ENV: 'development', ...settings });

describe('with JWT_SECRET', () => {
  it('the token’s subject owns what it starts, over HTTP, SSE and WebSocket', async () => {
    await using program = await open({ JWT_SECRET: SECRET });
    const alice = new User(program.url, bearer(await token({ sub: 'alice' })));
    const bob = new User(program.url, bearer(await token({ sub: 'bob' })));
    const id = await alice.start({ graphId: 'steps', task: 'go' });
    for (const transport of ['websocket', 'sse'] as const) {
      expect((await alice.events(id, { transport })).length).toBeGreaterThan(0);
      await expect(bob.events(id, { transport })).rejects.toThrow('SESSION_NOT_FOUND');
    }
    expect(await refusal(bob.settled(id))).toBe('SESSION_NOT_FOUND');
  });

  it('nobody gets in without a token that holds', async () => {
    await using program = await open({
      JWT_SECRET: SECRET,
      JWT_ISSUER: 'us',
      JWT_AUDIENCE: 'gateway',
    });
    const good = { sub: 'alice', iss: 'us', aud: 'gateway' };
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(
      JSON.stringify(good),
    ).toString('base64url')}.`;
    const headers = [
      {},
      { 'x-user-id': 'alice' },
      { authorization: 'Basic YTpi' },
      bearer('nonsense'),
      bearer(unsigned),
      bearer(await token(good, '-1h')),
      bearer(await token({ ...good, iss: 'them' })),
      bearer(await token({ ...good, aud: 'other' })),
      bearer(await token({ iss: 'us', aud: 'gateway' })),
      bearer(await token({ ...good, sub: 5 })),
      bearer(await token({ ...good, sub: ['alice'] })),
      bearer(await token({ ...good, sub: '' })),
      bearer(await token({ ...good, sub: 'x'.repeat(300) })),
      bearer(await token(good, '1h', 'RS256')),
    ];
    for (const header of headers) {
      const user = new User(program.url, header);
      expect(await refusal(user.start({ graphId: 'steps', task: 'x' }))).toBe('UNAUTHENTICATED');
      const socket = openWebSocket(program.url, header);
      const closed = new Promise((resolve, reject) => {
        socket.subscribe(
          { query: 'subscription { sessionProgress(sessionId: "x") { sequence } }' },
          { next: reject, error: resolve, complete: () => reject(new Error('it was let in')) },
        );
      });
      expect(await closed).toMatchObject({ code: 4403 });
    }
    const alice = new User(program.url, bearer(await token(good)));
    expect(await alice.start({ graphId: 'steps', task: 'x' })).toBeTruthy();
  });

  it('a socket and an event stream end with their token, and a fresh one keeps a socket', async () => {
    await using program = await open({ JWT_SECRET: SECRET, JWT_CLOCK_TOLERANCE: '1s' });
    const lasting = new User(program.url, bearer(await token({ sub: 'alice' })));
    const id = await lasting.start({ graphId: 'ask', input: {} });
    await lasting.settled(id);
    const brief = bearer(await token({ sub: 'alice' }, '2s'));
    using left = await RawSocket.connect(program.url, brief);
    using kept = await RawSocket.connect(program.url, brief);
    using other = await RawSocket.connect(program.url, brief);
    const authorizations = new Map([
      [kept, await token({ sub: 'alice' })],
      // Somebody else's does not.
      [other, await token({ sub: 'mallory' })],
    ]);
    for (const [socket, fresh] of authorizations) {
      socket.send({ type: 'ping', payload: bearer(fresh) });
      await socket.next('pong');
    }
    const stream = new User(program.url, brief).watch(id, {
      transport: 'sse',
      untilSettled: false,
    });
    expect((await stream.next()).value).toMatchObject({ type: 'SessionSnapshot' });
    const begun = Date.now();
    expect(await left.closed).toBe(4403);
    expect(await other.closed).toBe(4403);
    await expect(stream.next()).rejects.toThrow('terminated');
    expect(Date.now() - begun).toBeLessThan(5000);
    kept.subscribe('1', '{ graphs { id } }', {});
    await kept.next('complete', '1');
  });

  it('clocks may be apart as far as JWT_CLOCK_TOLERANCE', async () => {
    await using program = await open({ JWT_SECRET: SECRET, JWT_CLOCK_TOLERANCE: '1m' });
    const late = new User(program.url, bearer(await token({ sub: 'alice' }, '-30s')));
    expect(await late.start({ graphId: 'steps', task: 'go' })).toBeTruthy();
    const tooLate = new User(program.url, bearer(await token({ sub: 'alice' }, '-90s')));
    expect(await refusal(tooLate.start({ graphId: 'steps', task: 'go' }))).toBe('UNAUTHENTICATED');
  });

  it('`token` mints one that the gateway takes', async () => {
    const settings = { JWT_SECRET: SECRET, JWT_ISSUER: 'us' };
    const { code, output } = await runProgram(settings, ['token', '--user', 'alice']);
    expect(code).toBe(0);
    await using program = await open(settings);
    const alice = new User(program.url, bearer(output.trim()));
    expect(await alice.start({ graphId: 'steps', task: 'x' })).toBeTruthy();
    expect((await runProgram({}, ['token', '--user', 'alice'])).output).toContain(
      'JWT_SECRET is not set',
    );
  });
});

it('with JWT_PUBLIC_KEY, a token of its private key gets in, and none signed with the public key as a secret', async () => {
  const pem = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  await using program = await open({ JWT_PUBLIC_KEY: pem });
  const alice = new User(program.url, bearer(await token({ sub: 'alice' }, '1h', 'RS256')));
  expect(await alice.start({ graphId: 'steps', task: 'x' })).toBeTruthy();
  const confused = await new SignJWT({ sub: 'alice' })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(pem));
  const eve = new User(program.url, bearer(confused));
  expect(await refusal(eve.start({ graphId: 'steps', task: 'x' }))).toBe('UNAUTHENTICATED');
});

describe('with JWT_JWKS_URL', () => {
  it('tokens are checked by the keys at that address, which may change, and whose issuer is left alone', async () => {
    await using issuer = await openIssuer([await jwk(keys, 'one')]);
    await using program = await open({ JWT_JWKS_URL: issuer.url });
    const signed = (kid: string, by = keys) =>
      new SignJWT({ sub: 'alice' })
        .setProtectedHeader({ alg: 'RS256', kid })
        .setExpirationTime('1h')
        .sign(by.privateKey);
    const start = async (given: Promise<string>) =>
      new User(program.url, bearer(await given)).start({ graphId: 'steps', task: 'x' });
    expect(await start(signed('one'))).toBeTruthy();
    expect(issuer.asked()).toBe(1);
    // A secret of its own making, under the key's name.
    const confused = new SignJWT({ sub: 'alice' })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(Buffer.from(JSON.stringify(await exportJWK(keys.publicKey))));
    expect(await refusal(start(confused))).toBe('UNAUTHENTICATED');
    // The issuer was asked just now: what names an unknown key does not become requests to it.
    for (let n = 0; n < 5; n += 1)
      expect(await refusal(start(signed(`unknown-${n}`, others)))).toBe('UNAUTHENTICATED');
    expect(issuer.asked()).toBe(1);
    issuer.become('down');
    expect(await start(signed('one'))).toBeTruthy();
  });

  it('a key that the issuer adds is found once the cool-down is over', async () => {
    const published = [await jwk(keys, 'one')];
    await using issuer = await openIssuer(published);
    await using program = await open({ JWT_JWKS_URL: issuer.url, JWT_JWKS_COOL_DOWN: '1s' });
    const alice = async (kid: string, by: typeof keys) => {
      const signed = new SignJWT({ sub: 'alice' }).setProtectedHeader({ alg: 'RS256', kid });
      const header = bearer(await signed.sign(by.privateKey));
      return (await post(program.url, { query: '{ graphs { id } }' }, header)).status;
    };
    expect(await alice('one', keys)).toBe(200);
    published.splice(0, 1, await jwk(others, 'two'));
    await expect.poll(() => alice('two', others)).toBe(200);
    expect(await alice('one', keys)).toBe(401);
  });

  it('while the issuer is down, tokens are neither good nor bad, and it is not asked for each', async () => {
    await using issuer = await openIssuer([await jwk(keys, 'one')]);
    await using program = await open({ JWT_JWKS_URL: issuer.url });
    const header = bearer(
      await new SignJWT({ sub: 'alice' })
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .sign(keys.privateKey),
    );
    for (const state of ['down', 'confused'] as const) {
      issuer.become(state);
      const before = issuer.asked();
      for (let n = 0; n < 3; n += 1) {
        const answer = await post(program.url, { query: '{ graphs { id } }' }, header);
        expect(answer).toMatchObject({
          status: 503,
          errors: [{ extensions: { code: 'BACKEND_UNAVAILABLE', retryable: true } }],
        });
      }
      expect(issuer.asked() - before).toBe(state === 'down' ? 1 : 0);
    }
    using socket = await RawSocket.open(program.url);
    socket.send({ type: 'connection_init', payload: header });
    expect(await socket.closed).toBe(4503);
    issuer.become('up');
    const up = () => post(program.url, { query: '{ graphs { id } }' }, header);
    await expect.poll(async () => (await up()).status).toBe(200);
  });
});

async function jwk({ publicKey }: typeof keys, kid: string): Promise<object> {
  return { ...(await exportJWK(publicKey)), kid, alg: 'RS256' };
}

interface Issuer extends AsyncDisposable {
  readonly url: string;
  asked(): number;
  become(state: 'up' | 'down' | 'confused'): void;
}

async function openIssuer(published: readonly object[]): Promise<Issuer> {
  let state = 'up';
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    if (state === 'down') response.writeHead(503);
    response.end(state === 'confused' ? '<html>' : JSON.stringify({ keys: published }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/jwks`,
    asked: () => asked,
    become: (next) => void (state = next),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

describe('an administrator', () => {
  it('acts for any owner whom `asUser` names, and the log says so; nobody else does', async () => {
    await using program = await open({ JWT_SECRET: SECRET });
    const bob = new User(program.url, bearer(await token({ sub: 'bob' })));
    const id = await bob.start({ graphId: 'who', input: {} });
    await bob.settled(id);
    for (const claim of [{ scope: 'openid sessions:admin' }, { scp: ['sessions:admin'] }]) {
      const admin = bearer(await token({ sub: 'root', ...claim }));
      expect(await refusal(new User(program.url, admin).settled(id))).toBe('SESSION_NOT_FOUND');
      const acting = new User(program.url, { ...admin, asUser: 'bob' });
      expect(await acting.settled(id)).toMatchObject({ status: 'SUCCEEDED' });
      for (const transport of ['websocket', 'sse'] as const)
        expect((await acting.events(id, { transport })).length).toBeGreaterThan(0);
    }
    // A name is UTF-8 in a header, too; what is no text is nobody.
    const zoe = new User(program.url, bearer(await token({ sub: 'zoë' })));
    const hers = await zoe.start({ graphId: 'who', input: {} });
    const rights = bearer(await token({ sub: 'root', scope: 'sessions:admin' }));
    const asZoe = { ...rights, asUser: Buffer.from('zoë').toString('latin1') };
    expect(await new User(program.url, asZoe).settled(hers)).toMatchObject({ id: hers });
    using odd = await RawSocket.open(program.url);
    odd.send({ type: 'connection_init', payload: { ...rights, asUser: ['bob'] } });
    expect(await odd.closed).toBe(4403);
    // However often a document spreads its fragments.
    const levels = Array.from(
      { length: 25 },
      (_, n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`,
    );
    const begun = Date.now();
    const bomb = `query ($x: Int!) { sessions(first: $x) { nodes { id } } ...F0 } ${levels.join(' ')} fragment F25 on Query { graphs { id } }`;
    await post(program.url, { query: bomb }, { ...rights, asUser: 'bob' });
    expect(Date.now() - begun).toBeLessThan(1000);
    const mallory = { ...bearer(await token({ sub: 'mallory', scope: 'admin' })), asUser: 'bob' };
    expect(await refusal(new User(program.url, mallory).settled(id))).toBe('FORBIDDEN');
    using socket = await RawSocket.open(program.url);
    socket.send({ type: 'connection_init', payload: mallory });
    expect(await socket.closed).toBe(4403);
    const acts = program
      .output()
      .split('\n')
      .filter((line) => line.includes('acts for a user'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(acts).toHaveLength(8);
    expect(acts[0]).toMatchObject({
      admin: 'root',
      asUser: 'bob',
      operation: 'query',
      acts: [{ field: 'awaitSession', ids: [id] }],
    });
    expect(acts.filter(({ operation }) => operation === 'subscription')).toHaveLength(4);
  });

  it('starts sessions that belong to the owner, whose graph is told for whom they act', async () => {
    await using program = await open({ JWT_SECRET: SECRET });
    const admin = bearer(await token({ sub: 'root', scope: 'sessions:admin', team: 'ops' }));
    const id = await new User(program.url, { ...admin, asUser: 'bob' }).start({
      graphId: 'who',
      input: {},
    });
    const bob = new User(program.url, bearer(await token({ sub: 'bob' })));
    expect((await bob.settled(id)).values).toEqual({
      user: { id: 'bob', claims: { sub: 'bob', act: { sub: 'root' } } },
    });
  });
});

describe('createGateway({ authenticate })', () => {
  const config = readConfig({
    ENV: 'development',
    PORT: '0',
    LOG_LEVEL: 'silent',
    LANGGRAPH_JSON: 'test/graphs/langgraph.json',
  });

  it('asks the function who is calling, over every transport', async () => {
    await using gateway = await createGateway({
      config: { ...config, ENV: 'production', HOST: '127.0.0.1' },
      backend: openMemoryBackend(),
      authenticate(credentials) {
        const key = credentials.get('x-api-key');
        if (key === 'broken') throw new Error('of the function itself');
        if (key === 'nothing') return undefined as never;
        return key === null ? null : { id: key, claims: { key }, scopes: ['sessions:admin'] };
      },
    });
    const alice = new User(gateway.url, { 'x-api-key': 'alice' });
    const id = await alice.start({ graphId: 'who', input: {} });
    expect((await alice.settled(id)).values).toEqual({
      user: { id: 'alice', claims: { key: 'alice' } },
    });
    for (const transport of ['websocket', 'sse'] as const) {
      expect((await alice.events(id, { transport })).length).toBeGreaterThan(0);
      const nobody = new User(gateway.url, {});
      await expect(nobody.events(id, { transport })).rejects.toBeTruthy();
    }
    const admin = new User(gateway.url, { 'x-api-key': 'root', asUser: 'alice' });
    expect(await admin.settled(id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await refusal(new User(gateway.url, {}).settled(id))).toBe('UNAUTHENTICATED');
    const nothing = new User(gateway.url, { 'x-api-key': 'nothing' });
    expect(await refusal(nothing.settled(id))).toBe('UNAUTHENTICATED');
    const broken = new User(gateway.url, { 'x-api-key': 'broken' });
    expect(await refusal(broken.settled(id))).toBe('INTERNAL');
  });

  it('staging and production do not start without it or a key for tokens', async () => {
    for (const ENV of ['staging', 'production'] as const) {
      const opened = createGateway({ config: { ...config, ENV }, backend: openMemoryBackend() });
      await expect(opened).rejects.toThrow(/needs JWT_SECRET, JWT_PUBLIC_KEY or JWT_JWKS_URL/);
    }
  });
});
