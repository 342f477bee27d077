/** Counts the edits between two words (Levenshtein; one row at a time). */
function countEdits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Formats `; did you mean …?` when one of the known words is close, else nothing. */
export function formatSuggestion(word: string, known: readonly string[]): string {
  const allowed = word.length < 4 ? 1 : 2;
  const close = known
    .map((candidate) => ({ candidate, edits: countEdits(word.toLowerCase(), candidate) }))
    .filter(({ edits }) => edits <= allowed)
    .sort((a, b) => a.edits - b.edits)[0];
  return close === undefined ? '' : `; did you mean ${close.candidate}?`;
}
