/** Requests that block the event loop, as `Atomics.wait` does: the loop is an execution context. */
import { describe, expect, test } from 'vitest';
import { Mutex, type Request, Validator } from '../../src/index.ts';

const nothing = (): void => {};

/** Takes a lock by blocking, and gives it back. */
function block(validator: Validator, name: string, within: () => void = nothing): void {
  const request: Request = validator.request(validator.lockClass(name), { isBlocking: true });
  request.granted();
  within();
  request.discharge();
}

function codes(validator: Validator): string[] {
  return validator.snapshot().findings.map(({ code, chain }) => `${code} ${chain.join('→')}`);
}

describe('a request that blocks the loop', () => {
  test('for what is held across an await', async () => {
    const validator = new Validator();
    await new Mutex({ name: 'A', validator }).run(nothing);
    block(validator, 'A');
    expect(codes(validator)).toEqual(['context-inversion A→loop→A']);
    expect(validator.findings[0]).toMatchObject({ severity: 'error', flows: 1 });
  });

  test('and is held across an await later', async () => {
    const validator = new Validator();
    block(validator, 'A');
    expect(codes(validator)).toEqual([]);
    await new Mutex({ name: 'A', validator }).run(nothing);
    expect(codes(validator)).toEqual(['context-inversion A→loop→A']);
  });

  test('for what must wait for something held across an await', async () => {
    const validator = new Validator();
    await new Mutex({ name: 'A', validator }).run(nothing);
    block(validator, 'B', () => block(validator, 'A', nothing));
    expect(codes(validator)).toContain('context-inversion A→loop→A');
    const along = new Validator();
    await new Mutex({ name: 'A', validator: along }).run(nothing);
    const request = along.request(along.lockClass('B'), { isBlocking: true });
    request.granted();
    const inner = along.request(along.lockClass('A'));
    inner.granted();
    inner.discharge();
    request.discharge();
    expect(codes(along)).toEqual(['context-inversion A→loop→B→A']);
  });

  test('for something that is always taken so', () => {
    const validator = new Validator();
    block(validator, 'A');
    block(validator, 'A');
    expect(codes(validator)).toEqual([]);
  });

  test('for something else', async () => {
    const validator = new Validator();
    await new Mutex({ name: 'A', validator }).run(nothing);
    block(validator, 'B');
    expect(codes(validator)).toEqual([]);
  });

  test('is none if it never waits', async () => {
    const validator = new Validator();
    await new Mutex({ name: 'A', validator }).run(nothing);
    const request = validator.request(validator.lockClass('A'), { isTry: true, isBlocking: true });
    request.granted();
    request.discharge();
    expect(codes(validator)).toEqual([]);
  });
});
