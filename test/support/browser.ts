import { existsSync } from 'node:fs';
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';

/** CHROME_PATH, or the headless Chromium that npm brings for Linux x64. */
export async function openBrowser(): Promise<Browser> {
  const own = process.env['CHROME_PATH'];
  if (own !== undefined && existsSync(own)) {
    return playwright.launch({ executablePath: own, args: ['--no-sandbox'] });
  }
  // It unpacks the libraries it needs only where it takes itself to be on a bare machine.
  process.env['AWS_EXECUTION_ENV'] ??= 'AWS_Lambda_nodejs22.x';
  const { default: fresh } = await import('@sparticuz/chromium');
  return playwright.launch({
    executablePath: await fresh.executablePath(),
    // A single process ends with the first of its windows that is closed.
    args: [...chromium.args.filter((arg) => arg !== '--single-process'), '--no-sandbox'],
    headless: true,
  });
}
