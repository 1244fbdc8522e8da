// What each ENV needs to run: its settings, and the services behind them.
import { randomUUID } from 'node:crypto';
import { JWT_SECRET } from './caller.ts';
import { type Settings, temporaryFolder } from './program.ts';
import { createDatabase } from './services/postgres.ts';
import { startRedis } from './services/redis.ts';

export const ENVIRONMENTS = ['development', 'sqlite', 'staging', 'production'] as const;
export type EnvironmentName = (typeof ENVIRONMENTS)[number];

export interface Environment extends AsyncDisposable {
  readonly settings: Settings;
}

export async function openEnvironment(ENV: EnvironmentName): Promise<Environment> {
  const parts = new AsyncDisposableStack();
  const settings = await settingsOf(ENV, parts);
  return {
    settings: { ENV, ...settings },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function settingsOf(ENV: EnvironmentName, parts: AsyncDisposableStack): Promise<Settings> {
  switch (ENV) {
    case 'development':
      return {};
    case 'sqlite':
      return { SQLITE_PATH: `${parts.use(temporaryFolder()).path}/sessions.db` };
    case 'staging':
      return { JWT_SECRET, REDIS_URL: parts.use(await startRedis()).url };
    case 'production':
      return {
        JWT_SECRET,
        DATABASE_URL: parts.use(await createDatabase()).url,
        REDIS_URL: parts.use(await startRedis()).url,
        REDIS_PREFIX: `test-${randomUUID()}`,
      };
  }
}
