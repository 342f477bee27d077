/**
 * Names and source lines come from the watched program, so nothing in them may act on the terminal:
 * controls, bidirectional marks, invisible format characters and lone surrogates are spelled out.
 */

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const PLAIN_NAME = /^[^\s"\\→\p{Cc}\p{Cf}\p{Cs}]+$/u;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeCharacter(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}

/** Spells out every character that is not plainly visible. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

/** Quotes a class name for a sentence. */
export function quoteName(name: string): string {
  return `"${escapeText(name.replace(/["\\]/g, '\\$&'))}"`;
}

/** Writes a class name for a chain: as it is, or quoted where it could be taken for something else. */
export function formatName(name: string): string {
  return PLAIN_NAME.test(name) ? name : quoteName(name);
}
