// Builds the console from the sources as they are, before the tests that look at it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export async function setup(): Promise<void> {
  await promisify(execFile)(process.execPath, ['console/build.ts']);
}
