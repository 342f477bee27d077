/** What tests are called: `file > suite > name`, the file relative to the working directory. */
import path from 'node:path';
import type { SnapshotEdge, SnapshotStack } from '../../validator/snapshot-format.ts';

const SEPARATOR = ' > ';

/** Names a test by its file, the suites it stands in and its own name. */
export function nameTest(file: string, names: readonly string[]): string {
  const relative = path.relative(process.cwd(), file);
  const shown = relative === '' || relative.startsWith('..') ? file : relative;
  return [shown.split(path.sep).join('/'), ...names].join(SEPARATOR);
}

/** The line of the test's own file that a stack comes from, the outermost: what is nearer may be a helper. */
function findLine(file: string, stacks: readonly SnapshotStack[]): string | undefined {
  for (const { frames } of stacks) {
    const frame = frames.findLast(({ at }) => at.startsWith(`${file}:`));
    if (frame !== undefined) return frame.at.replace(/:\d+$/, '');
  }
  return undefined;
}

/** Formats a test for a reader: `suite > name (test/a.test.ts:12)`. */
export function formatTest(test: string, stacks: readonly SnapshotStack[] = []): string {
  const [file = '', ...names] = test.split(SEPARATOR);
  if (names.length === 0) return test;
  return `${names.join(SEPARATOR)} (${findLine(file, stacks) ?? file})`;
}

/** An edge whose flows, which are tests, are named for a reader. */
export function withTestsNamed(edge: SnapshotEdge): SnapshotEdge {
  const rename = (stack: SnapshotStack, other: SnapshotStack): SnapshotStack => {
    const { flow } = stack;
    if (flow === undefined) return stack;
    // One test has one line in one edge, or it would look like two.
    const stacks = other.flow === flow ? [edge.held, edge.requested] : [stack];
    return { ...stack, flow: formatTest(flow, stacks) };
  };
  return { ...edge, held: rename(edge.held, edge.requested), requested: rename(edge.requested, edge.held) };
}
