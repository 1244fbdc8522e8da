// Promise 1: who is calling, over every transport.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { SignJWT, exportJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { openWebSocket, refusal } from '../support/client.ts';
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

it('with JWT_JWKS_URL, tokens are checked by the keys at that address', async () => {
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256' };
  const server = createServer((_request, response) =>
    response.end(JSON.stringify({ keys: [jwk] })),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await using program = await open({ JWT_JWKS_URL: `http://127.0.0.1:${port}/keys` });
  const signed = (key: typeof keys.privateKey) =>
    new SignJWT({ sub: 'alice' })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setExpirationTime('1h')
      .sign(key);
  const alice = new User(program.url, bearer(await signed(keys.privateKey)));
  expect(await alice.start({ graphId: 'steps', task: 'x' })).toBeTruthy();
  const eve = new User(program.url, bearer(await signed(others.privateKey)));
  expect(await refusal(eve.start({ graphId: 'steps', task: 'x' }))).toBe('UNAUTHENTICATED');
  server.close();
});

it('without a key the user is the x-user-id, else `local`', async () => {
  await using program = await open({});
  const id = await new User(program.url, {}).start({ graphId: 'steps', task: 'x' });
  expect(await new User(program.url, { 'x-user-id': 'local' }).settled(id)).toMatchObject({ id });
});
