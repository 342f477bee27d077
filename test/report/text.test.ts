import { describe, expect, test } from 'vitest';
import { formatText } from '../../src/report/text.ts';
import { edge, finding, lockClass, ordersAndUsers, rcuChain, snapshot, stack } from './snapshots.ts';

/** The text between the lines of a template; its first line break and last one are not part of it. */
function lines(text: string): string {
  return text.slice(1);
}

describe('a report', () => {
  test('of a clean run is one line', () => {
    const clean = snapshot({ classes: [lockClass('A'), lockClass('B')], edges: [edge('A', 'B')] });
    expect(formatText(clean)).toBe('No findings (2 classes, 1 edge).\n');
  });

  test('shows both places of each arrow, the odd one out first, and fits 80 columns', () => {
    expect(formatText(ordersAndUsers())).toBe(
      lines(`
Potential deadlock: orders → users → orders [circular-dependency]

  users → orders       seen once
    users held since   src/users.ts:41:18     const hold = await users.acquire(…
    orders asked for   src/users.ts:44:24     await orders.acquire();
  orders → users       seen 312 times
    orders held since  src/checkout.ts:77:20  await orders.acquire();
    users asked for    src/checkout.ts:80:19  await users.acquire();

  Two flows are enough: one in each order, at the same time.
  Fix: take "orders" first in src/users.ts:41, as everywhere else.

1 finding: 1 error (2 classes, 2 edges)
`),
    );
  });

  test('sets its columns apart where there is room', () => {
    expect(formatText(ordersAndUsers(), { width: 120 })).toBe(
      lines(`
Potential deadlock: orders → users → orders [circular-dependency]

  users → orders            seen once
    users held since        src/users.ts:41:18      const hold = await users.acquire();
    orders asked for        src/users.ts:44:24      await orders.acquire();
  orders → users            seen 312 times
    orders held since       src/checkout.ts:77:20   await orders.acquire();
    users asked for         src/checkout.ts:80:19   await users.acquire();

  Two flows are enough: one in each order, at the same time.
  Fix: take "orders" first in src/users.ts:41, as everywhere else.

1 finding: 1 error (2 classes, 2 edges)
`),
    );
  });

  test('tells the RCU hand-over in its author’s words', () => {
    expect(formatText(rcuChain(), { width: 120 })).toBe(
      lines(`
Potential deadlock: C → RCU → A → C [circular-dependency]

  C → RCU                   seen once
    C held since            src/sync.ts:30:21   const hold = await c.acquire();
    RCU waited for          src/sync.ts:33:13   await rcu.synchronize();
  RCU → A                   seen once
    A handed over           src/vma.ts:14:7     rcu.call(free, { transfer: [hold] });
    callback asked          src/vma.ts:16:13    await c.acquire();
  A → C                     seen once
    A held since            src/vma.ts:12:21    const hold = await a.acquire();
    C asked for             src/vma.ts:16:13    await c.acquire();

  Two flows are enough: one that holds "C" while it waits for "RCU", and one whose callback in "RCU" must get "C" to
    release "A".
  Fix: release "C" before waiting for "RCU" at src/sync.ts:33, or take "C" outside the callback at src/vma.ts:16.

1 finding: 1 error (3 classes, 4 edges)
`),
    );
  });

  test('of the RCU hand-over that hangs says so', () => {
    const { findings, ...rest } = rcuChain();
    const hanging = findings.map((each) => ({
      ...each,
      certainty: 'certain' as const,
      message: 'Deadlock: C → RCU → A → C [circular-dependency]',
    }));
    const text = formatText({ ...rest, findings: hanging });
    expect(text.split('\n')[0]).toBe('Deadlock: C → RCU → A → C [circular-dependency]');
    expect(text).toContain('  It hangs now: two flows wait for each other, and none can go on.\n');
  });

  test('of several findings has the gravest first, then the certain ones, then by code and chain', () => {
    const text = formatText(
      snapshot({
        findings: [
          finding('held-at-end', ['Z'], { severity: 'note', message: '7' }),
          finding('held-at-end', ['B'], { severity: 'warning', message: '6' }),
          finding('bad-release', ['B'], { severity: 'warning', message: '5' }),
          finding('not-held', ['A'], { message: '4' }),
          finding('bad-release', ['B'], { message: '3' }),
          finding('bad-release', ['A'], { message: '2' }),
          finding('stalled-wait', ['Z'], { certainty: 'certain', message: '1' }),
        ],
      }),
    );
    expect(text.match(/^\d$/gm)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
    expect(text.endsWith('\n\n7 findings: 4 errors, 2 warnings, 1 note (0 classes, 0 edges)\n')).toBe(true);
  });

  test('of many findings counts them by code first', () => {
    const many = Array.from({ length: 3000 }, (_, index) =>
      finding(index % 3 === 0 ? 'held-at-end' : 'bad-release', [`lock-${index}`], {
        severity: index % 3 === 0 ? 'warning' : 'error',
      }),
    );
    const text = formatText(snapshot({ findings: many }));
    expect(text).toMatch(
      /^3000 findings: 2000 errors, 1000 warnings \(0 classes, 0 edges\)\n\n {2}bad-release {2}2000 errors\n {2}held-at-end {2}1000 warnings\n\nMessage about lock-1 /,
    );
    expect(text.match(/^Message about /gm)).toHaveLength(3000);
    expect(text.endsWith('\n3000 findings: 2000 errors, 1000 warnings (0 classes, 0 edges)\n')).toBe(true);
  });

  test('is the same whatever the order of its findings', () => {
    const findings = ['C', 'A', 'B'].map((name) =>
      finding('bad-release', [name], { stack: stack('a.ts:1:1') }),
    );
    const texts = [findings, [...findings].reverse()].map((each) => formatText(snapshot({ findings: each })));
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0]).toBe(formatText(snapshot({ findings })));
  });

  test('leaves the snapshot as it was', () => {
    const given = rcuChain();
    formatText(given, { color: true, width: 200 });
    expect(given).toEqual(rcuChain());
  });
});

describe('colour', () => {
  test('marks the message by severity and leaves the words alone', () => {
    const colored = formatText(ordersAndUsers(), { color: true });
    expect(colored.split('\n')[0]).toBe(
      '\u001b[31m\u001b[1mPotential deadlock: orders → users → orders [circular-dependency]\u001b[22m\u001b[39m',
    );
    // oxlint-disable-next-line no-control-regex -- the escapes are what is looked at
    expect(colored.replace(/\u001b\[\d+m/g, '')).toBe(formatText(ordersAndUsers()));
  });

  test('is absent unless asked for', () => {
    expect(formatText(rcuChain())).not.toContain('\u001b');
  });
});
