// A validator for tests of what a process prints and saves: the program publishes what it likes through
// `fakeValidator`, and hears of every check. Preloaded, so that it is installed before anything else.
import { install } from '../../dist/console.js';

const listeners = new Set();
const snapshot = {
  version: 1,
  tool: 'lockdep/0.1.0',
  runtime: 'node',
  inputs: [],
  classes: [],
  edges: [],
  findings: [],
};

globalThis.fakeValidator = {
  policy: process.env.FAKE_POLICY ?? 'warn',
  findings: snapshot.findings,
  snapshot: () => snapshot,
  onFinding(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  checkOpen() {},
  /** Makes it known that a finding exists. Its arrow, if it has one, is open when `isOpen`. */
  publish(code, { severity = 'error', certainty = 'potential', isOpen = false } = {}) {
    const stack = { frames: [{ at: 'app.mjs:1:1' }] };
    const finding = {
      code,
      certainty,
      severity,
      chain: isOpen ? ['A', 'A'] : ['A'],
      edges: isOpen ? [0] : [],
      flows: 1,
      count: 1,
      message: `Something about "A" [${code}]`,
      fingerprint: code,
      stack,
    };
    snapshot.edges = [
      {
        from: 'A',
        to: 'A',
        kind: 'order',
        fromMode: 'exclusive',
        toMode: 'exclusive',
        evidence: 'proven',
        breakable: false,
        simultaneous: false,
        provisional: true,
        count: 1,
        gates: [],
        held: stack,
        requested: stack,
      },
    ];
    const index = snapshot.findings.findIndex((known) => known.code === code);
    if (index >= 0) snapshot.findings.splice(index, 1);
    snapshot.findings.push(finding);
    for (const listener of listeners) listener(finding, () => snapshot);
  },
  /** Takes back what was found. */
  clear() {
    snapshot.findings.length = 0;
  },
};

install(globalThis.fakeValidator);
