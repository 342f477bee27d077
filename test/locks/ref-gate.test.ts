/** A gate that counts who is in: under a naive model, and what the validator makes of it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Hold, Mutex, Rcu, RefGate, Validator, timeout } from '../../src/index.ts';
import { edgesOf } from '../support/edges.ts';
import { policies, turn } from './subjects.ts';
import { withoutLive } from '../support/without-live.ts';

interface Visit {
  readonly before: number;
  readonly inside: number;
  readonly isHanded: boolean;
}

const visits: fc.Arbitrary<Visit[]> = fc.array(
  fc.record({ before: fc.nat(3), inside: fc.nat(3), isHanded: fc.boolean() }),
  { minLength: 1, maxLength: 8 },
);

describe.each(policies)('%s', (_policy, options) => {
  test('lets in until it is closed, and is drained when all have left', async () => {
    const gate = new RefGate({ validator: new Validator(options) });
    const passes = [gate.tryEnter()!, gate.tryEnter()!];
    let isDrained = false;
    gate.close();
    gate.close();
    void gate.drained().then(() => (isDrained = true));
    expect([gate.isClosed, gate.tryEnter()]).toEqual([true, undefined]);
    for (const pass of passes) {
      await turn();
      expect(isDrained).toBe(false);
      pass.release();
    }
    await turn();
    expect(isDrained).toBe(true);
    await gate.drained();
    expect(gate.tryEnter()).toBeUndefined();
  });

  test('is closed and drained by `await using`', async () => {
    const gate = new RefGate({ validator: new Validator(options) });
    const pass = gate.tryEnter()!;
    setImmediate(() => pass.release());
    {
      await using closing = gate;
      expect(closing.isClosed).toBe(false);
    }
    expect(pass.isOpen).toBe(false);
    expect(gate.isClosed).toBe(true);
  });

  test('gives the wait up by a signal or after a time', async () => {
    const gate = new RefGate({ validator: new Validator(options) });
    const pass = gate.tryEnter()!;
    await expect(gate.drained({ signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
    await expect(gate.drained({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'ERR_LOCK_TIMEOUT' });
    pass.release();
    await gate.drained({ timeoutMs: 1 });
  });

  test('counts as a set does, under any schedule, whoever leaves for whom', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), visits, fc.nat(4), async (s, visits, closeAfter) => {
        const gate = new RefGate({ validator: new Validator(options) });
        const inside = new Set<number>();
        let isClosed = false;
        let isDrained = false;
        const pause = async (turns: number): Promise<void> => {
          for (let i = 0; i < turns; i++) await s.schedule(Promise.resolve());
        };
        const visit = async ({ before, inside: turns, isHanded }: Visit, n: number): Promise<void> => {
          await pause(before);
          const pass = gate.tryEnter();
          expect(pass !== undefined).toBe(!isClosed);
          if (pass === undefined) return;
          expect(isDrained).toBe(false);
          inside.add(n);
          const leave = async (pass: Hold): Promise<void> => {
            await pause(turns);
            inside.delete(n);
            pass.release();
          };
          if (isHanded) {
            const parcel = pass.handOff('another flow');
            await s.schedule(Promise.resolve()).then(() => leave(parcel.accept()));
          } else await leave(pass);
        };
        const destroy = async (): Promise<void> => {
          await pause(closeAfter);
          isClosed = true;
          gate.close();
          await gate.drained();
          isDrained = true;
          expect(inside.size).toBe(0);
        };
        const all = Promise.all([...visits.map(visit), destroy()]);
        await s.waitIdle();
        await all;
        expect(isDrained).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

interface Setting {
  readonly validator: Validator;
  readonly gate: RefGate;
  readonly registry: Mutex;
  readonly rcu: Rcu;
}

/** A reader that delegates its leave to something that asks for `registry` before. */
const delegations: [
  name: string,
  delegate: (setting: Setting, pass: Hold) => Promise<void>,
  chain: string,
][] = [
  [
    'a timer',
    ({ validator, registry }, pass) =>
      new Promise((resolve) => {
        const leave = async (pass: Hold): Promise<void> => {
          await registry.run(() => {});
          pass.release();
          resolve();
        };
        timeout(leave, 1, { transfer: [pass], name: 'timer', validator });
      }),
    'gate → timer → registry → gate',
  ],
  [
    'another flow',
    async ({ registry }, pass) => {
      const parcel = pass.handOff('writer');
      await turn();
      const accepted = parcel.accept();
      await registry.run(() => {});
      accepted.release();
    },
    'gate → writer → registry → gate',
  ],
  [
    'an RCU callback',
    async ({ rcu, registry }, pass) => {
      const leave = async (pass: Hold): Promise<void> => {
        await registry.run(() => {});
        pass.release();
      };
      rcu.call(leave, { transfer: [pass] });
      await rcu.barrier();
    },
    'gate → rcu → registry → gate',
  ],
  [
    'nobody',
    async ({ registry }, pass) => {
      await registry.run(() => {});
      pass.release();
    },
    'gate → registry → gate',
  ],
];

describe.each(delegations)('who delegates to %s', (_name, delegate, chain) => {
  const create = (): Setting => {
    const validator = new Validator();
    return {
      validator,
      gate: new RefGate({ name: 'gate', validator }),
      registry: new Mutex({ name: 'registry', validator }),
      rcu: new Rcu({ name: 'rcu', validator }),
    };
  };

  test('has no finding when the destroyer waits outside of what is needed', async () => {
    const setting = create();
    await delegate(setting, setting.gate.tryEnter()!);
    await setting.registry.run(() => setting.gate.close());
    await setting.gate.drained();
    setting.validator.checkOpen({ isDrained: true });
    expect(setting.validator.findings).toEqual([]);
  });

  test('has one when the destroyer waits inside of it', async () => {
    const setting = create();
    await delegate(setting, setting.gate.tryEnter()!);
    await setting.registry.run(() => setting.gate[Symbol.asyncDispose]());
    expect(setting.validator.findings.map(({ code, severity }) => [code, severity])).toEqual([
      ['circular-dependency', 'error'],
    ]);
    expect(setting.validator.findings[0]!.chain.join(' → ')).toBe(chain);
  });
});

test('to wait for oneself to leave is reported', async () => {
  const validator = new Validator();
  const gate = new RefGate({ name: 'gate', validator });
  const pass = gate.tryEnter()!;
  void gate.drained();
  await turn();
  validator.checkOpen({ isDrained: true });
  expect(edgesOf(validator)).toEqual({ nested: 'gate→gate(wait)' });
  expect(withoutLive(validator.findings).map(({ message }) => message)).toEqual([
    'Self-deadlock: gate → gate [recursive-acquisition]',
  ]);
  pass.release();
});
