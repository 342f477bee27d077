import type { Snapshot } from '../validator/snapshot-format.ts';
import { formatDot } from './dot.ts';
import type { FailOptions } from './failing.ts';
import type { TextOptions } from './finding-text.ts';
import { formatGithub } from './github.ts';
import { formatHtml } from './html/html.ts';
import { formatJson } from './json.ts';
import { formatJunit } from './junit.ts';
import { formatMarkdown } from './markdown.ts';
import { formatMermaid } from './mermaid.ts';
import { formatSarif } from './sarif.ts';
import { formatText } from './text.ts';

export type RenderOptions = TextOptions & FailOptions;

export type Renderer = (snapshot: Snapshot, options: RenderOptions) => string;

/** Every format a report can have; a new one is a line here. */
export const RENDERERS: ReadonlyMap<string, Renderer> = new Map<string, Renderer>([
  ['text', formatText],
  ['json', formatJson],
  ['html', formatHtml],
  ['sarif', formatSarif],
  ['github', formatGithub],
  ['junit', formatJunit],
  ['markdown', formatMarkdown],
  ['dot', formatDot],
  ['mermaid', formatMermaid],
]);
