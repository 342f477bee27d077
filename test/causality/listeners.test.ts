/**
 * Listeners: what they ask for is asked for under what was open where they were registered, whoever calls them; and
 * nobody gets that by them who had it not.
 */
import { spawn } from 'node:child_process';
import { EventEmitter, getEventListeners, on, once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createServer, get } from 'node:http';
import {
  type AddressInfo,
  type Server,
  type Socket,
  connect,
  createServer as createNetServer,
} from 'node:net';
import { setTimeout as plainSleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Mutex, Validator } from '../../src/index.ts';
import { type Locks, createLocks, edgesOf } from '../support/edges.ts';
import { record } from '../support/replay.ts';

type Expected = Partial<Record<'proven' | 'signalled' | 'nested', string>>;
type Program = [name: string, expected: Expected, run: (locks: Locks) => Promise<unknown>];

const nothing = (): void => {};
const sleep = (steps: number): Promise<void> => plainSleep(steps * 6);

/** What is seen before any flow is followed. */
const [plainEmitter, plainTarget] = [play(), playTarget()];

/** A server that gives every line back, and one that answers. */
let echo: Server;
let web: ReturnType<typeof createServer>;
const portOf = (server: Server): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  echo = createNetServer((socket) => void socket.pipe(socket)).listen(0, '127.0.0.1');
  web = createServer((_request, response) => response.end('a')).listen(0, '127.0.0.1');
  await Promise.all([once(echo, 'listening'), once(web, 'listening')]);
});
afterAll(() => {
  web.closeAllConnections();
  web.close();
  echo.close();
});

/** One connection for all, as clients of databases have it: replies are told by their order. */
function openClient(): { socket: Socket; ask(text: string): Promise<string> } {
  const socket = connect(portOf(echo), '127.0.0.1').setEncoding('utf8');
  const waiting: ((reply: string) => void)[] = [];
  socket.on('data', (replies: unknown) => {
    for (const reply of String(replies).trim().split('\n')) waiting.shift()?.(reply);
  });
  return {
    socket,
    ask: (text) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        socket.write(`${text}\n`);
      }),
  };
}

