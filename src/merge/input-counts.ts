/**
 * How often in which input. To merge an input with itself must change nothing, so counts are kept apart by
 * input and compared, never added, until they are printed. An input that comes twice may have grown between
 * (two snapshots of one process): the greater count is the later one.
 *
 * There is one list for each edge, and one pair in it for each input that has the edge: flat lists of numbers,
 * since hundreds of snapshots make millions of pairs.
 */

/** Pairs of the number that the merger gave an input, and a count; inputs ascend. */
export type InputCounts = number[];

function sortPairs(pairs: readonly (readonly [number, number])[]): InputCounts {
  return pairs.toSorted(([a], [b]) => a - b).flat();
}

function listPairs(counts: readonly number[]): [input: number, count: number][] {
  const pairs: [number, number][] = [];
  for (let i = 0; i + 1 < counts.length; i += 2) pairs.push([counts[i]!, counts[i + 1]!]);
  return pairs;
}

/** Reads counts; a snapshot that was never merged has none, and all is of its one input. */
export function readCounts(
  counts: readonly number[] | undefined,
  total: number,
  inputs: readonly number[],
): InputCounts {
  if (counts === undefined) return [inputs[0]!, total];
  const known = listPairs(counts).filter(([input]) => inputs[input] !== undefined);
  return sortPairs(known.map(([input, count]) => [inputs[input]!, count]));
}

/** Takes over counts from another list, into the first one or a new one; returns it. */
export function absorbCounts(counts: InputCounts, others: InputCounts): InputCounts {
  // Inputs mostly come one after the other, each once.
  if (others.length === 0 || counts.length === 0 || others[0]! > counts[counts.length - 2]!) {
    for (const number of others) counts.push(number);
    return counts;
  }
  const merged = new Map(listPairs(counts));
  for (const [input, count] of listPairs(others)) merged.set(input, Math.max(count, merged.get(input) ?? 0));
  return sortPairs([...merged]);
}

export function sumCounts(counts: InputCounts): number {
  let sum = 0;
  for (let i = 1; i < counts.length; i += 2) sum += counts[i]!;
  return sum;
}

/** The inputs of the pairs. */
export function listInputs(counts: InputCounts): number[] {
  return counts.filter((_, index) => index % 2 === 0);
}

/** Writes counts with the final numbers of the inputs. */
export function writeCounts(counts: InputCounts, numbers: readonly number[]): number[] {
  return sortPairs(listPairs(counts).map(([input, count]) => [numbers[input]!, count]));
}
