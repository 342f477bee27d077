import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type Page, chromium } from 'playwright-core';

const chromiumPath: string = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** Why there is no browser to test with; `undefined` where there is one. */
export const whyNoBrowser: string | undefined = ((): string | undefined => {
  try {
    accessSync(chromiumPath, constants.X_OK);
    return undefined;
  } catch {
    return `no browser at ${chromiumPath}; install Debian's chromium, or set CHROMIUM_PATH`;
  }
})();

export async function openBrowser(...args: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  });
}

export interface Opened {
  page: Page;
  /** Whatever went wrong, and whatever was asked for beside the page itself. */
  faults: string[];
  close: () => Promise<void>;
}

export interface OpenOptions {
  hasScripts?: boolean;
  scheme?: 'light' | 'dark';
  width?: number;
}

/** Saves a page and opens it from disk. */
export async function openPage(browser: Browser, html: string, options: OpenOptions = {}): Promise<Opened> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockdep-page-'));
  const file = path.join(folder, 'report.html');
  writeFileSync(file, html);
  const url = pathToFileURL(file).href;
  const context = await browser.newContext({
    javaScriptEnabled: options.hasScripts !== false,
    colorScheme: options.scheme ?? 'light',
    reducedMotion: 'reduce',
    viewport: { width: options.width ?? 1400, height: 900 },
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url() !== url) faults.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  const close = async (): Promise<void> => {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { page, faults, close };
}
