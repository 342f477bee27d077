import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  type FindingCode,
  type Level,
  LockdepError,
  Mutex,
  RwLock,
  Semaphore,
  Validator,
  flow,
} from '../../src/index.ts';
import { createLocks } from '../support/edges.ts';
import { withoutLive } from '../support/without-live.ts';

const nothing = (): void => {};

type Program = (validator: Validator) => Promise<void> | void;

async function orders(validator: Validator): Promise<void> {
  const { A, B } = createLocks(validator);
  await A.run(() => B.run(nothing));
  await B.run(() => A.run(nothing));
}

async function suspects(validator: Validator): Promise<void> {
  const { A, B } = createLocks(validator);
  await A.run(() => B.run(nothing));
  await B.run(async () => {
    void A.run(nothing);
    await sleep(1);
  });
}

async function gated(validator: Validator): Promise<void> {
  const { A, B, D } = createLocks(validator);
  await D.run(() => A.run(() => B.run(nothing)));
  await D.run(() => B.run(() => A.run(nothing)));
}

async function leaves(validator: Validator): Promise<void> {
  // Released in the end, since it would be a gate over all that follows in this flow.
  const hold = await flow('f', () => createLocks(validator).A.acquire(), { validator });
  hold.release();
}

async function endsHolding(validator: Validator): Promise<void> {
  const hold = await createLocks(validator).A.acquire();
  validator.reportHeldAtEnd();
  hold.release();
}

async function twice(validator: Validator): Promise<void> {
  const hold = await createLocks(validator).A.acquire();
  hold.release();
  hold.release();
}

const programs: [code: FindingCode, severity: string, program: Program][] = [
  ['circular-dependency', 'error', orders],
  ['circular-dependency', 'warning', suspects],
  ['held-at-end', 'warning', leaves],
  ['held-at-end', 'note', endsHolding],
  ['bad-release', 'error', twice],
];

const expected: Readonly<Record<Level, string[]>> = { off: [], warn: ['warning'], error: ['error'] };

describe.for(programs)('%s, %s by default', ([code, severity, program]) => {
  test('is so without a level', async () => {
    const validator = new Validator();
    await program(validator);
    expect(validator.findings).toMatchObject([{ code, severity }]);
  });

  test.for(['off', 'warn', 'error'] as const)('is what %s says', async (level) => {
    const told: string[] = [];
    const validator = new Validator({
      levels: { [code]: level },
      onFinding: (finding) => told.push(finding.severity),
    });
    await program(validator);
    expect(validator.findings.map((finding) => finding.severity)).toEqual(expected[level]);
    expect(validator.snapshot().findings.map((finding) => finding.severity)).toEqual(expected[level]);
    expect(told).toEqual(expected[level]);
  });

  test('is not changed by the level of another code', async () => {
    const validator = new Validator({ levels: { 'not-held': 'off' } });
    await program(validator);
    expect(validator.findings).toMatchObject([{ code, severity }]);
  });
});

describe('a cycle that cannot happen', () => {
  test.for([
    [{}, ['note']],
    [{ 'circular-dependency': 'error' }, ['note']],
    [{ 'circular-dependency': 'warn' }, ['note']],
    [{ 'circular-dependency': 'off' }, []],
  ] as const)('%j', async ([levels, severities]) => {
    const validator = new Validator({ levels });
    await gated(validator);
    expect(validator.findings.map(({ severity }) => severity)).toEqual(severities);
  });
});

describe('under the error policy', () => {
  test('what is off or a warning is not thrown, and what is raised is', async () => {
    const thrown = async (levels: Partial<Record<FindingCode, Level>>, program: Program): Promise<string> => {
      try {
        await program(new Validator({ policy: 'error', levels }));
        return 'nothing';
      } catch (error) {
        return (error as LockdepError).code;
      }
    };
    expect(await thrown({}, twice)).toBe('bad-release');
    expect(await thrown({ 'bad-release': 'warn' }, twice)).toBe('nothing');
    expect(await thrown({ 'bad-release': 'off' }, twice)).toBe('nothing');
    expect(await thrown({ 'circular-dependency': 'off' }, orders)).toBe('nothing');
    expect(await thrown({}, suspects)).toBe('nothing');
    expect(await thrown({ 'circular-dependency': 'error' }, suspects)).toBe('circular-dependency');
  });
});

