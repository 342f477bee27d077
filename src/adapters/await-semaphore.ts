/**
 * await-semaphore: `Semaphore` and `Mutex`, patched where they are. Every grant, also of what is free, is made in a
 * tick of the loop by `sched`, which calls the first of the queue.
 */
import { EXCLUSIVE } from '../validator/lock-class.ts';
import { captureStack } from '../validator/stack-trace.ts';
import type { Adapter } from './shared/adapter.ts';
import { LockRecords } from './shared/lock-records.ts';
import { Resource } from './shared/resource.ts';

/** The fields of a semaphore that we read; the names are the library's. */
interface WatchedSemaphore {
  tasks: (() => void)[];
  count: number;
  sched(): void;
}

type Acquire = () => Promise<() => void>;

/** What the library exports. Its own types are its sources, which a strict program cannot compile. */
export interface AwaitSemaphore {
  readonly Semaphore: new (count: number) => Semaphore;
  readonly Mutex: new () => Semaphore;
}

export interface Semaphore {
  /** Units that are free. */
  count: number;
  acquire(): Promise<() => void>;
  use<T>(fn: () => Promise<T>): Promise<T>;
}

export const adapter: Adapter = {
  library: 'await-semaphore',
  versions: { from: '0.1.3', below: '0.2.0' },
  watch(exports, { validator, patches }) {
    const library = exports as unknown as AwaitSemaphore;
    const resources = new LockRecords<WatchedSemaphore, Resource>((semaphore, madeAt) => {
      const { count } = semaphore;
      const permits = Number.isInteger(count) && count >= 1 ? count : 1;
      const kind = semaphore instanceof library.Mutex ? 'mutex' : 'semaphore';
      return new Resource(validator, { kind, permits, isFair: true, madeAt });
    });

    const { prototype } = library.Semaphore;
    patches.construction(prototype, 'count', (semaphore) => resources.noteMade(semaphore, captureStack()));
    patches.method<Acquire>(
      prototype,
      'acquire',
      () =>
        function (this: WatchedSemaphore) {
          const resource = resources.of(this);
          const asked = resource.ask(EXCLUSIVE, false, false);
          if (this.count <= this.tasks.length) resource.noteContention(asked);
          return new Promise((resolve) => {
            const release = (): void => {
              if (isReleased) return;
              isReleased = true;
              resource.discharge(asked);
              this.count++;
              this.sched();
              resource.conclude();
            };
            let isReleased = false;
            this.tasks.push(() => resource.deliver(asked, resolve, release));
            process.nextTick(this.sched.bind(this));
          });
        },
    );
    return {};
  },
};
