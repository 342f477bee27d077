/** Decides what a finding does: by the level of its code, the allow-list and the baseline. */
import { applyLevel } from '../../validator/levels.ts';
import type { Severity, SnapshotEdge, SnapshotFinding } from '../../validator/snapshot-format.ts';
import type { AllowEntry, Level, RunnerOptions } from './options.ts';

/** What a run is judged by, as it reaches the workers. */
export interface RunRules extends Pick<RunnerOptions, 'levels' | 'allow'> {
  /** Reasons by fingerprint, from the baseline. */
  known?: Readonly<Record<string, string>>;
  /** Nothing fails, whatever the levels say. */
  isWarnOnly?: boolean;
}

const LEVELS: Readonly<Record<Severity, Level>> = { error: 'error', warning: 'warn', note: 'off' };

/** Matches text with `*` for anything: all of it, or a part. */
function matches(pattern: string, text: string, isPart: boolean): boolean {
  const source = pattern
    .split('*')
    .map((part) => part.replace(/[\\^$.|?+()[\]{}/]/g, '\\$&'))
    .join('.*');
  return new RegExp(isPart ? source : `^${source}$`, 'su').test(text);
}

/** The tests in whose name a finding's edges were made. */
function listFlows({ edges }: SnapshotFinding, all: readonly SnapshotEdge[]): string[] {
  return edges
    .flatMap((index) => [all[index]?.held.flow, all[index]?.requested.flow])
    .filter((flow) => flow !== undefined);
}

function isAllowed(entry: AllowEntry, finding: SnapshotFinding, tests: readonly string[]): boolean {
  const { class: lockClass, code, test } = entry;
  return (
    (code === undefined || code === finding.code) &&
    (lockClass === undefined || finding.chain.some((name) => matches(lockClass, name, false))) &&
    (test === undefined || tests.some((name) => matches(test, name, true)))
  );
}

/** Decides about a finding; `tests` are those that completed it. */
export function decideLevel(
  finding: SnapshotFinding,
  edges: readonly SnapshotEdge[],
  tests: readonly string[],
  { levels = {}, allow = [], known = {}, isWarnOnly = false }: RunRules,
): Level {
  const leveled = applyLevel(finding, new Map(Object.entries(levels)));
  const level = leveled === undefined ? 'off' : LEVELS[leveled.severity];
  if (level === 'off' || Object.hasOwn(known, finding.fingerprint)) return 'off';
  const involved = [...tests, ...listFlows(finding, edges)];
  if (allow.some((entry) => isAllowed(entry, finding, involved))) return 'off';
  return isWarnOnly ? 'warn' : level;
}

/** Why a finding may stay, for formats that show it. */
export function findReason(
  finding: SnapshotFinding,
  edges: readonly SnapshotEdge[],
  tests: readonly string[],
  { allow = [], known = {} }: RunRules,
): string | undefined {
  const involved = [...tests, ...listFlows(finding, edges)];
  const entry = allow.find((each) => isAllowed(each, finding, involved));
  return known[finding.fingerprint] ?? (entry === undefined ? undefined : (entry.reason ?? 'allowed'));
}
