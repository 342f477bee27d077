/**
 * Workflow commands of GitHub Actions, one line each: `::error file=…,line=…,col=…,title=…::message`. The
 * runner shows ten annotations of a level a step and drops the others without a word, so the gravest come
 * first and the rest are counted.
 */
import type { Severity, Snapshot, SnapshotFinding } from '../validator/snapshot-format.ts';
import { type ClassesByName, createContext, mapClasses } from './context.ts';
import { formatCount } from './count.ts';
import { escapeText } from './escape.ts';
import { type FailOptions, splitKnown } from './failing.ts';
import { formatFinding } from './finding-text.ts';
import { sortFindings } from './order.ts';
import { findMainSite, outlineFinding } from './outline.ts';
import { formatSummary } from './summary.ts';

const COMMANDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', note: 'notice' };
const MAX_OF_A_LEVEL = 10;
const MESSAGE_WIDTH = 100;

/** As the runner unescapes it; a line break would end the command. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function formatAnnotation(finding: SnapshotFinding, snapshot: Snapshot, classes: ClassesByName): string {
  const site = findMainSite(outlineFinding(createContext(finding, snapshot, classes)));
  const place = site === undefined ? {} : { file: site.path, line: site.line, col: site.column };
  const properties = Object.entries({ ...place, title: `lockdep: ${escapeText(finding.code)}` })
    .map(([key, value]) => `${key}=${escapeProperty(String(value))}`)
    .join(',');
  const message = formatFinding(finding, snapshot, { width: MESSAGE_WIDTH }, classes);
  return `::${COMMANDS[finding.severity]} ${properties}::${escapeData(message)}`;
}

function formatRest(rest: readonly SnapshotFinding[]): string[] {
  if (rest.length === 0) return [];
  const counts = (['error', 'warning', 'note'] as const)
    .map((level) => [level, rest.filter(({ severity }) => severity === level).length] as const)
    .filter(([, count]) => count > 0)
    .map(([level, count]) => formatCount(count, `more ${level}`));
  return [
    `${counts.join(', ')} not annotated: GitHub shows ${MAX_OF_A_LEVEL} annotations of a level a step.`,
  ];
}

/** Formats the findings that are not known as annotations, and a line that sums up. */
export function formatGithub(snapshot: Snapshot, { known }: FailOptions = {}): string {
  const { fresh, old } = splitKnown(snapshot.findings, known);
  const shown = new Map<Severity, number>();
  const rest: SnapshotFinding[] = [];
  const annotated = sortFindings(fresh).filter((finding) => {
    const count = (shown.get(finding.severity) ?? 0) + 1;
    shown.set(finding.severity, count);
    if (count > MAX_OF_A_LEVEL) rest.push(finding);
    return count <= MAX_OF_A_LEVEL;
  });
  const classes = mapClasses(snapshot);
  const lines = annotated.map((finding) => formatAnnotation(finding, snapshot, classes));
  const summary = formatSummary({ ...snapshot, findings: fresh }, old.length);
  return `${[...lines, ...formatRest(rest), summary].join('\n')}\n`;
}
