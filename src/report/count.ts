const WORDS = [
  'No',
  'One',
  'Two',
  'Three',
  'Four',
  'Five',
  'Six',
  'Seven',
  'Eight',
  'Nine',
  'Ten',
  'Eleven',
  'Twelve',
];

/** Formats a count with its noun: `1 class`, `2 classes`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Formats a count that opens a sentence: a word up to twelve. */
export function formatCountWord(count: number): string {
  return WORDS[count] ?? String(count);
}

/** Formats how often something was seen. */
export function formatSeen(count: number): string {
  return count === 1 ? 'seen once' : `seen ${count} times`;
}
