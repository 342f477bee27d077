/**
 * A check of plain data against the shape it should have. Throws at the first value that differs, with
 * the way to it, like `findings[0].severity`.
 */
export type Shape = (value: unknown, way: string) => void;

export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

function formatValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function fail(way: string, expected: string, value: unknown): never {
  throw new ShapeError(`${way === '' ? 'it' : way} to be ${expected}, got ${formatValue(value)}`);
}

export const text: Shape = (value, way) => {
  if (typeof value !== 'string') fail(way, 'a string', value);
};

export const flag: Shape = (value, way) => {
  if (typeof value !== 'boolean') fail(way, 'true or false', value);
};

export const quantity: Shape = (value, way) => {
  if (typeof value !== 'number' || !(value >= 0)) fail(way, 'a number ≥ 0', value);
};

export const wholeNumber: Shape = (value, way) => {
  if (!Number.isSafeInteger(value) || Number(value) < 0) fail(way, 'an integer ≥ 0', value);
};

/** One of some words. */
export function word(...words: string[]): Shape {
  return (value, way) => {
    if (typeof value !== 'string' || !words.includes(value)) fail(way, `one of ${words.join(', ')}`, value);
  };
}

export function list(item: Shape): Shape {
  return (value, way) => {
    if (!Array.isArray(value)) fail(way, 'a list', value);
    for (const [index, element] of value.entries()) item(element, `${way}[${index}]`);
  };
}

export function optional(shape: Shape): Shape {
  return (value, way) => {
    if (value !== undefined) shape(value, way);
  };
}

/** An object with these fields; others are left alone, since formats grow. */
export function fields(shapes: Readonly<Record<string, Shape>>): Shape {
  const entries = Object.entries(shapes);
  return (value, way) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(way, 'an object', value);
    const start = way === '' ? '' : `${way}.`;
    for (const [key, shape] of entries) shape((value as Record<string, unknown>)[key], start + key);
  };
}