describe('what is open', () => {
  async function hang(levels: Partial<Record<FindingCode, Level>>): Promise<Validator> {
    const validator = new Validator({ levels });
    const { A, B } = createLocks(validator);
    void A.run(() => turn().then(() => B.run(nothing)));
    void B.run(() => turn().then(() => A.run(nothing)));
    for (let i = 0; i < 5; i++) await turn();
    return validator;
  }

  test('is in the snapshot as grave as its level says, and published so', async () => {
    const validator = await hang({ 'circular-dependency': 'error' });
    expect(withoutLive(validator.snapshot().findings)).toMatchObject([
      { severity: 'error', certainty: 'potential' },
    ]);
    validator.checkOpen({ isDrained: true });
    expect(withoutLive(validator.findings)).toMatchObject([{ severity: 'error', certainty: 'certain' }]);
  });

  test('is certain, and still a warning, by its level', async () => {
    const validator = await hang({ 'circular-dependency': 'warn' });
    validator.checkOpen({ isDrained: true });
    expect(withoutLive(validator.findings)).toMatchObject([{ severity: 'warning', certainty: 'certain' }]);
  });

  test('is nowhere when it is off', async () => {
    const validator = await hang({ 'circular-dependency': 'off' });
    validator.checkOpen({ isDrained: true });
    expect(withoutLive(validator.snapshot().findings)).toEqual([]);
    expect(withoutLive(validator.findings)).toEqual([]);
  });

  test('a hold whose finding is off is told by another one', async () => {
    const validator = new Validator();
    const { A } = createLocks(validator);
    validator.setLevels({ 'held-at-end': 'off' });
    const hold = await flow('f', () => A.acquire(), { validator });
    validator.setLevels({});
    validator.reportHeldAtEnd();
    hold.release();
    expect(validator.findings).toMatchObject([{ code: 'held-at-end', severity: 'note' }]);
  });
});

describe('a code that is off hides no other', () => {
  test('a declared order that nobody keeps', async () => {
    const programOf = async (levels: Partial<Record<FindingCode, Level>>): Promise<string[]> => {
      const validator = new Validator({ levels });
      validator.declareOrder(['A', 'B']);
      const { A, B } = createLocks(validator);
      await B.run(() => A.run(nothing));
      return validator.findings.map(({ message }) => message);
    };
    expect(await programOf({})).toEqual(['Potential order violation: A → B → A [order-violation]']);
    expect(await programOf({ 'order-violation': 'off' })).toEqual([]);
  });

  test('a cycle through what was declared and seen', async () => {
    const validator = new Validator({ levels: { 'order-violation': 'off' } });
    validator.declareOrder(['A', 'B']);
    await orders(validator);
    expect(validator.findings).toMatchObject([{ code: 'circular-dependency', severity: 'error' }]);
  });

  test('a longer cycle than one with a declared order', async () => {
    const validator = new Validator({ levels: { 'order-violation': 'off' } });
    validator.declareOrder(['A', 'B']);
    const { A, B, C } = createLocks(validator);
    await A.run(() => C.run(nothing));
    await C.run(() => B.run(nothing));
    await B.run(() => A.run(nothing));
    expect(validator.findings).toMatchObject([{ chain: ['A', 'C', 'B', 'A'], severity: 'error' }]);
  });

  test('blocking the loop', () => {
    const validator = new Validator({
      levels: { 'inconsistent-context': 'off', 'context-inversion': 'off' },
    });
    const lockClass = validator.lockClass('A');
    const request = validator.request(lockClass);
    request.granted();
    validator.noteBlocking(lockClass, 'exclusive');
    request.discharge();
    validator.checkOpen({ isDrained: true });
    expect(validator.findings).toEqual([]);
  });
});

describe('levels', () => {
  test('hold from when they are set on, and stay over a reset', async () => {
    const validator = new Validator({ levels: { 'bad-release': 'warn' } });
    await twice(validator);
    validator.setLevels({ 'bad-release': 'off' });
    await twice(validator);
    expect(validator.findings).toMatchObject([{ severity: 'warning', count: 1 }]);
    validator.reset();
    await twice(validator);
    expect(validator.findings).toEqual([]);
  });

  test('of codes that many locks share', async () => {
    const validator = new Validator({ levels: { 'upgrade-deadlock': 'warn', 'nested-capacity': 'off' } });
    const rw = new RwLock({ name: 'rw', validator });
    const pool = new Semaphore({ name: 'pool', permits: 2, validator });
    const M = new Mutex({ name: 'M', validator });
    await pool.run(() => pool.run(nothing));
    void rw.runRead(() => rw.runWrite(nothing));
    void M.run(() => M.run(nothing));
    await sleep(1);
    validator.checkOpen({ isDrained: true });
    expect(withoutLive(validator.findings)).toMatchObject([
      { code: 'recursive-acquisition', severity: 'error' },
      { code: 'upgrade-deadlock', severity: 'warning' },
    ]);
  });

  test.for([
    [null, 'Expected `levels` to be an object, got null.'],
    [
      { 'held-at-edn': 'off' },
      /^Expected `levels` to be an object with keys of circular-dependency, .*, got "held-at-edn" \(string\)\.$/,
    ],
    [{ toString: 'off' }, /got "toString" \(string\)\.$/],
    [
      { 'held-at-end': 'fatal' },
      "Expected `levels['held-at-end']` to be 'off', 'warn' or 'error', got \"fatal\" (string).",
    ],
    [
      { 'held-at-end': 0 },
      "Expected `levels['held-at-end']` to be 'off', 'warn' or 'error', got 0 (number).",
    ],
  ] as const)('that are none: %j', ([levels, message]) => {
    for (const give of [
      () => new Validator({ levels: levels as object }),
      () => new Validator().setLevels(levels as object),
    ]) {
      expect(give).toThrow(message);
      expect(give).toThrow(LockdepError);
    }
  });

  test('may be left out one by one', async () => {
    const validator = new Validator({ levels: { 'bad-release': undefined } as object });
    await twice(validator);
    expect(validator.findings).toMatchObject([{ severity: 'error' }]);
  });
});
