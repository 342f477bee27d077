import { type Shape, fields, flag, list, optional, quantity, text, wholeNumber, word } from './shape.ts';

const times = fields({ max: quantity, mean: quantity });

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

const finding = fields({
  code: text,
  ...verdict,
  chain: list(text),
  count: wholeNumber,
  fingerprint: text,
  stack: optional(stack),
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
