import { invalidInput } from '../../errors.ts';
import type { Backend } from '../../session/ports.ts';

export interface RedisBackendOptions {
  readonly url: string;
  readonly prefix: string;
}

export async function openRedisBackend(_options: RedisBackendOptions): Promise<Backend> {
  throw invalidInput('ENV=staging: this version has no backend for it yet.');
}
