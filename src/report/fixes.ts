import type { FindingCode } from '../validator/snapshot-format.ts';
import type { FindingContext } from './context.ts';
import { formatCycleFix } from './cycle-fix.ts';
import { quoteName } from './escape.ts';
import { findTellingFrame, formatPlace } from './place.ts';

/** What the sentences are made of: names are quoted, places start with a space or are empty. */
interface Words {
  name: string;
  other: string;
  held: string;
  asked: string;
  permits: number | undefined;
  isCompletion: boolean;
  isExecutor: boolean;
  /** The first arrow is a wait that takes nothing. */
  isWait: boolean;
}

type Fix = (words: Words, context: FindingContext) => string;

function createWords({ finding, edges, classNamed }: FindingContext): Words {
  const [first = '', second = first] = finding.chain;
  const [edge] = edges;
  const place = (role: 'held' | 'requested'): string =>
    formatPlace(edge === undefined ? finding.stack?.frames[0] : findTellingFrame(edge, role, edges));
  return {
    name: quoteName(first),
    other: quoteName(second),
    held: place('held'),
    asked: place('requested'),
    permits: classNamed(first)?.permits,
    isCompletion: classNamed(first)?.kind === 'completion',
    isExecutor: classNamed(first)?.kind === 'executor',
    isWait: edge?.kind === 'wait',
  };
}

const fixCycle: Fix = (_, context) => formatCycleFix(context);

/** From what is held while the context may come in, by way of the context, to what it asks for. */
const fixContext: Fix = ({ name }, { edges, classNamed }) => {
  const use = edges.findIndex(({ from }) => classNamed(from)?.kind === 'context');
  const [into, outOf] = [edges.at(use - 1), edges[use]];
  if (use === -1 || into === undefined || outOf === undefined)
    return `keep the context out while ${name} is held.`;
  const held = formatPlace(findTellingFrame(into, 'held', edges));
  const asked = formatPlace(findTellingFrame(outOf, 'requested', edges));
  return `keep ${quoteName(into.to)} out while ${quoteName(into.from)} is held${held}, or do not take ${quoteName(outOf.to)} in ${quoteName(outOf.from)}${asked}.`;
};

/** One arrow at least goes against what was declared. */
const fixOrderViolation: Fix = ({ name, asked }, { edges }) => {
  const wrong = edges.find(({ declared }) => declared !== true);
  if (wrong === undefined || wrong.from === wrong.to)
    return `ask for the locks of ${name} in the order that is declared for them${asked}, or change it.`;
  const place = formatPlace(findTellingFrame(wrong, 'requested', edges));
  return `take ${quoteName(wrong.to)} before ${quoteName(wrong.from)}${place}, or change the declared order.`;
};

const fixRecursion: Fix = ({ name, held, asked, isExecutor, isWait }, { finding }) => {
  if (isExecutor)
    return `do not wait for ${name} in a job of its own${asked}; let whoever added that job wait.`;
  const isOne = finding.flows === 1;
  if (isOne && isWait) return `release ${name} taken${held} before waiting for it${asked}.`;
  return isOne
    ? `pass on the hold of ${name} taken${held} instead of asking again${asked}.`
    : `release the first lock of ${name} taken${held} before ${isWait ? 'waiting' : 'asking'} for another${asked}, or give the two different names.`;
};

/** One lock asked for by who has it, several of one class, or a circle of classes. */
const fixLive: Fix = (words, context) => {
  const [first] = context.finding.participants ?? [];
  if (first === undefined || context.finding.chain.length > 2) return formatCycleFix(context);
  if (first.holds !== first.waitsFor) return `take the locks of ${words.name} in one order everywhere.`;
  if (!words.isExecutor && !words.isWait) {
    if ((words.permits ?? 1) > 1) return FIXES['nested-capacity'](words, context);
    if (first.holdsMode === 'shared' && first.waitsMode === 'exclusive')
      return FIXES['upgrade-deadlock'](words, context);
  }
  const again = { ...context, finding: { ...context.finding, flows: 1 } };
  return FIXES['recursive-acquisition'](words, again);
};

const FIXES: Readonly<Record<FindingCode, Fix>> = {
  'circular-dependency': fixCycle,
  'live-deadlock': fixLive,
  'recursive-acquisition': fixRecursion,
  'upgrade-deadlock': ({ name, held, asked }) =>
    `take ${name} for writing${held}, or stop reading before asking to write${asked}.`,
  'nested-capacity': ({ name, held, asked }) =>
    `pass on the unit of ${name} taken${held} instead of asking for another${asked}; else ask for all at once, or return the first before asking for more.`,
  'unsatisfiable-request': ({ name, asked, permits, isCompletion }) =>
    isCompletion
      ? `let one flow at a time wait for ${name}${asked}, or make it a Completion.`
      : `ask for at most ${permits ?? 'as many'} units of ${name}${permits === undefined ? ' as it has' : ''}${asked}, or give it more.`,
  'context-inversion': fixContext,
  'inconsistent-context': fixContext,
  'invalid-wait-context': ({ name, asked }) =>
    `ask for ${name}${asked} where waiting that long is allowed, or use a lock there that waits less.`,
  'nested-lock-not-held': ({ name, asked }) =>
    `take the lock that nestedIn names before asking for ${name}${asked}, or leave nestedIn out.`,
  'order-violation': fixOrderViolation,
  'bad-release': ({ name, asked }) =>
    `release ${name} once only, by the hold that was granted; drop the release${asked}.`,
  'not-held': ({ name, asked }) => `take ${name} before it is asserted${asked}, in the same flow.`,
  'destroyed-while-held': ({ name, asked }) => `release ${name} before it is destroyed${asked}.`,
  'held-at-end': ({ name, held }) =>
    `release ${name}, taken${held}, on every path: use run() or try … finally.`,
  'leaked-hold': ({ name, held }) =>
    `keep the hold of ${name} taken${held} until it is released: use run() or try … finally.`,
  'stalled-wait': ({ name, asked, isCompletion }) =>
    isCompletion
      ? `complete ${name} on every path, or do not wait for it${asked}.`
      : `release ${name} on every path; nothing is left that could, and it is still waited for${asked}.`,
};

/** Words one change that would end the finding. */
export function formatFix(context: FindingContext): string | undefined {
  const fix = FIXES[context.finding.code];
  // A code of a newer version has no words here; the rest of the report still stands.
  return fix === undefined ? undefined : `Fix: ${fix(createWords(context), context)}`;
}
