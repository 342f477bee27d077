/** Installs the test runners of `fixtures/runners`, which the tests of the plug-ins start. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.resolve(import.meta.dirname, '../../fixtures/runners');
const lock = path.join(folder, 'package-lock.json');
const installed = path.join(folder, 'node_modules/.installed-lock.json');

export function setup(): void {
  if (existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(lock, 'utf8')) return;
  // Not `npm ci`: it misses packages for other platforms, which npm leaves out of the lock file by itself.
  execFileSync('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: 'pipe',
  });
  copyFileSync(lock, installed);
}
