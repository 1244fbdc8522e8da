import { afterEach, expect, it } from 'vitest';
import { learnSecrets, readableWords, withoutSecrets } from '../src/secrets.ts';

afterEach(() => learnSecrets({}));

it('blots out secrets by the names of their variables, and passwords in addresses', () => {
  learnSecrets({
    OPENAI_API_KEY: 'sk-live-1',
    DB_PASSWORD: 'p$ss(w)rd*1',
    DATABASE_URL: 'postgres://u:s%40cret-1@db/x',
    PRIVATE: 'line one of it 1\nline two of it 2',
    HOME: '/root/of/all/1',
    PWD: '/home/of/the/shell/1',
    OLDPWD: '/home/of/before/1',
  });
  const text = 'sk-live-1 p$ss(w)rd*1 s@cret-1 s%40cret-1 line two of it 2 /root/of/all/1';
  expect(withoutSecrets(text)).toBe('[secret] [secret] [secret] [secret] [secret] /root/of/all/1');
  // Where the shell is, is no secret, though its name is short for one.
  const folders = '/home/of/the/shell/1 /home/of/before/1';
  expect(withoutSecrets(folders)).toBe(folders);
  expect(withoutSecrets(JSON.stringify({ a: 'line one of it 1\nline two of it 2' }))).toBe(
    '{"a":"[secret]"}',
  );
});

it('blots them out in base64 and in addresses, too, whatever stands before and after', () => {
  const secret = 'tok_of+the/model-1';
  learnSecrets({ PGPASS_X: secret, MY_PASS: 'hunter2hunter2' });
  for (const before of ['', 'a', 'ab', 'abc', 'user:']) {
    for (const after of ['', 'y', 'yz']) {
      const bytes = Buffer.from(`${before}${secret}${after}`);
      for (const form of ['base64', 'base64url'] as const) {
        const told = withoutSecrets(`Basic ${bytes.toString(form)}`);
        expect(told).toContain('[secret]');
        const left = Buffer.from(told.replace('Basic ', '').replace('[secret]', ''), form);
        expect(left.toString()).not.toContain(secret.slice(3, 12));
      }
    }
  }
  const told = withoutSecrets(`?key=${encodeURIComponent(secret)}&pass=hunter2hunter2`);
  expect(told).toBe('?key=[secret]&pass=[secret]');
});

it('leaves words and numbers alone, whatever the variables are called', () => {
  learnSecrets({
    DATABASE_URL: 'postgres://postgres:postgres@127.0.0.1/x',
    CACHE_KEY: 'sessionId',
    FOO_TOKEN: 'checkpoint',
    DB_PASSWORD: '17640547',
    HTTP_PROXY: 'http://u:100%sure@proxy/',
    SHORT_TOKEN: 'a1',
  });
  const text = '{"time":1764054728595,"backend":"postgres","msg":"sessionId of a checkpoint a1"}';
  expect(withoutSecrets(text)).toBe(text);
});

it('an error’s words are no longer than can be read', () => {
  expect(readableWords('x'.repeat(1e6))).toHaveLength(10_001);
});
