import { formatCount } from '../count.ts';
import { escapeHtml } from './escape-html.ts';
import type { GraphData } from './graph-data-format.ts';

/** One line of the legend: how it is drawn, and what that says. */
const LEGEND: readonly [sample: string, words: string][] = [
  ['<path class="edge" d="M2 8H40"/>', 'the upper is taken before the lower'],
  ['<path class="edge error" d="M2 8H40"/>', 'thick: on the chain of a finding'],
  ['<path class="edge dashed" d="M2 8H40"/>', 'dashed: a hand-over, or custody of an executor'],
  ['<path class="edge" d="M4 13Q21 -5 38 13"/>', 'upwards: against the order, the seldom way round'],
  ['<circle class="node" cx="21" cy="8" r="6"/>', 'round: a lock class'],
  ['<rect class="node" x="15" y="2" width="12" height="12"/>', 'square: an executor or a context'],
];

function formatLegend(): string {
  const items = LEGEND.map(
    ([sample, words]) =>
      `<li><svg width="42" height="16" viewBox="0 0 42 16" aria-hidden="true">${sample}</svg> ${words}</li>`,
  );
  const severities =
    '<li><span class="swatch error">✕</span> error <span class="swatch warning">▲</span> warning <span class="swatch note">●</span> note</li>';
  return `<ul class="legend">${items.join('')}${severities}</ul>`;
}

/** The levels as text, for whoever has no scripts or does not see the drawing. */
function formatLevels({ nodes, levels, texts }: GraphData): string {
  const names = new Map<number, string[]>();
  for (const { level, name } of nodes) {
    const others = names.get(level);
    if (others === undefined) names.set(level, [texts[name]!]);
    else others.push(texts[name]!);
  }
  const items = levels
    .filter(({ label }) => label.startsWith('level'))
    .map((_, index) => {
      const ofLevel = (names.get(index + 1) ?? []).map((name) => `<code>${escapeHtml(name)}</code>`);
      return `<li>${ofLevel.join(' ')}</li>`;
    });
  if (items.length === 0) return '';
  return `<details class="order"><summary>The lock order as text: ${formatCount(items.length, 'level')}</summary><ol>${items.join('\n')}</ol></details>`;
}

const CONTROLS = `<div class="controls">
<label>Search <input type="search" id="search" autocomplete="off" spellcheck="false" aria-describedby="search-count"></label>
<span id="search-count" role="status"></span>
<label><input type="checkbox" id="only-cycles"> only findings</label>
<span class="zoom"><button type="button" id="zoom-in" aria-label="Zoom in">+</button><button type="button" id="zoom-out" aria-label="Zoom out">−</button><button type="button" id="zoom-fit">Fit</button><button type="button" id="clear">Clear</button></span>
</div>`;

/** Formats the part of the page that its script fills. */
export function formatGraphSection(data: GraphData, leftOut: number): string {
  if (data.edges.length === 0) return '';
  const rest = leftOut === 0 ? '' : `<p>${formatCount(leftOut, 'edge')} seen less often left out.</p>`;
  return [
    // What stays in view beside long findings must not leave the section.
    '<section id="graph" aria-labelledby="graph-title"><div class="beside">',
    '<h2 id="graph-title">Lock order</h2>',
    '<p class="hint">From top to bottom: what stands higher is taken first.</p>',
    rest,
    '<p class="unscripted">The drawing needs scripts; the order is below as text.</p>',
    '<div class="scripted" hidden>',
    CONTROLS,
    '<p id="graph-fault" role="status"></p>',
    '<div class="view">',
    '<div id="canvas" tabindex="0" role="application" aria-label="The graph. Plus and minus zoom, arrow keys move, 0 fits, Escape clears." aria-describedby="graph-title"></div>',
    '<aside id="panel" aria-label="What is chosen" aria-live="polite" hidden></aside>',
    '</div>',
    formatLegend(),
    '</div>',
    formatLevels(data),
    '</div></section>',
  ]
    .filter((line) => line !== '')
    .join('\n');
}
