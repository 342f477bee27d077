/**
 * Random programs whose edges are known from their structure. A program is a tree; each lock node has a
 * lock of its own and runs its children under it. Whatever is awaited below a lock is an edge, proven; a
 * child that nobody waits for is none. How a node runs its children (await, then, all, timers, generators,
 * deferreds, …) must make no difference.
 */
import { EventEmitter, once } from 'node:events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Mutex, Validator } from '../../src/index.ts';
import type { Hold } from '../../src/index.ts';
import { edgesOf } from '../support/edges.ts';
import { record } from '../support/replay.ts';

type Form = (typeof forms)[number];
const forms = [
  'await',
  'then',
  'return',
  'all',
  'allSettled',
  'generator',
  'timer',
  'immediate',
  'tick',
  'microtask',
  'deferred',
  'emitter',
  'thenable',
  'finally',
  'late',
  'io',
  'resolver',
] as const;

type Tree =
  | {
      readonly kind: 'lock';
      readonly how: 'run' | 'acquire' | 'using' | 'helper' | 'try';
      readonly form: Form;
      readonly children: readonly Tree[];
    }
  | { readonly kind: 'group'; readonly form: Form; readonly children: readonly Tree[] }
  | { readonly kind: 'detached'; readonly child: Tree }
  | { readonly kind: 'pause'; readonly ms: number };

const { tree } = fc.letrec<{ tree: Tree; children: Tree[] }>((tie) => {
  const form = fc.constantFrom(...forms);
  const how = fc.constantFrom('run', 'acquire', 'using', 'helper', 'try');
  const lock = fc.record({
    kind: fc.constant('lock'),
    how,
    form,
    children: tie('children'),
  }) as fc.Arbitrary<Tree>;
  const group = fc.record({
    kind: fc.constant('group'),
    form,
    children: tie('children'),
  }) as fc.Arbitrary<Tree>;
  const detached = fc.record({ kind: fc.constant('detached'), child: tie('tree') }) as fc.Arbitrary<Tree>;
  const rest = fc.record({ kind: fc.constant('pause'), ms: fc.constantFrom(0, 1) }) as fc.Arbitrary<Tree>;
  return {
    children: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
    tree: fc.oneof(
      { maxDepth: 4 },
      { arbitrary: rest, weight: 1 },
      { arbitrary: lock, weight: 5 },
      { arbitrary: group, weight: 3 },
      { arbitrary: detached, weight: 1 },
    ),
  };
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/** Runs the children one after the other, or together, and is over when all are. */
async function runAll(form: Form, steps: readonly (() => Promise<unknown>)[]): Promise<unknown> {
  const inTurn = async (): Promise<void> => {
    for (const step of steps) await step();
  };
  const called = (register: (callback: () => void) => void): Promise<void> =>
    new Promise((resolve, reject) => register(() => void inTurn().then(resolve, reject)));
  switch (form) {
    case 'await':
      return await inTurn();
    case 'then':
      return steps.reduce<Promise<unknown>>((chain, step) => chain.then(step), Promise.resolve());
    case 'return':
      return inTurn();
    case 'all':
      return Promise.all(steps.map((step) => step()));
    case 'allSettled':
      return Promise.allSettled(steps.map((step) => step()));
    case 'generator': {
      async function* each(): AsyncGenerator {
        for (const step of steps) yield await step();
      }
      for await (const _ of each());
      return;
    }
    case 'timer':
      return called((callback) => setTimeout(callback, 0));
    case 'immediate':
      return called((callback) => setImmediate(callback));
    case 'tick':
      return called((callback) => process.nextTick(callback));
    case 'microtask':
      return called((callback) => queueMicrotask(callback));
    case 'deferred': {
      let resolve!: () => void;
      const done = new Promise<void>((settle) => (resolve = settle));
      void inTurn().then(() => resolve());
      return done;
    }
    case 'emitter': {
      const bus = new EventEmitter();
      bus.on('request', () => void inTurn().then(() => bus.emit('reply')));
      const reply = once(bus, 'reply');
      bus.emit('request');
      return reply;
    }
    case 'thenable':
      return await {
        then: (resolve: () => void, reject: (error: unknown) => void) => void inTurn().then(resolve, reject),
      };
    case 'finally':
      return Promise.reject(new Error('expected'))
        .finally(inTurn)
        .catch(() => {});
    case 'io':
      await inTurn();
      return pause(0);
    case 'resolver':
      return new Promise((resolve) => resolve(inTurn().then(() => pause(0))));
    case 'late': {
      // Started first, and awaited after something else.
      const started = inTurn();
      await pause(0);
      return await started;
    }
  }
}

class Program {
  readonly validator = new Validator();
  /** What a replay of its recorded trace says. */
  readonly replay = record(this.validator);
  readonly expected = new Set<string>();
  readonly #detached: Promise<unknown>[] = [];
  #locks = 0;

  async run(node: Tree): Promise<void> {
    await this.#run(node, []);
    while (this.#detached.length > 0) await this.#detached.pop();
  }

  #run(node: Tree, under: readonly string[]): Promise<unknown> {
    switch (node.kind) {
      case 'pause':
        return pause(node.ms);
      case 'group':
        return runAll(
          node.form,
          node.children.map((child) => () => this.#run(child, under)),
        );
      case 'detached':
        this.#detached.push(this.#run(node.child, []));
        return Promise.resolve();
      case 'lock':
        return this.#lock(node, under);
    }
  }

  #lock(
    { how, form, children }: Extract<Tree, { kind: 'lock' }>,
    under: readonly string[],
  ): Promise<unknown> {
    const name = `L${this.#locks++}`;
    if (how !== 'try') for (const outer of under) this.expected.add(`${outer}→${name}`);
    const lock = new Mutex({ name, validator: this.validator });
    const body = (): Promise<unknown> =>
      runAll(
        form,
        children.map((child) => () => this.#run(child, [...under, name])),
      );
    switch (how) {
      case 'run':
        return lock.run(body);
      case 'acquire':
        return lock.acquire().then((hold) => body().finally(() => hold.release()));
      case 'using':
        return (async () => {
          await using _hold = await lock.acquire();
          await body();
        })();
      case 'helper':
        return (async () => {
          const helper = async (): Promise<Hold> => {
            await pause(0);
            return lock.acquire();
          };
          const hold = await helper();
          await body();
          hold.release();
        })();
      case 'try':
        return (async () => {
          const hold = lock.tryAcquire()!;
          await body();
          hold.release();
        })();
    }
  }
}

test('the proven edges of a program are those of its structure, and none is signalled', async () => {
  await fc.assert(
    fc.asyncProperty(tree, async (node) => {
      const program = new Program();
      await program.run(node);
      const { edges, findings } = program.validator.snapshot();
      const ofEvidence = (wanted: string): string[] =>
        edges.filter(({ evidence }) => evidence === wanted).map(({ from, to }) => `${from}→${to}`);
      expect(ofEvidence('proven').sort()).toEqual([...program.expected].sort());
      expect(ofEvidence('signalled')).toEqual([]);
      expect(findings).toEqual([]);
      expect(edgesOf(program.replay()), 'as a recorded trace').toEqual(edgesOf(program.validator));
    }),
    { numRuns: Number(process.env['LOCKDEP_RUNS'] ?? 300) },
  );
}, 60_000);
