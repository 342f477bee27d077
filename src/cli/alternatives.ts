/** Lists names as a sentence does: `a, b or c`. */
export function listAlternatives(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
