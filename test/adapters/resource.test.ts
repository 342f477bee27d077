/** What all adapters stand on, where no library shows it. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { Resource } from '../../src/adapters/shared/resource.ts';
import { Validator } from '../../src/index.ts';
import { EXCLUSIVE } from '../../src/validator/lock-class.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

it.each([
  ['refused', (resource, asked) => resource.refuse(asked, () => {}, undefined)],
  ['given up', (resource, asked) => resource.giveUp(asked, () => {}, undefined)],
  ['refused at once', (resource, asked) => resource.refuseNow(asked)],
  ['given up at once', (resource, asked) => resource.giveUpNow(asked)],
] satisfies [string, (resource: Resource, asked: ReturnType<Resource['ask']>) => void][])(
  'keeps nothing of a request for several units that was %s',
  async (_how, end) => {
    const validator = new Validator();
    const resource = new Resource(validator, { kind: 'semaphore', permits: 5 });
    const request = (): WeakRef<object> => {
      const asked = resource.askFor(3, false, false);
      end(resource, asked);
      return new WeakRef(asked!);
    };
    // In a callback of its own, since the flow that asks goes on with that behind it.
    let reference: WeakRef<object> | undefined;
    setImmediate(() => {
      reference = request();
    });
    await new Promise((done) => void setTimeout(done, 5));
    collect();
    expect(reference).toBeDefined();
    expect(reference!.deref()).toBeUndefined();
    expect(resource.capacity).toBe(5);
  },
);

it('gives several units back bit by bit', () => {
  const validator = new Validator();
  const resource = new Resource(validator, { kind: 'semaphore', permits: 5 });
  resource.grantNow(resource.askFor(3, false, false));
  expect(resource.dischargeAny(2)).toBe(0);
  expect(resource.dischargeAny(2)).toBe(1);
});

/** Two keys, each asked for beside the other, in both orders. */
function nestBothWays(makeUnfair: boolean): string[] {
  const validator = new Validator();
  const options = { kind: 'mutex', isFair: true, sameClass: 'instances' } as const;
  const first = new Resource(validator, options);
  const second = new Resource(validator, { ...options, lockClass: first.lockClass });
  if (makeUnfair) first.declareUnfair();
  for (const [outer, inner] of [
    [first, second],
    [second, first],
  ] as const) {
    const [asked, other] = [outer, inner].map((each) => each.ask(EXCLUSIVE, false, false));
    outer.grantNow(asked!);
    inner.grantNow(other!);
    inner.discharge(other!);
    outer.discharge(asked!);
    validator.flush();
  }
  return validator.findings.filter(({ severity }) => severity !== 'note').map(({ code }) => code);
}

it('lets requests made together nest both ways only as long as nobody is let past', () => {
  expect(nestBothWays(false)).toEqual([]);
  expect(nestBothWays(true)).toEqual(['recursive-acquisition']);
});
