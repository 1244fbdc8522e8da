import { existsSync } from 'node:fs';
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';

/**
 * A single process ends with the first of its windows that is closed. Without web security a browser asks no server whether
 * a page may read what is of another site, and does not say which site it is of.
 */
const UNWANTED = new Set(['--single-process', '--disable-web-security']);

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
    args: [...chromium.args.filter((arg) => !UNWANTED.has(arg)), '--no-sandbox'],
    headless: true,
  });
}
