import { type Shape, fields, flag, list, optional, quantity, text, wholeNumber, word } from './shape.ts';

const times = fields({ max: quantity, mean: quantity });

const stack = fields({
  frames: list(fields({ at: text, fn: optional(text), source: optional(text) })),
  approximate: optional(flag),
  flow: optional(text),
});

const lockClass = fields({
  name: text,
  kind: text,
  instances: wholeNumber,
  acquisitions: wholeNumber,
  contentions: wholeNumber,
  waitMs: times,
  holdMs: times,
  site: optional(text),
  permits: optional(quantity),
});

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
  held: stack,
  requested: stack,
});

const finding = fields({
  code: text,
  certainty: word('potential', 'certain'),
  severity: word('error', 'warning', 'note'),
  chain: list(text),
  edges: list(wholeNumber),
  flows: wholeNumber,
  count: wholeNumber,
  message: text,
  fingerprint: text,
  stack: optional(stack),
  breakableBy: optional(wholeNumber),
});

/** What a snapshot of version 1 must have. */
export const snapshotShape: Shape = fields({
  tool: text,
  runtime: text,
  inputs: list(fields({ id: text, runs: wholeNumber })),
  classes: list(lockClass),
  edges: list(edge),
  findings: list(finding),
});
