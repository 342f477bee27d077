/** The page's style sheet. The drawing reads its colours from the same custom properties. */
export const STYLES: string = `
:root {
  color-scheme: light dark;
  --back: #ffffff; --card: #f6f8fa; --stripe: #f4f6f8; --line: #d1d9e0; --text: #1f2328; --muted: #59636e;
  --link: #0757ba; --error: #b81d28; --warning: #865900; --note: #0757ba; --mark: #6f2dbd;
  --edge: #808b96; --edge-faint: #c3cbd3; --node: #4a5661; --focus: #0757ba;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #0d1117; --card: #151b23; --stripe: #131921; --line: #3d444d; --text: #e6edf3; --muted: #9da7b3;
    --link: #79b8ff; --error: #ff8078; --warning: #e3b341; --note: #79c0ff; --mark: #d2a8ff;
    --edge: #7d8792; --edge-faint: #3a434d; --node: #b4bec8; --focus: #79b8ff;
  }
}
* { box-sizing: border-box; }
.with-scripts .unscripted, [hidden] { display: none !important; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.5 var(--sans); }
header, main, footer { max-width: 104rem; margin: 0 auto; padding: 0 1.5rem; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1.25rem; padding-top: 1.25rem; padding-bottom: 1rem; border-bottom: 1px solid var(--line); }
h1 { font-size: 1.25rem; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 1.15rem; margin: 1.75rem 0 .5rem; }
h3 { font-size: 1rem; margin: .15rem 0 .25rem; overflow-wrap: anywhere; line-height: 1.35; }
h4 { font-size: .9rem; margin: .9rem 0 .3rem; overflow-wrap: anywhere; }
h4:first-child { margin-top: 0; }
p { margin: .4rem 0; max-width: 80ch; overflow-wrap: anywhere; }
a { color: var(--link); }
nav { margin-left: auto; display: flex; gap: 1rem; }
.summary { margin: 0; font-weight: 600; }
.hint, .remark, .meaning, footer { color: var(--muted); }
.remark { font-weight: 400; margin-left: .5em; }
.meaning { margin: 0 0 .75rem; }
.clean { font-size: 1.05rem; }
footer { margin-top: 2rem; padding-top: .5rem; padding-bottom: 1.5rem; font-size: .85rem; }
code { font: .92em/1.45 var(--mono); overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 3px; }

.finding { border: 1px solid var(--line); border-left: 5px solid var(--tone); border-radius: 8px; background: var(--card); padding: .8rem 1.1rem 1rem; margin: 0 0 1rem; }
.many .finding { content-visibility: auto; contain-intrinsic-size: auto 22rem; }
.error { --tone: var(--error); } .warning { --tone: var(--warning); } .note { --tone: var(--note); }
.finding.chosen { box-shadow: 0 0 0 2px var(--mark); }
.finding:target { box-shadow: 0 0 0 2px var(--focus); }
.grade { margin: 0; font-size: .85rem; color: var(--muted); }
.severity { color: var(--tone); font-weight: 650; margin-right: .35em; }
.parts { display: flex; flex-wrap: wrap; gap: .75rem 1.75rem; align-items: flex-start; }
figure { margin: 0; flex: none; max-width: 100%; }
.places { flex: 1 1 28rem; min-width: 0; }
dl { margin: 0; }
.places dl > div { display: grid; grid-template-columns: minmax(7rem, 10rem) 1fr; gap: 0 1rem; padding: .2rem 0; border-top: 1px solid var(--line); }
dt { color: var(--muted); overflow-wrap: anywhere; }
dd { margin: 0; min-width: 0; }
.site, .source { display: block; }
.source { color: var(--text); white-space: pre-wrap; background: var(--back); border: 1px solid var(--line); border-radius: 4px; padding: .05rem .4rem; margin-top: .1rem; }
.fix { margin-bottom: 0; }

svg.chain { display: block; max-width: 100%; height: auto; }
.chain .box { fill: var(--back); stroke: var(--node); stroke-width: 1.4; }
.chain .executor { stroke-width: 2.4; }
.chain .name { font: 600 12.5px var(--mono); text-anchor: middle; fill: var(--text); }
.chain .count { font: 12px var(--sans); fill: var(--muted); }
.chain .side { text-anchor: middle; }
.chain .arrow { fill: none; stroke: var(--tone); stroke-width: 2; }
.chain .head { fill: var(--tone); }
.dashed { stroke-dasharray: 5 4; }

button, input[type=search] { font: inherit; color: inherit; background: var(--back); border: 1px solid var(--line); border-radius: 6px; padding: .2rem .65rem; }
button { cursor: pointer; }
button:hover { border-color: var(--muted); }
.show { margin-top: .75rem; }
.controls { display: flex; flex-wrap: wrap; gap: .5rem .9rem; align-items: center; margin: .5rem 0; }
.controls input[type=search] { width: 11rem; max-width: 60vw; }
.zoom { display: flex; gap: .35rem; margin-left: auto; }
#search-count { color: var(--muted); font-size: .85rem; }
.view { display: flex; flex-direction: column; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
#canvas { position: relative; height: min(44rem, 72vh); min-height: 20rem; background: var(--back); }
#canvas:focus-visible { outline-offset: -3px; }
#canvas[hidden] + #panel { border-top: 0; }
#panel { border-top: 1px solid var(--line); background: var(--card); padding: .75rem 1.1rem; max-height: 26rem; overflow: auto; }
#panel h3 { margin: 0 0 .2rem; }
#panel dl > div { display: grid; grid-template-columns: minmax(6.5rem, 9rem) 1fr; gap: 0 1rem; padding: .15rem 0; }
#panel ul { margin: .25rem 0; padding: 0; list-style: none; }
#panel li { margin: .2rem 0; }
#panel li button { text-align: left; overflow-wrap: anywhere; }
#panel ol { margin: .25rem 0; padding-left: 1.5rem; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.25rem; padding: 0; margin: .6rem 0; font-size: .85rem; color: var(--muted); }
.legend li { display: flex; align-items: center; gap: .45rem; }
.legend .edge { fill: none; stroke: var(--edge); stroke-width: 1.6; }
.legend .edge.error { stroke: var(--error); stroke-width: 3.4; }
.legend .node { fill: var(--node); }
.swatch { color: var(--tone); font-weight: 700; }
.order summary { cursor: pointer; }
.order li { padding: .1rem 0; overflow-wrap: anywhere; }
.order code { margin-right: .6em; }

.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; margin: .5rem 0 1rem; max-width: max-content; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .75rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child > * { border-bottom: 0; }
td code { white-space: nowrap; }
thead th { background: var(--card); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 500; min-width: 12rem; }
td.number, #findings td { text-align: right; }
.sortable thead button { border: 0; background: none; padding: 0; font-weight: 600; }
th[aria-sort=ascending] button::after { content: " ▲"; } th[aria-sort=descending] button::after { content: " ▼"; }

@media (min-width: 1200px) {
  .with-scripts main.two-columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 0 2rem; }
  .with-scripts main.two-columns > #locks { grid-column: 1 / -1; }
  .with-scripts main.two-columns .beside { position: sticky; top: 0; max-height: 100vh; overflow: auto; padding: 1px; }
  .with-scripts main.two-columns #canvas { height: max(20rem, calc(100vh - 22rem)); }
}
@media (max-width: 640px) {
  header, main, footer { padding-left: .9rem; padding-right: .9rem; }
  nav { margin-left: 0; }
  .places dl > div { grid-template-columns: 1fr; }
  .finding { padding: .7rem .8rem .8rem; }
}
@media print { .scripted, .show, nav { display: none; } .finding { break-inside: avoid; content-visibility: visible; } }
`;
