/** What is drawn under and over the graph by hand: the stripes of the levels, and edges from a class to itself. */
import type { Sigma } from 'sigma';
import type { GraphLevel } from '../graph-data-format.ts';
import type { Theme } from './theme.ts';

const MIN_HEIGHT = 15;

interface Stripe {
  label: string;
  from: number;
  to: number;
  isShaded: boolean;
}

/** The stripes that are seen, in pixels from the top. */
function listStripes(sigma: Sigma, levels: readonly GraphLevel[]): Stripe[] {
  const { height } = sigma.getDimensions();
  return levels
    .map(({ label, top, bottom }, index) => ({
      label,
      from: sigma.graphToViewport({ x: 0, y: top }).y,
      to: sigma.graphToViewport({ x: 0, y: bottom }).y,
      isShaded: index % 2 === 0,
    }))
    .filter(({ from, to }) => to >= 0 && from <= height);
}

/** Draws a stripe for each level. */
export function drawLevels(
  context: CanvasRenderingContext2D,
  sigma: Sigma,
  levels: readonly GraphLevel[],
  theme: Theme,
): void {
  const { width, height } = sigma.getDimensions();
  context.clearRect(0, 0, width, height);
  context.fillStyle = theme.stripe;
  for (const { from, to, isShaded } of listStripes(sigma, levels))
    if (isShaded) context.fillRect(0, from, width, to - from);
}

/** Writes the name of each level at the left, where there is room. */
export function drawLevelNames(
  context: CanvasRenderingContext2D,
  sigma: Sigma,
  levels: readonly GraphLevel[],
  theme: Theme,
): void {
  context.font = `11px ${theme.font}`;
  context.lineJoin = 'round';
  context.lineWidth = 3;
  context.strokeStyle = theme.back;
  context.fillStyle = theme.muted;
  for (const { label, from, to } of listStripes(sigma, levels)) {
    if (to - from < MIN_HEIGHT) continue;
    const base = Math.max(from, 0) + 13;
    context.strokeText(label, 8, base);
    context.fillText(label, 8, base);
  }
}

/** A loop that leaves a class to the left and comes back to it. */
export interface Loop {
  x: number;
  y: number;
  size: number;
  color: string;
  isThick: boolean;
}

/** How far the middle of a loop lies from its class, and how large it is. */
export function measureLoop(size: number): { offset: number; radius: number } {
  return { offset: size + 6, radius: 9 };
}

export function drawLoops(context: CanvasRenderingContext2D, sigma: Sigma, loops: readonly Loop[]): void {
  const { width, height } = sigma.getDimensions();
  context.clearRect(0, 0, width, height);
  for (const { x, y, size, color, isThick } of loops) {
    const { offset, radius } = measureLoop(size);
    context.strokeStyle = color;
    context.fillStyle = color;
    context.lineWidth = isThick ? 2.6 : 1.2;
    context.beginPath();
    context.arc(x - offset, y, radius, 0.6, 2 * Math.PI - 0.75);
    context.stroke();
    context.beginPath();
    context.moveTo(x - size * 0.8, y - size * 0.5);
    context.lineTo(x - offset + 3, y - radius - 4);
    context.lineTo(x - offset + 11, y - radius - 5);
    context.fill();
  }
}
