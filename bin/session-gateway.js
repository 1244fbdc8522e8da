#!/usr/bin/env node
// Runs the gateway on a Node that is new enough: this one, or one that stands near by; else says what is missing.
// Written for any Node, so that an old one gets as far as the message.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';

/** `AsyncDisposableStack` and its like came with it. */
const LEAST = 24;
const main = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'main.js');

if (isEnough(process.versions.node)) {
  // As in src/exit-flags.ts, before anything is compiled.
  setFlagsFromString('--no-concurrent-sparkplug');
  // The next start need not compile it again.
  module.enableCompileCache?.();
  await import(pathToFileURL(main).href);
} else {
  const node = findNode();
  if (node === undefined) {
    process.stderr.write(
      `Session Gateway needs Node ${LEAST} or newer; this is ${process.versions.node}. ` +
        'Install a newer one, or name it by SESSION_GATEWAY_NODE=/path/to/node.\n',
    );
    process.exit(1);
  }
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}

function isEnough(version) {
  return Number(version.split('.')[0]) >= LEAST;
}

/** SESSION_GATEWAY_NODE, a `node` package of the project, or another on the PATH. */
function findNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const platform = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const candidates = [
    process.env.SESSION_GATEWAY_NODE,
    join(process.cwd(), 'node_modules', platform, 'bin', name),
    ...(process.env.PATH ?? '')
      .split(process.platform === 'win32' ? ';' : ':')
      .map((folder) => join(folder, name)),
  ];
  return candidates.find((path) => {
    if (path === undefined || !existsSync(path)) return false;
    const { stdout } = spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' });
    return isEnough((stdout ?? '').trim());
  });
}
