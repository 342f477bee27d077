/**
 * @typedef {object} Row
 * @property {string} name
 * @property {number | null} recall
 * @property {number | null} precision
 * @property {number} found
 * @property {number} missed
 * @property {number} falseAlarms
 * @property {number} clean
 */
/**
 * @typedef {object} Result
 * @property {number} seed
 * @property {number} programs
 * @property {number} reachable
 * @property {number} states
 * @property {Readonly<Record<string, number>>} discarded
 * @property {number} seconds
 * @property {readonly Row[]} predictors
 */

const HEADINGS = ['predictor', 'recall', 'precision', 'found', 'missed', 'false alarms', 'clean'];

/** A table in Markdown, and what it was made of. @param {Result} result */
export function formatTable({ seed, programs, reachable, states, discarded, seconds, predictors }) {
  const rows = predictors.map(({ name, recall, precision, found, missed, falseAlarms, clean }) => [
    name,
    formatShare(recall),
    formatShare(precision),
    ...[found, missed, falseAlarms, clean].map(String),
  ]);
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column].length)),
  );
  const formatRow = (/** @type {string[]} */ cells) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  const reasons = Object.entries(discarded).map(([reason, count]) => `${count} (${reason})`);
  return [
    formatRow(HEADINGS),
    rule,
    ...rows.map(formatRow),
    '',
    `${programs} programs of seed ${seed}; a deadlock is reachable in ${reachable} (${formatShare(reachable / programs)}).`,
    `Discarded: ${reasons.join(', ')}. ${states} states, ${seconds.toFixed(0)} s.`,
    '',
  ].join('\n');
}

/** @param {number | null} share */
function formatShare(share) {
  return share === null ? '-' : share.toFixed(3);
}
