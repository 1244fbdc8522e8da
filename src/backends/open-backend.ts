import type { Config } from '../config.ts';
import { invalidInput } from '../errors.ts';
import type { Backend } from '../session/ports.ts';

/** Opens what ENV names. @throws GatewayError BACKEND_UNAVAILABLE where it cannot be used */
export async function openBackend(config: Pick<Config, 'ENV' | 'SQLITE_PATH'>): Promise<Backend> {
  switch (config.ENV) {
    case 'development': {
      const { openMemoryBackend } = await import('./memory/index.ts');
      return openMemoryBackend();
    }
    case 'sqlite': {
      const { openSqliteBackend } = await import('./sqlite/index.ts');
      return openSqliteBackend(config.SQLITE_PATH);
    }
    case 'staging':
    case 'production':
      throw invalidInput(
        `ENV=${config.ENV}: this version has no backend for it yet; use development or sqlite.`,
      );
  }
}
