/**
 * JUnit XML, as Jenkins takes it (junit-10.xsd of its xUnit plug-in): one test case for each finding, failed where the finding fails, skipped where a baseline knows
 * it, and otherwise passed with the report as its output. A clean run is one test case that passes, since
 * many readers take a file without test cases for a broken one.
 */
import type { Snapshot, SnapshotFinding } from '../validator/snapshot-format.ts';
import { type ClassesByName, mapClasses } from './context.ts';
import { escapeText } from './escape.ts';
import { type FailOptions, isFailing } from './failing.ts';
import { formatFinding } from './finding-text.ts';
import { sortFindings } from './order.ts';
import { formatSummary } from './summary.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
/** What XML 1.0 has no way to write (section 2.2, Char), as a reference neither. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu;

function escapeXml(text: string): string {
  return text
    .replace(FORBIDDEN, (character) => {
      const escaped = escapeText(character);
      return escaped === character ? '\ufffd' : escaped;
    })
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** Line breaks and tabs would come back as spaces. */
function escapeAttribute(text: string): string {
  return escapeXml(text).replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function formatAttributes(attributes: Readonly<Record<string, string | number>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeAttribute(String(value))}"`)
    .join('');
}

function formatCase(
  finding: SnapshotFinding,
  snapshot: Snapshot,
  classes: ClassesByName,
  options: FailOptions,
): string {
  const message = escapeText(finding.message);
  // The schema has no attribute for a place; the report says it.
  const attributes = formatAttributes({ classname: `lockdep.${finding.code}`, name: message, time: '0' });
  const report = escapeXml(formatFinding(finding, snapshot, {}, classes));
  return `    <testcase${attributes}>\n      ${formatOutcome(finding, message, report, options)}\n    </testcase>`;
}

function formatOutcome(
  finding: SnapshotFinding,
  message: string,
  report: string,
  options: FailOptions,
): string {
  const reason = options.known?.get(finding.fingerprint);
  if (reason !== undefined)
    return `<skipped${formatAttributes({ message: `known: ${escapeText(reason)}` })}/>`;
  if (!isFailing(finding, options)) return `<system-out>${report}</system-out>`;
  return `<failure${formatAttributes({ message, type: finding.code })}>${report}</failure>`;
}

/** Formats a snapshot as one test suite. */
export function formatJunit(snapshot: Snapshot, options: FailOptions = {}): string {
  const findings = sortFindings(snapshot.findings);
  const classes = mapClasses(snapshot);
  const clean = formatAttributes({ classname: 'lockdep', name: formatSummary(snapshot), time: '0' });
  const cases =
    findings.length === 0
      ? [`    <testcase${clean}/>`]
      : findings.map((finding) => formatCase(finding, snapshot, classes, options));
  const counts = {
    name: 'lockdep',
    tests: cases.length,
    failures: findings.filter((finding) => isFailing(finding, options)).length,
    errors: 0,
    time: '0',
  };
  const skipped = findings.filter(({ fingerprint }) => options.known?.has(fingerprint) === true).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${formatAttributes(counts)}>`,
    `  <testsuite${formatAttributes({ ...counts, skipped })}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}
