import type { Config } from '../config.ts';
import { invalidInput } from '../errors.ts';
import type { Backend, Siblings } from '../session/ports.ts';
import type { PostgresOptions } from './postgres/database.ts';

/** Opens what ENV names. @throws GatewayError INVALID_INPUT, or BACKEND_UNAVAILABLE where it cannot be used */
export async function openBackend(config: Config, siblings?: Siblings): Promise<Backend> {
  switch (config.ENV) {
    case 'development': {
      const { openMemoryBackend } = await import('./memory/index.ts');
      return openMemoryBackend();
    }
    case 'sqlite': {
      const { openSqliteBackend } = await import('./sqlite/index.ts');
      return openSqliteBackend(config.SQLITE_PATH, siblings);
    }
    case 'staging': {
      const { openRedisBackend } = await import('./redis/index.ts');
      return openRedisBackend({
        url: required(config, 'REDIS_URL'),
        prefix: config.REDIS_PREFIX,
      });
    }
    case 'production': {
      const { openPostgresBackend } = await import('./postgres/index.ts');
      return openPostgresBackend({
        ...postgresOptions(config),
        redisUrl: required(config, 'REDIS_URL'),
        redisPrefix: config.REDIS_PREFIX,
      });
    }
  }
}

/** @throws GatewayError INVALID_INPUT where DATABASE_URL is not set */
export function postgresOptions(config: Config): PostgresOptions {
  return {
    url: required(config, 'DATABASE_URL'),
    schema: config.PG_SCHEMA,
    gatewaySchema: config.PG_GATEWAY_SCHEMA,
    poolSize: config.PG_POOL_SIZE,
    statementTimeoutMs: config.PG_STATEMENT_TIMEOUT,
    prepare: config.PG_PREPARE,
    migrate: config.MIGRATE,
  };
}

function required(config: Config, name: 'DATABASE_URL' | 'REDIS_URL'): string {
  const value = config[name];
  if (value === undefined) throw invalidInput(`ENV=${config.ENV} needs ${name} (see --help).`);
  return value;
}
