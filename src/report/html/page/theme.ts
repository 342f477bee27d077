import type { Severity } from '../../../validator/snapshot-format.ts';

/** Colours of the drawing, from the style sheet: they change with the theme of the reader. */
export interface Theme {
  back: string;
  stripe: string;
  line: string;
  text: string;
  muted: string;
  edge: string;
  faint: string;
  node: string;
  mark: string;
  severity: Record<Severity, string>;
  font: string;
}

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    back: read('back'),
    stripe: read('stripe'),
    line: read('line'),
    text: read('text'),
    muted: read('muted'),
    edge: read('edge'),
    faint: read('edge-faint'),
    node: read('node'),
    mark: read('mark'),
    severity: { error: read('error'), warning: read('warning'), note: read('note') },
    font: getComputedStyle(document.body).fontFamily,
  };
}
