/**
 * One file that opens from disk: findings as text, the graph for whoever has scripts, and figures. Nothing
 * in it can be fetched or sent, by its own content security policy, and nothing of the program's acts.
 */
import { createHash } from 'node:crypto';
import type { Snapshot } from '../../validator/snapshot-format.ts';
import { mapClasses } from '../context.ts';
import { type FailOptions, splitKnown } from '../failing.ts';
import { sortFindings } from '../order.ts';
import { formatSummary } from '../summary.ts';
import { embedJson, escapeHtml } from './escape-html.ts';
import { formatFindingsSection } from './findings-section.ts';
import { createGraphData } from './graph-data.ts';
import { formatGraphSection } from './graph-section.ts';
import { loadPageScript } from './page-bundle.ts';
import { formatStatistics } from './statistics.ts';
import { STYLES } from './styles.ts';

function hash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function formatPolicy(script: string): string {
  return [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(STYLES)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function formatNavigation(
  sections: readonly (readonly [id: string, words: string, section: string])[],
): string {
  const links = sections
    .filter(([, , section]) => section !== '')
    .map(([id, words]) => `<a href="#${id}">${words}</a>`);
  return `<nav aria-label="Sections">${links.join(' ')}</nav>`;
}

/** Formats a snapshot as a page that stands on its own. */
export function formatHtml(snapshot: Snapshot, { known }: FailOptions = {}): string {
  const { fresh, old } = splitKnown(snapshot.findings, known);
  const findings = sortFindings(fresh);
  const classes = mapClasses(snapshot);
  const summary = formatSummary({ ...snapshot, findings }, old.length);
  const graph = createGraphData(snapshot, findings, classes);
  const found = formatFindingsSection(findings, snapshot, classes, old.length);
  const drawn = formatGraphSection(graph, snapshot.edges.length - graph.edges.length);
  const statistics = formatStatistics(snapshot);
  const script = loadPageScript();
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${formatPolicy(script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>lockdep: ${escapeHtml(summary)}</title>
<style>${STYLES}</style>
</head>
<body>
<header>
<h1>lockdep</h1>
<p class="summary">${escapeHtml(summary)}</p>
${formatNavigation([
  ['findings', 'Findings', found],
  ['graph', 'Lock order', drawn],
  ['locks', 'Lock classes', statistics],
])}
</header>
<main${findings.length === 0 || drawn === '' ? '' : ' class="two-columns"'}>
${[found, drawn, statistics].filter((section) => section !== '').join('\n')}
</main>
<footer><p>${escapeHtml(snapshot.tool)}, ${escapeHtml(snapshot.runtime)}</p></footer>
<script type="application/json" id="graph-data">${embedJson(graph)}</script>
<script>${script}</script>
</body>
</html>
`;
}
