/**
 * Why a test hangs: who waits for what, since where, and who holds it. Seen from what is open now, so it is
 * asked when the test has failed and nothing of it has been cleaned up.
 */
import { createReadLines } from '../../cli/read-lines.ts';
import { formatName, quoteName } from '../../report/escape.ts';
import { type Block, type Row, formatBlocks } from '../../report/layout.ts';
import { createStyle } from '../../report/style.ts';
import { fillStack } from '../../report/source-lines.ts';
import type { Obligation } from '../../validator/obligation.ts';
import { toSnapshotStack } from '../../validator/source-position.ts';
import type { RawStack } from '../../validator/stack-trace.ts';
import type { Validator } from '../../validator/validator.ts';
import { formatTest } from './test-name.ts';

/** What the validator knows of an obligation. */
export interface Inquiry {
  /** The test that it was made in, though it may have ended. */
  flowOf: (open: Obligation) => string | undefined;
  stackOf: (open: Obligation) => RawStack;
}

const WIDTH = 100;

interface Place {
  row: Row;
  /** ` since src/a.ts:3`, for a sentence. */
  since: string;
}

function placeOf(stack: RawStack, label: string): Place {
  const { frames } = fillStack(toSnapshotStack(stack, false), createReadLines({ folder: process.cwd() }));
  const [top] = frames;
  const since = top === undefined ? '' : ` since ${top.at.replace(/:\d+$/, '')}`;
  return { row: { label, site: top?.at ?? '(place unknown)', source: top?.source }, since };
}

/** Who has what the request waits for. */
function findHolders({ newest }: Validator['engine'], { lockClass, instance }: Obligation): Obligation[] {
  const holders: Obligation[] = [];
  for (let each = newest; each !== null; each = each.older)
    if (each.isOpen && each.lockClass === lockClass && each.instance === instance) holders.push(each);
  return holders.reverse();
}

function explain(
  validator: Validator,
  waiting: Obligation,
  test: string,
  { flowOf, stackOf }: Inquiry,
): string {
  const name = formatName(validator.nameOf(waiting.lockClass));
  const wait = placeOf(stackOf(waiting), `${name} waited for since`);
  const holders = findHolders(validator.engine, waiting).map((holder) => {
    const flow = flowOf(holder);
    const who =
      flow === undefined ? '' : flow === test ? ', by this test' : `, by ${quoteName(formatTest(flow))}`;
    return { ...placeOf(stackOf(holder), `${name} held since`), who };
  });
  const [first, ...others] = holders;
  const held =
    first === undefined
      ? ', which nobody is known to hold'
      : `, held${first.since}${first.who}${others.length === 0 ? '' : ` and ${others.length} more`}`;
  const block: Block = {
    title: name,
    remark: 'still waited for',
    rows: [wait.row, ...holders.map(({ row }) => row)],
  };
  const lines = formatBlocks([block], { width: WIDTH, style: createStyle(false) });
  return [`Waits for ${name}${wait.since}${held}`, '', ...lines].join('\n');
}

/** Explains each request that waits, the oldest first. */
export function explainWaits(
  validator: Validator,
  waiting: readonly Obligation[],
  test: string,
  inquiry: Inquiry,
): string {
  return waiting
    .toReversed()
    .map((each) => explain(validator, each, test, inquiry))
    .join('\n\n');
}
