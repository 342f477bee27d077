import type { NodeHoverDrawingFunction, NodeLabelDrawingFunction } from 'sigma/rendering';
import type { Theme } from './theme.ts';

const MAX_LENGTH = 44;
const GAP = 4;

function cut(label: string): string {
  return label.length <= MAX_LENGTH ? label : `…${label.slice(1 - MAX_LENGTH)}`;
}

/** Draws names so that edges behind them do not strike them through. */
export function createLabelDrawing(theme: Theme): NodeLabelDrawingFunction {
  return (context, { label, x, y, size, color }, { labelSize }) => {
    if (label === null || label === undefined || label === '') return;
    context.font = `600 ${labelSize}px ${theme.font}`;
    context.lineJoin = 'round';
    context.lineWidth = 4;
    context.strokeStyle = theme.back;
    const text = cut(label);
    const base = y + labelSize / 3;
    const width = context.measureText(text).width;
    // Where the view ends there is room at the other side.
    const isBeyond = x + size + GAP + width > context.canvas.clientWidth;
    const left = isBeyond ? x - size - GAP - width : x + size + GAP;
    context.strokeText(text, left, base);
    context.fillStyle = color === theme.node ? theme.text : color;
    context.fillText(text, left, base);
  };
}

/** Draws the name under the mouse whole, in a box above all others. */
export function createHoverDrawing(theme: Theme): NodeHoverDrawingFunction {
  return (context, { label, x, y, size }, { labelSize }) => {
    if (label === null || label === undefined || label === '') return;
    context.font = `600 ${labelSize}px ${theme.font}`;
    const width = context.measureText(label).width;
    context.fillStyle = theme.back;
    context.strokeStyle = theme.muted;
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(x + size, y - labelSize, width + 2 * GAP, 2 * labelSize, 4);
    context.fill();
    context.stroke();
    context.fillStyle = theme.text;
    context.fillText(label, x + size + GAP, y + labelSize / 3);
  };
}
