/**
 * SARIF 2.1.0 (OASIS), for code scanning. Each finding is a result, at the first place of its chain; the
 * chain is a code flow with one thread flow for each arrow, since an arrow is what one flow does.
 */
import type { Severity, Snapshot, SnapshotFinding } from '../validator/snapshot-format.ts';
import { type ClassesByName, createContext, mapClasses } from './context.ts';
import { escapeText } from './escape.ts';
import type { FailOptions } from './failing.ts';
import type { Block } from './layout.ts';
import { sortFindings } from './order.ts';
import { type Outline, outlineFinding } from './outline.ts';
import { findRule } from './rules.ts';
import { type Location, createLocation, escapeMessage } from './sarif-location.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** Limits of GitHub code scanning: what is beyond makes it refuse the whole file. */
const MAX_RESULTS = 25_000;

function createRule(code: string, severity: Severity): object {
  const { meaning, help } = findRule(code) ?? { meaning: `A finding of the code ${code}.`, help: '' };
  const text = escapeMessage(escapeText(`${meaning} ${help}`.trim()));
  return {
    id: code,
    name: code.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: escapeMessage(escapeText(meaning)) },
    fullDescription: { text },
    help: { text },
    defaultConfiguration: { level: severity },
    properties: { tags: ['concurrency', 'deadlock'], 'problem.severity': toProblemSeverity(severity) },
  };
}

/** What GitHub calls the levels in its own property. */
function toProblemSeverity(severity: Severity): string {
  return severity === 'note' ? 'recommendation' : severity;
}

/** Rules of the codes that occur, each as grave as its gravest finding: they come sorted. */
function createRules(findings: readonly SnapshotFinding[]): Map<string, object> {
  const rules = new Map<string, object>();
  for (const { code, severity } of findings)
    if (!rules.has(code)) rules.set(code, createRule(code, severity));
  return rules;
}

function createThreadFlow({ title, remark, rows }: Block): object {
  return {
    message: { text: escapeMessage(`${title}: ${remark}`) },
    locations: rows.map((row) => ({
      location: createLocation(row.site, row.source, row.label.trim()),
      importance: 'essential',
    })),
  };
}

/** An arrow that was only declared has no places, and a thread flow must have one. */
function createCodeFlows({ blocks }: Outline): object {
  const flows = blocks.filter(({ rows }) => rows.length > 0);
  return flows.length === 0 ? {} : { codeFlows: [{ threadFlows: flows.map(createThreadFlow) }] };
}

function findLocation({ blocks }: Outline): Location | undefined {
  return blocks
    .flatMap(({ rows }) => rows)
    .map(({ site, source }) => createLocation(site, source))
    .find(({ physicalLocation }) => physicalLocation !== undefined);
}

function createResult(
  finding: SnapshotFinding,
  snapshot: Snapshot,
  classes: ClassesByName,
  ruleIndex: number,
  reason: string | undefined,
): object {
  const outline = outlineFinding(createContext(finding, snapshot, classes));
  const location = findLocation(outline);
  const lines = [escapeText(finding.message), ...outline.prose, outline.fix];
  return {
    ruleId: finding.code,
    ruleIndex,
    level: finding.severity,
    message: { text: escapeMessage(lines.filter((line) => line !== undefined).join('\n')) },
    ...(location === undefined ? {} : { locations: [location] }),
    // GitHub tells findings apart by the second alone, and would make it from the line, which moves.
    partialFingerprints: { 'lockdep/v1': finding.fingerprint, primaryLocationLineHash: finding.fingerprint },
    ...createCodeFlows(outline),
    occurrenceCount: Math.max(1, finding.count),
    ...(reason === undefined ? {} : { suppressions: [{ kind: 'external', justification: reason }] }),
    properties: { certainty: finding.certainty, flows: finding.flows, chain: finding.chain },
  };
}

/** Formats a snapshot as a SARIF log of one run. */
export function formatSarif(snapshot: Snapshot, { known }: FailOptions = {}): string {
  const findings = sortFindings(snapshot.findings);
  const shown = findings.slice(0, MAX_RESULTS);
  const rules = createRules(shown);
  const codes = [...rules.keys()];
  const classes = mapClasses(snapshot);
  const [, version = snapshot.tool] = /^lockdep\/(.+)$/.exec(snapshot.tool) ?? [];
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'lockdep', version, rules: [...rules.values()] } },
        columnKind: 'utf16CodeUnits',
        results: shown.map((finding) => {
          const reason = known?.get(finding.fingerprint);
          return createResult(finding, snapshot, classes, codes.indexOf(finding.code), reason);
        }),
        properties: {
          runtime: snapshot.runtime,
          classes: snapshot.classes.length,
          edges: snapshot.edges.length,
          findings: findings.length,
        },
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}