const programs: Program[] = [
  [
    'the end of a child process',
    { proven: 'A→B' },
    ({ A, B }) =>
      A.run(
        () =>
          new Promise<void>((resolve) => {
            spawn(process.execPath, ['-v']).on('exit', () => void B.run(nothing).then(() => resolve()));
          }),
      ),
  ],
  [
    'the end of a file',
    { proven: 'A→B' },
    ({ A, B }) =>
      A.run(
        () =>
          new Promise<void>((resolve) => {
            createReadStream(import.meta.filename)
              .on('end', () => void B.run(nothing).then(() => resolve()))
              .resume();
          }),
      ),
  ],
  [
    'a request to a server',
    { proven: 'A→B' },
    ({ A, B }) =>
      A.run(
        () =>
          new Promise<void>((resolve) => {
            get({ port: portOf(web), host: '127.0.0.1' }, (response) => {
              response.resume().on('end', () => void B.run(nothing).then(() => resolve()));
            });
          }),
      ),
  ],
  [
    'a connection and its first data; what was done before it was asked for is not seen behind it',
    { proven: 'A→C' },
    ({ A, B, C }) =>
      A.run(
        () =>
          new Promise<void>((resolve) => {
            const socket = connect(portOf(echo), '127.0.0.1', () => {
              void B.run(nothing).then(() => socket.write('a'));
            });
            socket.once('data', () => {
              socket.destroy();
              void C.run(nothing).then(() => resolve());
            });
          }),
      ),
  ],
  [
    'woken by a flow that holds something else',
    { proven: 'A→B', signalled: 'A→C', nested: 'C→B' },
    async ({ A, B, C }) => {
      const bus = new EventEmitter();
      await Promise.all([
        A.run(
          () =>
            new Promise<void>((resolve) => {
              bus.on('x', () => void B.run(nothing).then(() => resolve()));
            }),
        ),
        sleep(1).then(() =>
          C.run(async () => {
            bus.emit('x');
            await sleep(4);
          }),
        ),
      ]);
    },
  ],
  [
    'woken, and not waited for',
    {},
    async ({ A, B }) => {
      const bus = new EventEmitter();
      await Promise.all([
        A.run(async () => {
          bus.on('x', () => void B.run(nothing));
          await sleep(6);
        }),
        sleep(2).then(() => bus.emit('x')),
      ]);
    },
  ],
  [
    'a listener that awaits twice',
    { proven: 'A→B A→C' },
    async ({ A, B, C }) => {
      const bus = new EventEmitter();
      const held = A.run(
        () =>
          new Promise<void>((resolve) => {
            bus.on('x', async () => {
              await B.run(() => sleep(1));
              await C.run(() => sleep(1));
              resolve();
            });
          }),
      );
      setImmediate(() => bus.emit('x'));
      await held;
    },
  ],
  [
    'a listener that calls back later',
    { proven: 'A→B' },
    async ({ A, B }) => {
      const bus = new EventEmitter();
      const held = A.run(
        () =>
          new Promise<void>((resolve) => {
            bus.on('x', () => void setTimeout(() => void B.run(nothing).then(() => resolve()), 1));
          }),
      );
      setImmediate(() => bus.emit('x'));
      await held;
    },
  ],
  [
    'released by a listener of its own flow',
    { proven: 'A→B' },
    async ({ A, B }) => {
      const a = await A.acquire();
      await B.run(nothing);
      const child = spawn(process.execPath, ['-v']).on('exit', () => a.release());
      await once(child, 'close');
    },
  ],
  [
    'released by a listener that somebody else has put there',
    {},
    async ({ A, B }) => {
      const bus = new EventEmitter();
      const b = await B.acquire();
      await Promise.all([
        A.run(async () => {
          bus.on('x', () => b.release());
          await sleep(6);
        }),
        sleep(2).then(() => bus.emit('x')),
      ]);
    },
  ],
  [
    'a connection that was opened under a lock, and serves others meanwhile',
    { proven: 'B→C' },
    async ({ A, B, C, D }) => {
      let client!: ReturnType<typeof openClient>;
      const opener = A.run(async () => {
        client = openClient();
        await client.ask('a');
        await sleep(12);
      });
      await sleep(3);
      await B.run(async () => {
        await client.ask('b');
        await C.run(nothing);
      });
      await client.ask('c');
      await D.run(nothing);
      await opener;
      client.socket.destroy();
    },
  ],
  [
    'two flows on one connection, each under its own lock',
    { proven: 'A→C B→D' },
    async ({ A, B, C, D }) => {
      const client = openClient();
      const flow = (outer: Mutex, inner: Mutex): Promise<void> =>
        outer.run(async () => {
          for (let i = 0; i < 5; i++) {
            await client.ask('a');
            await inner.run(nothing);
          }
        });
      await Promise.all([flow(A, C), sleep(1).then(() => flow(B, D))]);
      client.socket.destroy();
    },
  ],
  [
    'a job that a listener does for whoever asks',
    { proven: 'B→C' },
    async ({ A, B, C }) => {
      const bus = new EventEmitter();
      await Promise.all([
        A.run(async () => {
          bus.on('ask', (done: () => void) => void C.run(() => sleep(1)).then(done));
          await sleep(12);
        }),
        sleep(2).then(() => B.run(() => new Promise<void>((resolve) => void bus.emit('ask', resolve)))),
      ]);
    },
  ],
  [
    'an abort signal that the loop fires',
    { proven: 'A→B' },
    ({ A, B }) =>
      A.run(
        () =>
          new Promise<void>((resolve) => {
            const ask = (): void => void B.run(nothing).then(() => resolve());
            AbortSignal.timeout(1).addEventListener('abort', ask);
          }),
      ),
  ],
  [
    'a message from another port',
    { proven: 'A→B' },
    async ({ A, B }) => {
      const { port1, port2 } = new MessageChannel();
      await A.run(
        () =>
          new Promise<void>((resolve) => {
            port1.once('message', () => void B.run(nothing).then(() => resolve()));
            port2.postMessage('a');
          }),
      );
      port1.close();
    },
  ],
  [
    'a target that another flow dispatches to, while it holds something else',
    { proven: 'A→B', signalled: 'A→C', nested: 'C→B' },
    async ({ A, B, C }) => {
      const target = new EventTarget();
      await Promise.all([
        A.run(
          () =>
            new Promise<void>((resolve) => {
              const handleEvent = (): void => void B.run(nothing).then(() => resolve());
              target.addEventListener('x', { handleEvent }, { once: true });
            }),
        ),
        sleep(1).then(() =>
          C.run(async () => {
            target.dispatchEvent(new Event('x'));
            await sleep(4);
          }),
        ),
      ]);
    },
  ],
  [
    'a listener of a target that is taken off',
    {},
    async ({ A, B }) => {
      const target = new EventTarget();
      await A.run(async () => {
        const ask = (): void => void B.run(nothing);
        target.addEventListener('x', ask);
        target.addEventListener('x', ask);
        target.addEventListener('x', ask, true);
        target.removeEventListener('x', ask);
        target.removeEventListener('x', ask, { capture: true });
        target.dispatchEvent(new Event('x'));
        await sleep(1);
      });
    },
  ],
  [
    'a thousand events, one after the other',
    { proven: 'A→B A→C' },
    async ({ A, B, C }) => {
      const bus = new EventEmitter();
      await A.run(
        () =>
          new Promise<void>((resolve) => {
            let count = 0;
            bus.on('x', async () => {
              await B.run(nothing);
              if (++count === 1000) void C.run(nothing).then(() => resolve());
              else setImmediate(() => bus.emit('x'));
            });
            bus.emit('x');
          }),
      );
    },
  ],
  [
    'events in a loop',
    { proven: 'A→B' },
    async ({ A, B }) => {
      const child = spawn(process.execPath, ['-v']);
      await A.run(async () => {
        for await (const _ of on(child, 'exit')) {
          await B.run(nothing);
          break;
        }
      });
    },
  ],
  [
    'a listener that is taken off',
    {},
    async ({ A, B }) => {
      const bus = new EventEmitter();
      await A.run(async () => {
        const ask = (): void => void B.run(nothing);
        bus.on('x', ask).once('x', ask).prependListener('x', ask);
        bus.off('x', ask).removeListener('x', ask).off('x', ask);
        bus.emit('x');
        await sleep(1);
      });
    },
  ],
  [
    'a lock that was free again when the listener was called',
    {},
    async ({ A, B }) => {
      const bus = new EventEmitter();
      const called = once(bus, 'done');
      await A.run(() => void bus.on('x', () => void B.run(nothing).then(() => bus.emit('done'))));
      setImmediate(() => bus.emit('x'));
      await called;
    },
  ],
];

