/** Web Locks as we use them: the types of older versions of Node have none. */

export interface WebLockOptions {
  readonly mode?: 'exclusive' | 'shared';
  readonly ifAvailable?: boolean;
  readonly steal?: boolean;
  readonly signal?: AbortSignal;
}

export type WebLockCallback = (lock: WebLock | null) => unknown;

export interface WebLock {
  readonly name: string;
  readonly mode: 'exclusive' | 'shared';
}

export interface WebLockManager {
  request(name: string, callback: WebLockCallback): Promise<unknown>;
  request(name: string, options: WebLockOptions, callback: WebLockCallback): Promise<unknown>;
  query(): Promise<{ held?: WebLock[]; pending?: WebLock[] }>;
}

/** Those of this process; undefined where Node has none, which is before 24.5. */
export function findWebLocks(): WebLockManager | undefined {
  return (globalThis as { navigator?: { locks?: WebLockManager } }).navigator?.locks;
}
