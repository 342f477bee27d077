import type {
  FindingCode,
  Snapshot,
  SnapshotClass,
  SnapshotEdge,
  SnapshotFinding,
  SnapshotStack,
} from '../../src/validator/snapshot-format.ts';

/** A stack of frames, innermost first, each written `path:line:column` or `path:line:column | source`. */
export function stack(...frames: string[]): SnapshotStack {
  return {
    frames: frames.map((frame) => {
      const [at = '', source] = frame.split(' | ');
      return source === undefined ? { at } : { at, source };
    }),
  };
}

export function lockClass(name: string, rest: Partial<SnapshotClass> = {}): SnapshotClass {
  return {
    name,
    kind: 'mutex',
    instances: 1,
    acquisitions: 1,
    contentions: 0,
    waitMs: { max: 0, mean: 0 },
    holdMs: { max: 0, mean: 0 },
    ...rest,
  };
}

export function edge(from: string, to: string, rest: Partial<SnapshotEdge> = {}): SnapshotEdge {
  return {
    from,
    to,
    kind: 'order',
    fromMode: 'exclusive',
    toMode: 'exclusive',
    evidence: 'proven',
    breakable: false,
    simultaneous: false,
    provisional: false,
    count: 1,
    gates: [],
    held: stack(`src/${from}.ts:1:1`),
    requested: stack(`src/${from}.ts:2:2`),
    ...rest,
  };
}

export function finding(
  code: FindingCode,
  chain: string[],
  rest: Partial<SnapshotFinding> = {},
): SnapshotFinding {
  return {
    code,
    certainty: 'potential',
    severity: 'error',
    chain,
    edges: [],
    flows: 0,
    count: 1,
    message: `Message about ${chain.join(' → ')} [${code}]`,
    fingerprint: `${code}|${chain.join('|')}`,
    ...rest,
  };
}

export function snapshot(rest: Partial<Snapshot> = {}): Snapshot {
  return {
    version: 1,
    tool: 'lockdep/0.1.0',
    runtime: 'node/20.20.2',
    inputs: [{ id: '1', runs: 1 }],
    classes: [],
    edges: [],
    findings: [],
    ...rest,
  };
}

/** The example of the house style: one path takes the two locks the other way round. */
export function ordersAndUsers(): Snapshot {
  return snapshot({
    classes: [lockClass('orders'), lockClass('users')],
    edges: [
      edge('users', 'orders', {
        held: stack('src/users.ts:41:18 | const hold = await users.acquire();'),
        requested: stack('src/users.ts:44:24 | await orders.acquire();'),
      }),
      edge('orders', 'users', {
        count: 312,
        held: stack('src/checkout.ts:77:20 | await orders.acquire();'),
        requested: stack('src/checkout.ts:80:19 | await users.acquire();'),
      }),
    ],
    findings: [
      finding('circular-dependency', ['orders', 'users', 'orders'], {
        edges: [1, 0],
        flows: 2,
        message: 'Potential deadlock: orders → users → orders [circular-dependency]',
      }),
    ],
  });
}

/** The mailing-list case: A is handed to an RCU callback that takes C, while C's holder waits for RCU. */
export function rcuChain(): Snapshot {
  return snapshot({
    classes: [lockClass('A'), lockClass('C'), lockClass('RCU', { kind: 'executor' })],
    edges: [
      edge('A', 'C', {
        custodians: ['RCU'],
        held: stack('src/vma.ts:12:21 | const hold = await a.acquire();'),
        requested: stack('src/vma.ts:16:13 | await c.acquire();'),
      }),
      edge('A', 'RCU', {
        kind: 'handoff',
        held: stack('src/vma.ts:14:7 | rcu.call(free, { transfer: [hold] });'),
        requested: stack('src/vma.ts:14:7 | rcu.call(free, { transfer: [hold] });'),
      }),
      edge('C', 'RCU', {
        kind: 'wait',
        held: stack('src/sync.ts:30:21 | const hold = await c.acquire();'),
        requested: stack('src/sync.ts:33:13 | await rcu.synchronize();'),
      }),
      edge('RCU', 'A', {
        kind: 'custody',
        held: stack('src/vma.ts:14:7 | rcu.call(free, { transfer: [hold] });'),
        requested: stack('src/vma.ts:16:13 | await c.acquire();'),
      }),
    ],
    findings: [
      finding('circular-dependency', ['C', 'RCU', 'A', 'C'], {
        edges: [2, 3, 0],
        flows: 2,
        message: 'Potential deadlock: C → RCU → A → C [circular-dependency]',
      }),
    ],
  });
}