describe('edges of listeners', () => {
  test.each(programs)('%s', async (_name, expected, run) => {
    const validator = new Validator();
    const replay = record(validator);
    await run(createLocks(validator));
    await sleep(5);
    expect(edgesOf(validator)).toEqual(expected);
    expect(edgesOf(replay()), 'as a recorded trace').toEqual(expected);
  });
});

describe('a lock that is held over two others', () => {
  const found = (validator: Validator): string[] =>
    validator.snapshot().findings.map(({ code, severity }) => `${code}: ${severity}`);

  test('keeps flows apart that take them in both orders', async () => {
    const validator = new Validator();
    const { A, B, C } = createLocks(validator);
    await A.run(() => B.run(() => C.run(nothing)));
    await A.run(() => C.run(() => B.run(nothing)));
    expect(found(validator)).toEqual(['circular-dependency: note']);
  });

  test('does not, where one of them is a listener that was put there under it', async () => {
    const validator = new Validator();
    const { A, B, C } = createLocks(validator);
    const bus = new EventEmitter();
    const emitted = sleep(2).then(() => bus.emit('x'));
    await A.run(async () => {
      bus.on('x', () => void B.run(() => C.run(nothing)).then(() => bus.emit('done')));
      await once(bus, 'done');
    });
    await emitted;
    await A.run(() => C.run(() => B.run(nothing)));
    expect(found(validator)).toEqual(['circular-dependency: error']);
  });
});

