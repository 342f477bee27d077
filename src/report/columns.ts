/** Widths as a terminal shows them: marks take no column, East Asian wide characters and emoji two. */

const NARROW_ONLY = /^[\x20-\x7e]*$/;
const NO_WIDTH = /\p{Mn}|\p{Me}/u;
const DOUBLE_WIDTH =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

function measureCharacter(character: string): number {
  if (NO_WIDTH.test(character)) return 0;
  return DOUBLE_WIDTH.test(character) ? 2 : 1;
}

/** Counts the terminal columns that `text` takes. */
export function measureText(text: string): number {
  if (NARROW_ONLY.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += measureCharacter(character);
  return width;
}

/** Pads `text` on the right to `width` columns; a longer one is left as it is. */
export function padText(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - measureText(text)));
}

/** Cuts `text` to `width` columns; the last one then shows `…`. */
export function cutText(text: string, width: number): string {
  if (measureText(text) <= width) return text;
  let kept = '';
  let room = width - 1;
  for (const character of text) {
    room -= measureCharacter(character);
    if (room < 0) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

/**
 * Breaks a sentence at spaces so that its lines fit where they can. A word is never broken, so a path
 * can be copied whole, and neither is a quoted name.
 */
export function wrapText(text: string, width: number, indent: string, hanging: string): string[] {
  const lines: string[] = [];
  let line = indent;
  let isEmpty = true;
  for (const word of text.match(/(?:"(?:[^"\\]|\\.)*"|\S)+/g) ?? []) {
    if (!isEmpty && measureText(line) + 1 + measureText(word) > width) {
      lines.push(line);
      line = hanging;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}
