import { createRequire } from 'node:module';
import { type ReadWriteLock, adapter } from '../../src/adapters/rwlock.ts';
import { copyOf, testHandles } from './handle-suite.ts';

type Library = new () => ReadWriteLock;
type Release = () => void;

const { resolve } = createRequire(import.meta.url);
const read = (lock: ReadWriteLock, ...key: [] | [key: string]): Promise<Release> =>
  new Promise((done) => lock.readLock(...(key as [string]), done));
const write = (lock: ReadWriteLock, ...key: [] | [key: string]): Promise<Release> =>
  new Promise((done) => lock.writeLock(...(key as [string]), done));

testHandles<Library>('rwlock', {
  adapter,
  kind: 'rwlock',
  copies: [copyOf('lowest', resolve('rwlock-4'), 'require'), copyOf('highest', resolve('rwlock'), 'require')],
  make(Lock) {
    const lock = new Lock();
    let isLocked = false;
    return {
      acquire: async () => {
        const release = await write(lock);
        isLocked = true;
        return () => {
          isLocked = false;
          release();
        };
      },
      isLocked: () => isLocked,
    };
  },
  scenarios: [
    [
      'readers and writers, in order, called in the midst of a release',
      async (Lock, tell) => {
        const lock = new Lock();
        const releases: Release[] = [];
        lock.readLock((release) => releases.push(release));
        lock.readLock((release) => {
          tell('second reader');
          releases.push(release);
        });
        lock.writeLock((release) => {
          tell('writer');
          releases.push(release);
        });
        lock.readLock((release) => {
          tell(`last reader ${release.length}`);
          release();
        });
        for (let i = 0; i < releases.length; i++) {
          tell(`release ${i}`);
          releases[i]!();
          releases[i]!();
          tell(`released ${i}`);
          await undefined;
        }
      },
    ],
    [
      'keys, scopes and the form with an error',
      (Lock, tell) => {
        const lock = new Lock();
        const scope = { toString: () => 'scope' };
        lock.writeLock('a', (release) => {
          tell('a');
          lock.writeLock('b', (other) => {
            tell('b');
            other();
          });
          lock.writeLock('a', () => tell('a again'));
          release();
          tell('a out');
        });
        lock.readLock(
          function (this: unknown, release) {
            tell(String(this));
            release();
          },
          { scope },
        );
        lock.async.writeLock(
          'c',
          function (this: unknown, error, release) {
            tell(`${String(error)} ${String(this)} ${typeof release}`);
            release();
          },
          { scope },
        );
        lock.async.readLock((error, release) => {
          tell(String(error));
          release();
        });
        tell(`${Object.keys(lock).join()} ${lock.readLock.length} ${lock instanceof Lock} ${Lock.length}`);
      },
    ],
    [
      'a timeout, and one that is not needed',
      async (Lock, tell) => {
        const lock = new Lock();
        const release = await write(lock);
        await new Promise<void>((done) => {
          lock.readLock(() => tell('too late'), {
            scope: 'scope',
            timeout: 1,
            timeoutCallback(this: unknown) {
              tell(`timed out ${String(this)}`);
              done();
            },
          });
        });
        release();
        lock.writeLock(
          (again) => {
            tell('in time');
            again();
          },
          { timeout: 1 },
        );
      },
    ],
    [
      'a callback that throws, and one that is none',
      (Lock, tell) => {
        const lock = new Lock();
        for (const bad of [
          () => {
            throw new Error('own');
          },
          'key',
        ]) {
          try {
            lock.readLock(bad as () => void);
          } catch (error) {
            tell((error as Error).name);
          }
        }
      },
    ],
  ],
  programs: [
    [
      'reader inside reader, while a writer is queued',
      async ({ library: Lock }) => {
        const lock = new Lock();
        const writing = new Promise<Release>((done) => {
          setImmediate(() => lock.writeLock(done));
        });
        await read(lock);
        await new Promise((resolve) => void setImmediate(resolve));
        await read(lock);
        await writing;
      },
      ['certain error recursive-acquisition'],
      'hang',
    ],
    [
      'reader inside reader, when no writer comes',
      async ({ library: Lock }) => {
        const lock = new Lock();
        const outer = await read(lock);
        const inner = await read(lock);
        inner();
        outer();
      },
      ['potential error recursive-acquisition'],
    ],
    [
      'reader beside reader, while a writer is queued',
      async ({ library: Lock }) => {
        const lock = new Lock();
        const readers = [1, 2].map(async () => {
          const release = await read(lock);
          await undefined;
          release();
        });
        const writing = write(lock).then((release) => release());
        await Promise.all([...readers, writing]);
        (await read(lock))();
      },
      [],
    ],
    [
      'an upgrade while reading',
      async ({ library: Lock }) => {
        const lock = new Lock();
        await read(lock);
        await write(lock);
      },
      ['certain error upgrade-deadlock'],
      'hang',
    ],
    [
      'an upgrade as documented',
      ({ library: Lock }) =>
        new Promise<void>((done) => {
          const lock = new Lock();
          lock.readLock((release) => {
            lock.writeLock((own) => {
              own();
              done();
            });
            release();
          });
        }),
      [],
    ],
    [
      'two keys in both orders',
      async ({ library: Lock }) => {
        const lock = new Lock();
        for (const [first, second] of [
          ['a', 'b'],
          ['b', 'a'],
        ] as const) {
          const outer = await write(lock, first);
          const inner = await write(lock, second);
          inner();
          outer();
        }
      },
      ['potential error recursive-acquisition'],
    ],
    [
      'two keys in one order',
      async ({ library: Lock }) => {
        const lock = new Lock();
        for (let i = 0; i < 3; i++) {
          const outer = await write(lock, 'a');
          const inner = await write(lock, 'b');
          inner();
          outer();
        }
      },
      [],
    ],
    [
      'one key inside itself',
      async ({ library: Lock }) => {
        const lock = new Lock();
        await write(lock, 'a');
        await write(lock, 'a');
      },
      ['certain error recursive-acquisition'],
      'hang',
    ],
    [
      'an order that needs a request with a timeout',
      async ({ library: Lock, lock: other }) => {
        const lock = new Lock();
        const release = await write(lock);
        await other('A').run(() => {});
        release();
        await other('A').run(() => {
          lock.writeLock((again) => again(), { timeout: 1000 });
        });
      },
      ['potential warning circular-dependency'],
    ],
  ],
});
