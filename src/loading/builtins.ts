/** Locks that Node itself has. */
import { findWebLocks } from '../adapters/shared/web-lock-manager.ts';
import { watchLibrary } from '../adapters/shared/watching.ts';
import { adapter as webLocks } from '../adapters/web-locks.ts';

/** Not looked for where there can be none: a look costs milliseconds. */
const WEB_LOCKS_SINCE = 24;

/** Watches what this version of Node has. */
export function watchBuiltins(): void {
  if (Number.parseInt(process.versions.node, 10) < WEB_LOCKS_SINCE) return;
  const locks = findWebLocks();
  if (locks !== undefined) watchLibrary(webLocks, locks);
}
