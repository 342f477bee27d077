/**
 * Functions that run under a lock: limiters, queues, `lock.acquire(key, fn)`.
 *
 * Most libraries call a function that had to wait in the midst of whoever let it in, and settle the promise that its
 * caller awaits there, too. Both would carry the history of a stranger. So the function is called with the clock of
 * its own request, and the caller, who gets the library's own promise, is told what led to the function's end.
 */
import type { Obligation } from '../../validator/obligation.ts';
import { AttributedJob } from './attributed.ts';
import type { Resource } from './resource.ts';

export interface ScopedJob {
  readonly fn: (...args: unknown[]) => unknown;
  readonly args: readonly unknown[];
  /** Hands the job to the library, in the place of `fn`, and returns what the library returns. */
  enqueue(job: () => unknown): Promise<unknown>;
  /** Whether the library may reject what it returns for a job that never began. The caller hears of it a tick later. */
  readonly mayBeRefused: boolean;
}

/** Runs `fn(...args)` under the lock. */
export function runJob(resource: Resource, asked: Obligation | null, scoped: ScopedJob): Promise<unknown> {
  const job = new AttributedJob(resource, asked, scoped.fn);
  const promise = job.attribute(scoped.enqueue(() => job.run(...scoped.args)));
  if (!scoped.mayBeRefused) return promise;
  return job.attribute(
    promise.catch((error: unknown) => {
      if (job.isWaiting) job.drop(false);
      throw error;
    }),
  );
}