/** All that can be seen of an emitter whose listeners come and go. */
function play(): unknown[] {
  const seen: unknown[] = [];
  const bus = new EventEmitter();
  const first = function (this: unknown, ...args: unknown[]): void {
    seen.push('first', this === bus, args);
  };
  const second = (...args: unknown[]): void => void seen.push('second', args);
  const look = (): void => {
    const [raw, plain] = [bus.rawListeners('x'), bus.listeners('x')];
    seen.push(
      raw.map((each) => [first, second].indexOf(each as never)),
      plain.map((each) => [first, second].indexOf(each as never)),
      getEventListeners(bus, 'x').length,
      bus.listenerCount('x'),
      (bus.listenerCount as (type: string, listener: unknown) => number)('x', first),
      raw.map((each) => typeof (each as { listener?: unknown }).listener),
      bus.eventNames(),
    );
  };
  const told = (what: string) => (type: unknown, listener: unknown) =>
    void seen.push(what, type, [first, second].indexOf(listener as never));
  bus.on('newListener', told('new')).on('removeListener', told('removed'));
  seen.push(bus.on('x', first) === bus, bus.addListener('x', second) === bus);
  seen.push(bus.once('x', first) === bus, bus.prependOnceListener('x', second) === bus);
  bus.prependListener('x', first);
  look();
  seen.push(bus.emit('x', 1, 2), bus.emit('x'), bus.emit('y'));
  look();
  bus.on('x', first).on('x', first).off('x', first);
  look();
  bus.once('x', second).off('x', second).off('x', second).off('x', second);
  look();
  bus.once('x', first);
  // Called by hand, it goes as if the event had come.
  (bus.rawListeners('x').at(-1) as () => void)();
  look();
  bus.removeAllListeners('x');
  look();
  bus.once('x', () => {
    seen.push(bus.emit('x'));
    throw new Error('of the listener');
  });
  try {
    bus.emit('x');
  } catch (error) {
    seen.push((error as Error).message);
  }
  for (const [method, listener] of [
    ['on', undefined],
    ['once', 'text'],
    ['prependListener', {}],
  ] as const) {
    try {
      (bus[method] as (type: string, listener: unknown) => unknown)('x', listener);
    } catch (error) {
      seen.push((error as Error).message);
    }
  }
  return seen;
}

/** All that can be seen of a target whose listeners come and go. */
function playTarget(): unknown[] {
  const seen: unknown[] = [];
  const target = new EventTarget();
  const first = function (this: unknown, event: Event): void {
    seen.push('first', this === target, event.type);
  };
  const second = {
    handleEvent(event: Event): void {
      seen.push('second', this === second, event.type);
    },
  };
  const look = (): void => {
    seen.push(getEventListeners(target, 'x').map((each) => [first, second].indexOf(each as never)));
  };
  const fire = (): void => {
    seen.push('fire', target.dispatchEvent(new Event('x')));
  };
  target.addEventListener('x', first);
  target.addEventListener('x', first);
  target.addEventListener('x', second, { once: true });
  look();
  fire();
  fire();
  target.addEventListener('x', second);
  target.addEventListener('x', first, { capture: true });
  look();
  fire();
  target.removeEventListener('x', first);
  look();
  fire();
  target.removeEventListener('x', first, true);
  target.removeEventListener('x', second);
  target.removeEventListener('x', second);
  look();
  fire();
  const controller = new AbortController();
  target.addEventListener('x', first, { signal: controller.signal });
  fire();
  controller.abort();
  fire();
  target.addEventListener('x', first);
  fire();
  const wrong = target.addEventListener.bind(target) as (type: string, listener: unknown) => void;
  for (const listener of [null, undefined, 'text']) {
    try {
      seen.push(wrong('x', listener));
    } catch (error) {
      seen.push((error as Error).message);
    }
  }
  return seen;
}

/** A class with an `on` of its own, as streams have. */
class Loud extends EventEmitter {
  readonly heard: unknown[] = [];
  override on(type: string | symbol, listener: (...args: unknown[]) => void): this {
    this.heard.push(type);
    return super.on(type, listener);
  }
}

