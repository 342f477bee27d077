/**
 * graphology, loaded when somebody walks the graph: a program that starts needs none of it, and would wait for it.
 */
import { createRequire } from 'node:module';
import type * as Graphology from 'graphology';
import type * as Dag from 'graphology-dag';

const require = createRequire(import.meta.url);

/** The same module each time. */
export function loadGraphology(): typeof Graphology {
  return require('graphology') as typeof Graphology;
}

/** The same module each time. */
export function loadDag(): typeof Dag {
  return require('graphology-dag') as typeof Dag;
}
