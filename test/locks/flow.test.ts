import { Mutex, Validator, flow } from 'lockdep';
import { expect, test } from 'vitest';

const validator = new Validator({ policy: 'collect' });
const outer = new Mutex({ name: 'outer', validator });
const inner = new Mutex({ name: 'inner', validator });

async function runFlows(count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    await flow(`flow ${i}`, () => outer.run(() => inner.run(() => {})), { validator });
}

/** How many stacks are read while `fn` runs. */
async function countReads(fn: () => Promise<void>): Promise<number> {
  const { prepareStackTrace } = Error;
  let reads = 0;
  Error.prepareStackTrace = () => {
    reads++;
    return '';
  };
  try {
    await fn();
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
  return reads;
}

test('a flow makes nothing new of an order that is known', async () => {
  expect(await countReads(() => runFlows(50))).toBeGreaterThan(0);
  expect(await countReads(() => runFlows(50))).toBe(0);
});

test('what was asked for in a flow is told as such, though the flow has ended since', async () => {
  const own = new Validator({ policy: 'collect' });
  const held = new Mutex({ name: 'held', validator: own });
  const asked = new Mutex({ name: 'asked', validator: own });
  const hold = await held.acquire();
  await flow('named', () => asked.run(() => {}), { validator: own });
  hold.release();
  const [edge] = own.snapshot().edges;
  expect(edge).toMatchObject({ from: 'held', to: 'asked', requested: { flow: 'named' } });
  expect(edge!.held).not.toHaveProperty('flow');
});
