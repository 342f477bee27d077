/** What the page's script is given of the graph, as JSON. Names are spelled out already, and only ever shown as text. */
import type { EdgeKind } from '../../graph/vocabulary.ts';
import type { Severity } from '../../validator/snapshot-format.ts';

/** An index into `texts`, which has every text once. */
export type TextIndex = number;

export interface GraphNode {
  name: TextIndex;
  kind: TextIndex;
  /** Of the level, from 1; 0 for a class without edges. */
  level: number;
  x: number;
  y: number;
  /** Whether waiting for it is waiting for somebody to run. */
  executor?: true;
  /** That of the gravest finding that leads through it. */
  severity?: Severity;
}

export interface GraphEdge {
  /** Indices into `nodes`. */
  from: number;
  to: number;
  kind: EdgeKind;
  /** How far it bends, as a share of its length; 0 is straight. */
  curvature: number;
  /** It goes against the levels: the seldom direction of a circle. */
  against?: true;
  severity?: Severity;
  title: TextIndex;
  remark: TextIndex;
  /** What happened, where, and the source line there, where it is known. */
  rows: [label: TextIndex, site: TextIndex, source?: TextIndex][];
  /** What else is known of it. */
  facts: [label: TextIndex, value: TextIndex][];
  /** All frames, where there are more than the rows show. */
  stacks: [label: TextIndex, frames: TextIndex[]][];
}

/** The stripe of one level: the lock order reads from the first to the last. */
export interface GraphLevel {
  label: string;
  top: number;
  bottom: number;
}

export interface GraphFinding {
  /** Indices into `edges`. */
  edges: number[];
  /** Index into `nodes` of the class of a finding without edges. */
  node?: number;
}

export interface GraphData {
  texts: string[];
  nodes: GraphNode[];
  edges: GraphEdge[];
  levels: GraphLevel[];
  /** In the order of the page. */
  findings: GraphFinding[];
}
