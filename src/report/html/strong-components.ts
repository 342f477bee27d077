/**
 * Strongly connected components by two depth-first searches (Kosaraju, Sharir 1981): one that notes in
 * which order nodes are left, one backwards that starts from whoever was left last.
 */

export type Arc = readonly [from: number, to: number];

function listNeighbours(nodeCount: number, arcs: Iterable<Arc>): number[][] {
  const lists = Array.from({ length: nodeCount }, (): number[] => []);
  for (const [from, to] of arcs) lists[from]!.push(to);
  return lists;
}

/** Calls back when a node is left. Without recursion: a chain of locks may be longer than the stack is deep. */
function search(start: number, next: number[][], isSeen: boolean[], onLeave: (node: number) => void): void {
  if (isSeen[start]) return;
  isSeen[start] = true;
  const path = [{ node: start, index: 0 }];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const neighbour = next[top.node]![top.index++];
    if (neighbour === undefined) {
      path.pop();
      onLeave(top.node);
    } else if (!isSeen[neighbour]) {
      isSeen[neighbour] = true;
      path.push({ node: neighbour, index: 0 });
    }
  }
}

/** Finds the components of a graph whose nodes are `0 … nodeCount - 1`, each with its nodes ascending. */
export function findComponents(nodeCount: number, arcs: readonly Arc[]): number[][] {
  const left: number[] = [];
  const forward = listNeighbours(nodeCount, arcs);
  const isSeen = Array.from({ length: nodeCount }, () => false);
  for (let node = 0; node < nodeCount; node++) search(node, forward, isSeen, (each) => left.push(each));

  const backward = listNeighbours(
    nodeCount,
    arcs.map(([from, to]): Arc => [to, from]),
  );
  const isTaken = Array.from({ length: nodeCount }, () => false);
  const components: number[][] = [];
  for (const node of left.reverse()) {
    if (isTaken[node]) continue;
    const members: number[] = [];
    search(node, backward, isTaken, (each) => members.push(each));
    components.push(members.sort((a, b) => a - b));
  }
  return components;
}
