// Before any test: the console, built from the sources as they are.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export async function setup(): Promise<void> {
  await promisify(execFile)(process.execPath, ['console/build.ts']);
}
