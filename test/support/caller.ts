import { createHmac } from 'node:crypto';
import type { Headers } from './client.ts';

/** What the programs under test check tokens by, where their environment demands tokens. */
export const JWT_SECRET = 'a secret of the tests, which nobody else may know';

/** Says who is calling: by token, and by name for a program that has no key. */
export function as(user: string, ttlSeconds = 3600): Headers {
  const payload = { sub: user, exp: Math.floor(Date.now() / 1000) + ttlSeconds };
  const head = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(payload)}`;
  const signature = createHmac('sha256', JWT_SECRET).update(head).digest('base64url');
  return { authorization: `Bearer ${head}.${signature}`, 'x-user-id': user };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
