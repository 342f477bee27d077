import type { Severity } from '../validator/snapshot-format.ts';

type Paint = (text: string) => string;

/** What the text report sets apart; without colour each is the text itself. */
export interface Style {
  severity: Record<Severity, Paint>;
  strong: Paint;
  faint: Paint;
}

/** SGR codes, each closed by its own reset so that styles nest. */
function paint(open: number, close: number): Paint {
  return (text) => `\u001b[${open}m${text}\u001b[${close}m`;
}

/** Creates the styles of a report. */
export function createStyle(hasColor: boolean): Style {
  const plain: Paint = (text) => text;
  if (!hasColor)
    return { severity: { error: plain, warning: plain, note: plain }, strong: plain, faint: plain };
  return {
    severity: { error: paint(31, 39), warning: paint(33, 39), note: paint(36, 39) },
    strong: paint(1, 22),
    faint: paint(2, 22),
  };
}
