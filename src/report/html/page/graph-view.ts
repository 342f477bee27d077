/** The drawing: sigma shows the graph, and asks what each class and edge looks like now. */
import { NodeSquareProgram } from '@sigma/node-square';
import { MultiDirectedGraph } from 'graphology';
import { Sigma } from 'sigma';
import { createNodeCompoundProgram } from 'sigma/rendering';
import { Appearance } from './appearance.ts';
import { createHoverDrawing, createLabelDrawing } from './draw-labels.ts';
import { type Loop, drawLevelNames, drawLevels, drawLoops, measureLoop } from './draw-levels.ts';
import { EDGE_PROGRAMS } from './edge-programs.ts';
import { findEmphasis } from './emphasis.ts';
import type { Model } from './model.ts';
import type { Choice, Selection } from './selection.ts';
import { readTheme } from './theme.ts';

export class GraphView {
  readonly #model: Model;
  readonly #graph = new MultiDirectedGraph();
  readonly #sigma: Sigma;
  readonly #appearance: Appearance;
  readonly #loops: number[];
  #found: ReadonlySet<number> | undefined;
  #choice: Choice = { kind: 'none' };

  constructor(container: HTMLElement, model: Model, selection: Selection) {
    this.#model = model;
    this.#appearance = new Appearance(model);
    this.#loops = [...model.edges.keys()].filter((edge) => model.edgeAt(edge).from === model.edgeAt(edge).to);
    this.#load();
    this.#sigma = new Sigma(this.#graph, container, {
      allowInvalidContainer: true,
      enableEdgeEvents: true,
      zIndex: true,
      stagePadding: 56,
      minEdgeThickness: 0.8,
      labelSize: 12.5,
      labelDensity: 0.6,
      labelGridCellSize: 110,
      labelRenderedSizeThreshold: 0,
      // Each click chooses; wheel and keys zoom.
      doubleClickTimeout: 0,
      minCameraRatio: 0.005,
      maxCameraRatio: 4,
      edgeProgramClasses: EDGE_PROGRAMS,
      // Alone it would draw its names in a way of its own.
      nodeProgramClasses: { square: createNodeCompoundProgram([NodeSquareProgram]) },
      nodeReducer: (node, drawn) => this.#appearance.styleNode(Number(node), drawn),
      edgeReducer: (edge, drawn) => this.#appearance.styleEdge(Number(edge), drawn),
      ...this.#createDrawings(),
    });
    this.#addLayers();
    this.#listen(container, selection);
  }

  show(choice: Choice): void {
    this.#choice = choice;
    this.#update();
    if (choice.kind !== 'none' && choice.kind !== 'edge') this.#moveTo([...this.#appearance.emphasis.nodes]);
  }

  showFound(found: ReadonlySet<number> | undefined): void {
    this.#found = found;
    this.#update();
  }

  showOnlyCycles(isOnlyCycles: boolean): void {
    this.#appearance.isOnlyCycles = isOnlyCycles;
    this.#update();
  }

  zoom(factor: number): void {
    const camera = this.#sigma.getCamera();
    void camera.animate(
      { ratio: camera.getBoundedRatio(camera.ratio * factor) },
      { duration: findDuration() },
    );
  }

  move(x: number, y: number): void {
    const camera = this.#sigma.getCamera();
    const state = camera.getState();
    void camera.animate(
      { x: state.x + x * state.ratio, y: state.y + y * state.ratio },
      { duration: findDuration() },
    );
  }

  fit(): void {
    void this.#sigma.getCamera().animate({ x: 0.5, y: 0.5, ratio: 1 }, { duration: findDuration() });
  }

  #load(): void {
    const { nodes, edges, nameOf } = this.#model;
    for (const [node, { x, y, executor }] of nodes.entries())
      this.#graph.addNode(node, { x, y, label: nameOf(node), type: executor === true ? 'square' : 'circle' });
    for (const [index, { from, to, curvature, kind }] of edges.entries()) {
      if (from === to) continue;
      const isDashed = kind === 'custody' || kind === 'handoff';
      const type = isDashed ? 'dashed' : curvature === 0 ? 'straight' : 'bent';
      this.#graph.addDirectedEdgeWithKey(index, from, to, { type, curvature });
    }
  }

  #createDrawings() {
    return {
      defaultDrawNodeLabel: createLabelDrawing(this.#appearance.theme),
      defaultDrawNodeHover: createHoverDrawing(this.#appearance.theme),
    };
  }

  #addLayers(): void {
    const style = { pointerEvents: 'none' } as const;
    const sigma = this.#sigma;
    // It takes the options of `createCanvas`, which its type leaves out.
    sigma.createCanvasContext('levels', { beforeLayer: 'edges', style } as { style: typeof style });
    sigma.createCanvasContext('loops', { afterLayer: 'edges', style } as { style: typeof style });
    const contextOf = (id: string): CanvasRenderingContext2D | null | undefined =>
      sigma.getCanvases()[id]?.getContext('2d');
    const [levels, loops] = [contextOf('levels'), contextOf('loops')];
    sigma.on('afterRender', () => {
      if (levels) drawLevels(levels, sigma, this.#model.levels, this.#appearance.theme);
      if (loops) {
        drawLoops(loops, sigma, this.#listLoops());
        drawLevelNames(loops, sigma, this.#model.levels, this.#appearance.theme);
      }
    });
    sigma.resize(true);
    sigma.refresh();
  }

  #listLoops(): (Loop & { edge: number })[] {
    return this.#loops
      .filter((edge) => !this.#appearance.isEdgeHidden(edge))
      .flatMap((edge) => {
        const { from, severity } = this.#model.edgeAt(edge);
        const shown = this.#sigma.getNodeDisplayData(from);
        if (shown === undefined || shown.hidden) return [];
        const size = this.#sigma.scaleSize(shown.size);
        const isThick = severity !== undefined || this.#appearance.emphasis.edges.has(edge);
        return [
          {
            edge,
            ...this.#sigma.framedGraphToViewport(shown),
            size,
            color: this.#appearance.colorOfEdge(edge),
            isThick,
          },
        ];
      });
  }

  #listen(container: HTMLElement, selection: Selection): void {
    const sigma = this.#sigma;
    sigma.on('clickNode', ({ node }) => selection.choose({ kind: 'node', node: Number(node) }));
    sigma.on('clickEdge', ({ edge }) => selection.choose({ kind: 'edge', edge: Number(edge) }));
    sigma.on('clickStage', ({ event }) => {
      const loop = this.#listLoops().find(({ x, y, size }) => {
        const { offset, radius } = measureLoop(size);
        return Math.hypot(event.x - (x - offset), event.y - y) <= radius + 3;
      });
      if (loop === undefined) selection.clear();
      else selection.choose({ kind: 'edge', edge: loop.edge });
    });
    const point = (cursor: string) => (): void => {
      container.style.cursor = cursor;
    };
    for (const event of ['enterNode', 'enterEdge'] as const) sigma.on(event, point('pointer'));
    for (const event of ['leaveNode', 'leaveEdge'] as const) sigma.on(event, point(''));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#appearance.theme = readTheme();
      sigma.setSettings(this.#createDrawings());
      this.#update();
    });
  }

  #update(): void {
    this.#appearance.emphasis = findEmphasis(this.#choice, this.#found, this.#model);
    this.#sigma.refresh();
  }

  /** Moves until all of some classes are seen, and not closer than they need. */
  #moveTo(nodes: readonly number[]): void {
    const shown = nodes.flatMap((node) => this.#sigma.getNodeDisplayData(node) ?? []);
    if (shown.length === 0) return;
    const [xs, ys] = [shown.map(({ x }) => x), shown.map(({ y }) => y)];
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const [bottom, top] = [Math.min(...ys), Math.max(...ys)];
    const ratio = Math.min(1, Math.max(0.08, 1.6 * Math.max(right - left, top - bottom)));
    void this.#sigma
      .getCamera()
      .animate({ x: (left + right) / 2, y: (bottom + top) / 2, ratio }, { duration: findDuration() });
  }
}

/** Milliseconds of a movement; nothing moves for whoever does not like that. */
function findDuration(): number {
  return matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 250;
}
