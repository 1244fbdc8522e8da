// The page of examples/live in a real browser: it starts the audit, is loaded again in the middle, goes on, and answers.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { type SourceTree, openSourceTree } from './source-tree.ts';

const PATIENCE = { timeout: 60_000 };
let browser: Browser;
let child: ChildProcess;
let tree: SourceTree;
let address: string;

beforeAll(async () => {
  const files = Array.from({ length: 30 }, (_, n) => [`folder-${n}/file.ts`, 'debugger;\n']);
  tree = await openSourceTree(Object.fromEntries(files) as Record<string, string>);
  const root = join(import.meta.dirname, '../..');
  const graphs = { LANGGRAPH_JSON: join(root, 'langgraph.json'), AUDIT_ROOT: tree.path };
  child = spawn(process.execPath, [join(root, 'examples/live/serve.ts')], {
    cwd: tree.path,
    env: { ...process.env, ...graphs, PAGE_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
    address = /at (\S+)/.exec(line)?.[1] ?? '';
    break;
  }
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
  await tree[Symbol.asyncDispose]();
});

it('starts, is loaded again in the middle, goes on, asks, is answered, and shows the report', async () => {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(address);
  await page.getByRole('button', { name: 'Audit this folder' }).click();
  const steps = page.getByRole('listitem');
  await expect.poll(() => steps.count(), PATIENCE).toBeGreaterThan(0);
  expect(page.url()).toMatch(/#[0-9a-f-]{36}\//);
  await page.reload();
  const question = page.getByText('Shall this report be published?');
  await expect.poll(() => question.isVisible(), PATIENCE).toBe(true);
  // A survey, an audit for each folder, and a draft, each of them once.
  const done = ['survey', ...Array.from({ length: 30 }, () => 'audit-folder'), 'draft'];
  expect(await steps.allTextContents()).toEqual(done);
  // While it asks, too.
  await page.reload();
  await expect.poll(() => question.isVisible(), PATIENCE).toBe(true);
  await expect.poll(() => page.locator('#state').textContent(), PATIENCE).toBe('live');
  expect(await steps.allTextContents()).toEqual(done);
  await page.getByRole('button', { name: /^Publish/ }).click();
  await expect.poll(() => page.getByRole('status').textContent(), PATIENCE).toBe('SUCCEEDED');
  await expect.poll(() => page.locator('#report').textContent(), PATIENCE).toContain('folder-7');
  expect(await steps.allTextContents()).toEqual([...done, 'review', 'publish']);
  expect(errors).toEqual([]);
});