describe('emitters', () => {
  const plain = Object.getOwnPropertyNames(EventEmitter.prototype).map((name) => {
    const value: unknown = Object.getOwnPropertyDescriptor(EventEmitter.prototype, name)?.value;
    return { name, value };
  });
  const methods = EventEmitter.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;

  test('behave under a lock as they do without', async () => {
    expect(plainEmitter).toContain('of the listener');
    const { A } = createLocks(new Validator());
    expect(play(), 'nothing is held').toEqual(plainEmitter);
    expect(await A.run(play)).toEqual(plainEmitter);
  });

  test('of the other kind behave under a lock as they do without', async () => {
    expect(plainTarget).toContain('second');
    const { A } = createLocks(new Validator());
    expect(playTarget(), 'nothing is held').toEqual(plainTarget);
    expect(await A.run(playTarget)).toEqual(plainTarget);
  });

  test('of the other kind know a listener that was there before, and one that came under a lock', async () => {
    const { A } = createLocks(new Validator());
    const target = new EventTarget();
    const calls: string[] = [];
    const before = (): void => void calls.push('before');
    const under = (): void => void calls.push('under');
    target.addEventListener('x', before);
    await A.run(() => {
      target.addEventListener('x', before);
      target.addEventListener('x', under);
    });
    target.addEventListener('x', under);
    target.dispatchEvent(new Event('x'));
    expect(calls).toEqual(['before', 'under']);
    expect(getEventListeners(target, 'x')).toEqual([before, under]);
    target.removeEventListener('x', under);
    target.removeEventListener('x', before);
    target.dispatchEvent(new Event('x'));
    expect(calls).toHaveLength(2);
  });

  test('keep their methods as they look', () => {
    createLocks(new Validator());
    const replaced = plain.filter(({ name, value }) => methods[name] !== value);
    expect(replaced.map(({ name }) => name).toSorted()).toEqual([
      'addListener',
      'off',
      'on',
      'once',
      'prependListener',
      'prependOnceListener',
      'rawListeners',
      'removeListener',
    ]);
    for (const { name, value } of replaced) {
      expect(methods[name]!.name).toBe((value as (typeof methods)[string]).name);
      expect(methods[name]).toHaveLength((value as (typeof methods)[string]).length);
    }
    expect(methods['addListener']).toBe(methods['on']);
    expect(methods['removeListener']).toBe(methods['off']);
  });

  test('call the methods of a class that has its own', async () => {
    const { A } = createLocks(new Validator());
    const bus = new Loud();
    const calls: string[] = [];
    await A.run(() => void bus.once('x', () => calls.push('once')).on('x', () => calls.push('on')));
    bus.emit('x');
    bus.emit('x');
    expect(bus.heard).toEqual(['x', 'x']);
    expect(calls).toEqual(['once', 'on', 'on']);
  });

  test('take what was registered by an older once', async () => {
    const bus = new EventEmitter();
    const older = plain.find(({ name }) => name === 'once')!.value as EventEmitter['once'];
    const { A } = createLocks(new Validator());
    const calls: string[] = [];
    const listener = (): void => void calls.push('called');
    await A.run(() => void Reflect.apply(older, bus, ['x', listener]));
    expect(bus.listeners('x')).toEqual([listener]);
    bus.off('x', listener);
    expect(bus.listenerCount('x')).toBe(0);
    await A.run(() => void Reflect.apply(older, bus, ['x', listener]));
    bus.emit('x');
    bus.emit('x');
    expect(calls).toEqual(['called']);
  });

  test('hand over what a listener has rejected', async () => {
    const { A } = createLocks(new Validator());
    const bus = new EventEmitter({ captureRejections: true });
    const failed = once(bus, 'error').catch(nothing);
    const caught = new Promise((resolve) => void bus.on('error', resolve));
    await A.run(
      () =>
        void bus.on('x', async () => {
          throw new Error('of the listener');
        }),
    );
    bus.emit('x');
    expect(await caught).toMatchObject({ message: 'of the listener' });
    await failed;
  });
});
