import type { FindingCode } from '../validator/snapshot-format.ts';

/** What a finding code means, whatever the locks are. */
export interface Rule {
  meaning: string;
  /** What to do about it. */
  help: string;
}

const RULES: Readonly<Record<FindingCode, Rule>> = {
  'circular-dependency': {
    meaning: 'Locks wait for each other in a circle.',
    help: 'Take the locks in one order everywhere, or release one before waiting for the next.',
  },
  'recursive-acquisition': {
    meaning: 'A lock is asked for by what already holds it, or holds another of its class.',
    help: 'Pass the hold on instead of asking again, or give locks that are nested different names.',
  },
  'upgrade-deadlock': {
    meaning: 'A lock is asked for to write by what reads it.',
    help: 'Take it for writing from the start, or stop reading before asking to write.',
  },
  'nested-capacity': {
    meaning: 'More units of a counted resource are asked for while some are held.',
    help: 'Ask for all units at once, or return the first before asking for more.',
  },
  'unsatisfiable-request': {
    meaning: 'More units are asked for than exist.',
    help: 'Ask for fewer units, or give the resource more.',
  },
  'context-inversion': {
    meaning: 'An execution context asks for what must wait for a lock held where it may come in.',
    help: 'Keep the context out while the lock is held, or do not ask in the context.',
  },
  'inconsistent-context': {
    meaning: 'One lock is asked for in an execution context and held where that may come in.',
    help: 'Keep the context out while the lock is held, or do not ask in the context.',
  },
  'invalid-wait-context': {
    meaning: 'A lock is asked for where nobody may wait as long.',
    help: 'Ask for it where waiting that long is allowed, or use a lock that waits less.',
  },
  'nested-lock-not-held': {
    meaning: 'A nesting names an outer lock that is not held.',
    help: 'Take the outer lock first, or do not name it.',
  },
  'order-violation': {
    meaning: 'Locks are taken against a declared order.',
    help: 'Take them in the declared order, or change what is declared.',
  },
  'bad-release': {
    meaning: 'A lock is released twice, or without having been acquired.',
    help: 'Release it once only, by the hold that was granted.',
  },
  'not-held': {
    meaning: 'A lock is asserted to be held, and is not.',
    help: 'Take it before it is asserted, in the same flow.',
  },
  'destroyed-while-held': {
    meaning: 'A lock is abandoned or initialised again while it is held.',
    help: 'Release it first.',
  },
  'held-at-end': {
    meaning: 'A flow, a test or a process ended with a lock held.',
    help: 'Release it on every path: use run() or try … finally.',
  },
  'leaked-hold': {
    meaning: 'The only means to release a hold became unreachable.',
    help: 'Keep the hold until it is released: use run() or try … finally.',
  },
  'live-deadlock': {
    meaning: 'Flows wait for each other now.',
    help: 'Take the locks in one order everywhere, or release one before waiting for the next.',
  },
  'stalled-wait': {
    meaning: 'Nothing is left to run that could end a wait.',
    help: 'Release or complete on every path what is waited for.',
  },
};

/** Finds what a code means. A code of a later version has no words here. */
export function findRule(code: string): Rule | undefined {
  return Object.hasOwn(RULES, code) ? RULES[code as FindingCode] : undefined;
}
