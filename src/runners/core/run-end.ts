/**
 * The end of a run: what all workers saw is merged, and judged once more. What a test has failed by already
 * is not told again; a cycle that is there only in the whole, or that belongs to no test, fails the run.
 */
import path from 'node:path';
import { type Baseline, compareBaseline } from '../../cli/baseline.ts';
import { createReadLines } from '../../cli/read-lines.ts';
import { writeWholeFile } from '../../cli/write-file.ts';
import { SnapshotMerger } from '../../merge/merger.ts';
import { formatCount } from '../../report/count.ts';
import { escapeText } from '../../report/escape.ts';
import { RENDERERS } from '../../report/formats.ts';
import { sortFindings } from '../../report/order.ts';
import { fillSources } from '../../report/source-lines.ts';
import type { Severity, Snapshot, SnapshotFinding } from '../../validator/snapshot-format.ts';
import type { Level, RunnerOptions } from './options.ts';
import { type RunRules, decideLevel, findReason } from './rules.ts';
import type { Shown, Verdict, WorkerResult } from './run-folder.ts';
import { formatTest } from './test-name.ts';
import { formatReport } from './wording.ts';

export { readBaseline } from '../../cli/baseline.ts';

const RANK: Readonly<Record<Level, number>> = { off: 0, warn: 1, error: 2 };
const SEVERITIES: Readonly<Record<Level, Severity>> = { off: 'note', warn: 'warning', error: 'error' };

interface Judged {
  finding: SnapshotFinding;
  level: Level;
  /** The tests that completed it. */
  tests: readonly string[];
  /** Some test has failed by it. */
  isTold: boolean;
}

export interface RunEnd {
  /** Whether something that no test has failed by fails the run. */
  isFailing: boolean;
  /** What to print on stderr, possibly empty. */
  text: string;
  /** What has been shown now. */
  shown: Shown[];
}

export interface RunEndOptions {
  options: RunnerOptions;
  rules: RunRules;
  baseline: Baseline | undefined;
  /** What earlier ends of the run have shown, where it has several. */
  shown: readonly Shown[];
}

/** One graph of all workers. Who saw what is left out: which worker ran which file is chance. */
function mergeResults(results: readonly WorkerResult[]): Snapshot {
  const merger = new SnapshotMerger();
  for (const { snapshot } of results) merger.add(snapshot);
  const merged = merger.snapshot();
  return {
    ...merged,
    inputs: [{ id: merged.inputs.map(({ id }) => id).join('+') || 'none', runs: 1 }],
    classes: merged.classes.map(({ perInput: _perInput, ...rest }) => rest),
    edges: merged.edges.map(({ counts: _counts, ...rest }) => rest),
    findings: merged.findings.map(({ counts: _counts, asSeen: _asSeen, ...rest }) => rest),
  };
}

function judge(snapshot: Snapshot, verdicts: readonly Verdict[], rules: RunRules): Judged[] {
  return sortFindings(snapshot.findings).map((finding) => {
    const own = verdicts.filter(({ fingerprint }) => fingerprint === finding.fingerprint);
    const tests = [...new Set(own.map(({ test }) => test))].sort();
    const told = own.reduce((most, { level }) => Math.max(most, RANK[level]), -1);
    const decided = decideLevel(finding, snapshot.edges, tests, rules);
    // A test that was told to let it pass has decided.
    const level = told === RANK.off ? 'off' : decided;
    return { finding, level, tests, isTold: told >= RANK[level] && told > RANK.warn };
  });
}

function formatWarning({ finding, tests }: Judged, snapshot: Snapshot): string {
  const completed = tests.map((test) => `  Completed by ${escapeText(formatTest(test))}.`);
  return [formatReport(finding, snapshot), ...completed].join('\n');
}

function formatFailures(failures: readonly Judged[], snapshot: Snapshot, workers: number): string[] {
  if (failures.length === 0) return [];
  const seen = workers > 1 ? `, seen when the graphs of ${workers} workers were merged` : '';
  const count = formatCount(failures.length, 'finding');
  return [
    `lockdep: ${count} of no single test${seen}. The run has failed.`,
    ...failures.map(({ finding }) => formatReport(finding, snapshot)),
  ];
}

function formatWarnings(warnings: readonly Judged[], snapshot: Snapshot): string[] {
  if (warnings.length === 0) return [];
  return [
    `lockdep: ${formatCount(warnings.length, 'warning')}.`,
    ...warnings.map((each) => formatWarning(each, snapshot)),
  ];
}

/** Writes the reports that were asked for; what goes to the terminal is returned, and is of `fresh` alone. */
function writeOutputs(
  judged: readonly Judged[],
  fresh: readonly Judged[],
  snapshot: Snapshot,
  { options, rules }: RunEndOptions,
): string[] {
  const formats = Object.entries(options.output ?? {});
  if (formats.length === 0) return [];
  const filled = fillSources(snapshot, createReadLines({ folder: process.cwd() }));
  const show = (some: readonly Judged[]): Snapshot => ({
    ...filled,
    findings: some.map(({ finding, level }) => ({ ...finding, severity: SEVERITIES[level] })),
  });
  const reasons = judged.flatMap(({ finding, tests }) => {
    const reason = findReason(finding, snapshot.edges, tests, rules);
    return reason === undefined ? [] : ([[finding.fingerprint, reason]] as const);
  });
  const known = new Map(reasons);
  const texts: string[] = [];
  for (const [format, target] of formats) {
    const render = RENDERERS.get(format)!;
    if (target === true) texts.push(render(show(fresh), { known }).trimEnd());
    else writeWholeFile(path.resolve(target), render(show(judged), { known }));
  }
  return texts;
}

/** Ends a run. Throws what the file system throws where a report cannot be written. */
export function endRun(results: readonly WorkerResult[], run: RunEndOptions): RunEnd {
  const snapshot = mergeResults(results);
  const verdicts = results.flatMap((each) => each.verdicts);
  const judged = judge(snapshot, verdicts, run.rules);
  const fresh = judged.filter(
    ({ finding, level }) =>
      !run.shown.some((each) => each.fingerprint === finding.fingerprint && RANK[each.level] >= RANK[level]),
  );
  const untold = fresh.filter(({ isTold }) => !isTold);
  const failures = untold.filter(({ level }) => level === 'error');
  const warnings = untold.filter(({ level }) => level === 'warn');
  const { baseline } = run;
  const remarks = baseline === undefined ? [] : compareBaseline(baseline, snapshot).remarks;
  const texts = [
    ...formatFailures(failures, snapshot, results.length),
    ...formatWarnings(warnings, snapshot),
    ...writeOutputs(judged, fresh, snapshot, run),
    ...remarks.map((line) => `lockdep: ${line}`),
  ];
  return {
    isFailing: failures.length > 0,
    text: texts.length === 0 ? '' : `\n${texts.join('\n\n')}\n`,
    shown: fresh.map(({ finding, level }) => ({ fingerprint: finding.fingerprint, level })),
  };
}
