/** What each class and edge looks like now. */
import type { Attributes } from 'graphology-types';
import type { EdgeDisplayData, NodeDisplayData } from 'sigma/types';
import type { Emphasis } from './emphasis.ts';
import type { Model } from './model.ts';
import { type Theme, readTheme } from './theme.ts';

/** Up to here every class has its name written; beyond, where there is room. */
const FEW_NODES = 30;
/** From here on lines are thin and faint, or they would be one blot. */
const MANY_EDGES = 400;
const LAYERS = { above: 3, chosen: 2, found: 1, plain: 0 } as const;

export class Appearance {
  theme: Theme = readTheme();
  emphasis: Emphasis = { isActive: false, nodes: new Set(), edges: new Set() };
  /** Whether to leave out what is on no chain. */
  isOnlyCycles = false;
  readonly #model: Model;
  readonly #isLarge: boolean;

  constructor(model: Model) {
    this.#model = model;
    this.#isLarge = model.edges.length > MANY_EDGES;
  }

  styleNode(node: number, drawn: Attributes): Partial<NodeDisplayData> {
    const { severity } = this.#model.nodeAt(node);
    const { isActive, nodes } = this.emphasis;
    const isChosen = nodes.has(node);
    const isBack = isActive && !isChosen;
    const isFew = this.#model.nodes.length <= FEW_NODES;
    return {
      ...drawn,
      size: isBack && this.#isLarge ? 1 : this.#sizeOfNode(node),
      color: isBack ? this.theme.faint : this.#colorOfNode(node),
      ...(isBack && !isFew ? { label: '' } : {}),
      hidden: this.isOnlyCycles && severity === undefined && !isChosen,
      forceLabel: isFew || (isChosen && nodes.size <= FEW_NODES),
      zIndex: isChosen ? LAYERS.chosen : severity === undefined ? LAYERS.plain : LAYERS.found,
    };
  }

  #sizeOfNode(node: number): number {
    const isPlain = this.#model.nodeAt(node).severity === undefined;
    const size = this.#isLarge ? (isPlain ? 2.2 : 4.5) : isPlain ? 6 : 7.5;
    return size + (this.emphasis.nodes.has(node) ? 1.5 : 0);
  }

  #colorOfNode(node: number): string {
    const { severity } = this.#model.nodeAt(node);
    return severity === undefined ? this.theme.node : this.theme.severity[severity];
  }

  colorOfEdge(edge: number): string {
    const { severity } = this.#model.edgeAt(edge);
    const { isActive, edges } = this.emphasis;
    if (isActive && !edges.has(edge)) return this.theme.faint;
    if (severity !== undefined) return this.theme.severity[severity];
    if (isActive) return this.theme.mark;
    return this.#isLarge ? this.theme.faint : this.theme.edge;
  }

  styleEdge(edge: number, drawn: Attributes): Partial<EdgeDisplayData> {
    const { severity } = this.#model.edgeAt(edge);
    const isChosen = this.emphasis.edges.has(edge);
    const plain = this.#isLarge ? 0.8 : 1.6;
    return {
      ...drawn,
      color: this.colorOfEdge(edge),
      size: (severity === undefined ? plain : 3) + (isChosen ? 1 : 0),
      hidden: this.isEdgeHidden(edge),
      zIndex: isChosen ? LAYERS.above : severity === undefined ? LAYERS.plain : LAYERS.found,
    };
  }

  /** In a large graph, what is not chosen would bury what is. */
  isEdgeHidden(edge: number): boolean {
    const { isActive, edges } = this.emphasis;
    if (edges.has(edge)) return false;
    if (isActive && this.#isLarge) return true;
    return this.isOnlyCycles && this.#model.edgeAt(edge).severity === undefined;
  }
}
