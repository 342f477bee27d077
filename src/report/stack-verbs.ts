import type { FindingCode } from '../validator/snapshot-format.ts';

const STACK_VERBS: Readonly<Record<FindingCode, string>> = {
  'circular-dependency': 'asked for',
  'recursive-acquisition': 'asked for again',
  'upgrade-deadlock': 'asked for writing',
  'nested-capacity': 'asked for again',
  'unsatisfiable-request': 'asked for',
  'context-inversion': 'asked for',
  'inconsistent-context': 'asked for',
  'invalid-wait-context': 'asked for',
  'nested-lock-not-held': 'asked for',
  'order-violation': 'asked for',
  'bad-release': 'released',
  'not-held': 'asserted',
  'destroyed-while-held': 'destroyed',
  'held-at-end': 'held since',
  'leaked-hold': 'held since',
  'live-deadlock': 'waited for',
  'stalled-wait': 'waited for',
};

/** Names what happened at the stack of a finding that has no arrows. */
export function findStackVerb(code: FindingCode): string {
  return STACK_VERBS[code] ?? 'seen';
}
