import type { Severity, Snapshot, SnapshotFinding } from '../../validator/snapshot-format.ts';
import { type ClassesByName, createContext } from '../context.ts';
import { formatCount } from '../count.ts';
import type { Block, Row } from '../layout.ts';
import { outlineFinding } from '../outline.ts';
import { findRule } from '../rules.ts';
import { formatChainDiagram } from './chain-diagram.ts';
import { escapeHtml, escapeSource } from './escape-html.ts';

/** From this many findings on, the counts come first as well. */
const MANY_FINDINGS = 20;
const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];
/** A severity is told by shape and word, and by colour besides. */
const SIGNS: Readonly<Record<Severity, string>> = { error: '✕', warning: '▲', note: '●' };

function formatRow({ label, site, source }: Row): string {
  const line = source === undefined ? '' : `<code class="source">${escapeSource(source)}</code>`;
  return `<div><dt>${escapeHtml(label.trim())}</dt><dd><code class="site">${escapeHtml(site)}</code>${line}</dd></div>`;
}

function formatBlock({ title, remark, rows }: Block): string {
  const places = rows.length === 0 ? '' : `<dl>${rows.map(formatRow).join('')}</dl>`;
  return `<h4>${escapeHtml(title)} <span class="remark">${escapeHtml(remark)}</span></h4>${places}`;
}

function formatFix(fix: string | undefined): string[] {
  if (fix === undefined) return [];
  return [`<p class="fix"><strong>Fix:</strong>${escapeHtml(fix.replace(/^Fix:/, ''))}</p>`];
}

function formatFinding(
  finding: SnapshotFinding,
  index: number,
  snapshot: Snapshot,
  classes: ClassesByName,
): string {
  const context = createContext(finding, snapshot, classes);
  const { blocks, prose, fix } = outlineFinding(context);
  const diagram = formatChainDiagram(context);
  const meaning = findRule(finding.code)?.meaning;
  const { severity, certainty } = finding;
  return [
    `<article class="finding ${severity}" id="finding-${index + 1}" aria-labelledby="finding-${index + 1}-title">`,
    `<p class="grade"><span class="severity"><span aria-hidden="true">${SIGNS[severity] ?? ''}</span> ${escapeHtml(severity)}</span> ${escapeHtml(certainty)}</p>`,
    `<h3 id="finding-${index + 1}-title">${escapeHtml(finding.message)}</h3>`,
    ...(meaning === undefined ? [] : [`<p class="meaning">${escapeHtml(meaning)}</p>`]),
    '<div class="parts">',
    ...(diagram === '' ? [] : [`<figure>${diagram}</figure>`]),
    `<div class="places">${blocks.map(formatBlock).join('')}</div>`,
    '</div>',
    ...prose.map((line) => `<p>${escapeHtml(line)}</p>`),
    ...formatFix(fix),
    '</article>',
  ].join('\n');
}

/** How many findings there are of each code, for a list too long to be read whole. */
function formatOverview(findings: readonly SnapshotFinding[]): string {
  const counts = new Map<string, number[]>();
  for (const { code, severity } of findings) {
    const ofCode = counts.get(code) ?? [0, 0, 0];
    ofCode[SEVERITIES.indexOf(severity)]!++;
    counts.set(code, ofCode);
  }
  const first = new Map(findings.map(({ code }, index): [string, number] => [code, index + 1]).reverse());
  const rows = [...counts].map(
    ([code, ofCode]) =>
      `<tr><th scope="row"><a href="#finding-${first.get(code)}">${escapeHtml(code)}</a></th>${ofCode.map((count) => `<td>${count === 0 ? '' : count}</td>`).join('')}</tr>`,
  );
  return `<div class="scroll" tabindex="0" role="region" aria-label="Findings by code"><table><thead><tr><th scope="col">code</th><th scope="col">errors</th><th scope="col">warnings</th><th scope="col">notes</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

/** Formats the findings, in the order given: what a reader needs, as text. */
export function formatFindingsSection(
  findings: readonly SnapshotFinding[],
  snapshot: Snapshot,
  classes: ClassesByName,
  knownCount: number,
): string {
  const isMany = findings.length >= MANY_FINDINGS;
  const known = knownCount === 0 ? '' : `<p>${formatCount(knownCount, 'known finding')} left out.</p>`;
  const none = `<p class="clean">${knownCount === 0 ? 'No findings.' : 'No new findings.'}</p>`;
  return [
    `<section id="findings" aria-labelledby="findings-title"${isMany ? ' class="many"' : ''}>`,
    '<h2 id="findings-title">Findings</h2>',
    known,
    ...(findings.length === 0 ? [none] : []),
    ...(isMany ? [formatOverview(findings)] : []),
    ...findings.map((finding, index) => formatFinding(finding, index, snapshot, classes)),
    '</section>',
  ]
    .filter((line) => line !== '')
    .join('\n');
}
