import { type Shape, fields, flag, list, optional, quantity, text, wholeNumber, word } from './shape.ts';

const times = fields({
  max: quantity,
  mean: quantity,
  count: optional(wholeNumber),
  p50: optional(quantity),
  p95: optional(quantity),
  p99: optional(quantity),
  at: optional(text),
});

const stack = fields({
  frames: list(fields({ at: text, fn: optional(text), source: optional(text) })),
  approximate: optional(flag),
  flow: optional(text),
});

const figures = {
  instances: wholeNumber,
  acquisitions: wholeNumber,
  contentions: wholeNumber,
  waitMs: times,
  holdMs: times,
};

const lockClass = fields({
  name: text,
  kind: text,
  ...figures,
  site: optional(text),
  permits: optional(quantity),
  unlimited: optional(flag),
  fair: optional(flag),
  serial: optional(flag),
  exempt: optional(flag),
  perCpu: optional(flag),
  perInput: optional(list(fields({ input: wholeNumber, ...figures }))),
});

const counts = optional(list(wholeNumber));

const edge = fields({
  from: text,
  to: text,
  kind: word('order', 'custody', 'handoff', 'wait', 'context'),
  fromMode: word('exclusive', 'shared'),
  toMode: word('exclusive', 'shared', 'recursive'),
  evidence: word('proven', 'signalled', 'nested'),
  breakable: flag,
  simultaneous: flag,
  provisional: flag,
  declared: optional(flag),
  count: wholeNumber,
  gates: list(text),
  sharedGates: optional(list(text)),
  custodians: optional(list(text)),
  outsideCustody: optional(flag),
  sameInstance: optional(flag),
  counts,
  held: stack,
  requested: stack,
});

const verdict = {
  certainty: word('potential', 'certain'),
  severity: word('error', 'warning', 'note'),
  edges: list(wholeNumber),
  flows: wholeNumber,
  message: text,
  breakableBy: optional(wholeNumber),
};

const participant = fields({
  holds: optional(text),
  holdsMode: optional(word('exclusive', 'shared')),
  heldSince: optional(stack),
  lastSeen: optional(stack),
  waitsFor: optional(text),
  waitsMode: optional(word('exclusive', 'shared', 'recursive')),
  waitsSince: optional(stack),
  isWait: optional(flag),
  isHandedOver: optional(flag),
  wayOut: optional(word('timeout-or-signal', 'race')),
  behind: optional(stack),
});

const finding = fields({
  code: text,
  ...verdict,
  chain: list(text),
  count: wholeNumber,
  fingerprint: text,
  stack: optional(stack),
  participants: optional(list(participant)),
  counts,
  asSeen: optional(fields(verdict)),
});

/** What a snapshot of version 1 must have. */
export const snapshotShape: Shape = fields({
  tool: text,
  runtime: text,
  inputs: list(fields({ id: text, runs: wholeNumber, name: optional(text) })),
  classes: list(lockClass),
  edges: list(edge),
  findings: list(finding),
});
