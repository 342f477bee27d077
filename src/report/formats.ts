import type { Snapshot } from '../validator/snapshot-format.ts';
import type { TextOptions } from './finding-text.ts';
import { formatJson } from './json.ts';
import { formatText } from './text.ts';

export type RenderOptions = TextOptions;

export type Renderer = (snapshot: Snapshot, options: RenderOptions) => string;

/** Every format a report can have; a new one is a line here. */
export const RENDERERS: ReadonlyMap<string, Renderer> = new Map<string, Renderer>([
  ['text', formatText],
  ['json', formatJson],
]);

/** Formats of the contract that have no renderer yet. */
export const PLANNED_FORMATS: readonly string[] = [
  'html',
  'sarif',
  'github',
  'junit',
  'markdown',
  'dot',
  'mermaid',
];
