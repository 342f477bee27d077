/**
 * Locks that Node itself has. As with libraries, nothing of ours is loaded and no flow is followed before they are
 * used: the first request loads what watches it.
 */
import { createRequire } from 'node:module';
import { type WebLockManager, findWebLocks } from '../adapters/shared/web-lock-manager.ts';
import type * as WatchLoaded from './watch-loaded.ts';

/** Not looked for where there can be none: a look costs milliseconds. */
const WEB_LOCKS_SINCE = 24;

const require = createRequire(import.meta.url);

function watchWebLocks(locks: WebLockManager): void {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const { watchBuiltin } = require(`./watch-loaded.${extension}`) as typeof WatchLoaded;
  watchBuiltin('web-locks', locks);
}

/** Watches what this version of Node has. */
export function watchBuiltins(): void {
  if (Number.parseInt(process.versions.node, 10) < WEB_LOCKS_SINCE) return;
  const locks = findWebLocks();
  if (locks === undefined) return;
  const prototype = Object.getPrototypeOf(locks) as WebLockManager;
  const original = Object.getOwnPropertyDescriptor(prototype, 'request');
  if (original === undefined) return;
  let isFirst = true;
  const request = function (this: WebLockManager, ...args: Parameters<WebLockManager['request']>): unknown {
    if (isFirst) {
      isFirst = false;
      Object.defineProperty(prototype, 'request', original);
      watchWebLocks(locks);
    }
    return Reflect.apply(prototype.request, this, args);
  };
  Object.defineProperty(request, 'name', { value: 'request' });
  Object.defineProperty(request, 'length', { value: (original.value as typeof request).length });
  Object.defineProperty(prototype, 'request', { ...original, value: request });
}
