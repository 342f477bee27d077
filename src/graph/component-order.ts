/**
 * Strongly connected components, and an order of them, under arc insertion.
 *
 * Bender, Fineman, Gilbert and Tarjan, "A New Approach to Incremental Cycle Detection and Related Problems"
 * (ACM TALG 2016), the algorithm for sparse graphs. Components are ordered by level, then by index. An arc
 * that goes up costs nothing. For another, search backwards from its tail among equals in level, for √m
 * arcs at most; if that was all there is, the head needs the tail's level, else the one above. Then raise,
 * forwards from the head, whatever is too low, and put what was met first on its level. A search that meets
 * the other end has found a cycle. At worst m·√m for m arcs; Pearce and Kelly (2006), tried first, took
 * minutes where cycles abound and on long chains (100,000 nodes, a million arcs), this one seconds.
 *
 * Departures: a cycle is not refused, its components are merged into one (union-find; arcs inside go when
 * met); the bound grows with m; and what is put first is sorted by its old order instead of by the order of
 * the search. Arcs are never taken out.
 */
export class ComponentOrder {
  /**
   * Union-find: a component is represented by the node that is its own parent. The lists below hold for
   * representatives only.
   */
  readonly #parents: number[] = [];
  /**
   * Invariant between insertions: for each arc x → y of different components, (level, index) of x is less
   * than that of y.
   */
  readonly #levels: number[] = [];
  readonly #indices: number[] = [];
  /** Heads of the arcs that leave; may name nodes that were merged since. */
  readonly #heads: number[][] = [];
  /** Tails of the arcs that enter from the same level, and of no others. */
  readonly #tails: number[][] = [];
  /** Scratch: the search that last saw a component. */
  readonly #seen: number[] = [];
  #search = 0;
  #arcCount = 0;
  /** Less than every index in use. */
  #leastIndex = 0;

  /** Adds a node, a component by itself; ids are dense. */
  addNode(): number {
    const node = this.#parents.length;
    this.#parents.push(node);
    this.#levels.push(0);
    this.#indices.push(node + 1);
    this.#heads.push([]);
    this.#tails.push([]);
    this.#seen.push(0);
    return node;
  }

  /** Returns the node that stands for the component of `node`. It changes when components merge. */
  find(node: number): number {
    const parents = this.#parents;
    let current = node;
    for (;;) {
      const parent = parents[current]!;
      if (parent === current) return current;
      const grandparent = parents[parent]!;
      parents[current] = grandparent;
      current = grandparent;
    }
  }

  /** Compares the places of two nodes; 0 for one component, negative if `b` cannot lead to `a`. */
  compare(a: number, b: number): number {
    return this.#comparePlaces(this.find(a), this.find(b));
  }

  /** Adds an arc; returns whether it closed a cycle between components. */
  insert(from: number, to: number): boolean {
    const tail = this.find(from);
    const head = this.find(to);
    if (tail === head) return false;
    this.#arcCount++;
    if (this.#comparePlaces(tail, head) > 0 && this.#reorder(tail, head)) return true;
    this.#heads[tail]!.push(head);
    if (this.#levels[tail] === this.#levels[head]) this.#tails[head]!.push(tail);
    return false;
  }

  #comparePlaces(a: number, b: number): number {
    return this.#levels[a]! - this.#levels[b]! || this.#indices[a]! - this.#indices[b]!;
  }

  /** Puts tail before head; returns true if a cycle forbids that, and then the components on it are one. */
  #reorder(tail: number, head: number): boolean {
    const level = this.#levels[tail]!;
    const found = this.#searchBackward(tail, Math.ceil(Math.sqrt(this.#arcCount)));
    const behind = found ?? [];
    if (found !== undefined && this.#levels[head] === level) {
      if (this.#seen[head] === this.#search) return this.#mergeCycle(behind, head, behind, []);
      this.#putFirst(this.#sort(behind));
      return false;
    }
    const { raised, isClosed } = this.#raise(head, found === undefined ? level + 1 : level);
    if (!isClosed) {
      this.#putFirst([...this.#sort(behind), ...raised]);
      return false;
    }
    // All components on a cycle with the new arc have the tail's level now: equals are all there is to search.
    return this.#mergeCycle(this.#searchBackward(tail, Infinity)!, head, behind, raised);
  }

  /** Collects what leads to `start` from its own level; `undefined` when that takes `bound` arcs or more. */
  #searchBackward(start: number, bound: number): number[] | undefined {
    const search = ++this.#search;
    const found = [start];
    this.#seen[start] = search;
    let left = bound;
    for (const current of found) {
      const tails = this.#tails[current]!;
      for (let i = 0; i < tails.length; i++) {
        const tail = this.find(tails[i]!);
        if (tail === current) {
          dropAt(tails, i--);
        } else {
          if (--left <= 0) return undefined;
          if (this.#seen[tail] === search) continue;
          this.#seen[tail] = search;
          found.push(tail);
        }
      }
    }
    return found;
  }

  /**
   * Lifts `start`, and whatever it leads to that is lower, to `level`. Returns these in their old order,
   * and whether they lead to anything the last search saw.
   */
  #raise(start: number, level: number): { raised: number[]; isClosed: boolean } {
    const raised = [start];
    const lifted = new Set(raised);
    let isClosed = false;
    for (const current of raised) {
      this.#tails[current] = [];
      const heads = this.#heads[current]!;
      for (let i = 0; i < heads.length; i++) {
        const head = this.find(heads[i]!);
        if (head === current) {
          dropAt(heads, i--);
          continue;
        }
        isClosed ||= this.#seen[head] === this.#search;
        if (this.#levels[head]! >= level || lifted.has(head)) continue;
        lifted.add(head);
        raised.push(head);
      }
    }
    this.#sort(raised);
    for (const component of raised) this.#levels[component] = level;
    for (const component of raised) {
      for (const node of this.#heads[component]!) {
        const head = this.find(node);
        if (this.#levels[head] === level) this.#tails[head]!.push(component);
      }
    }
    return { raised, isClosed };
  }

  /**
   * Merges those of `members`, all that lead to the tail, to which `head` leads. Returns true.
   * Whatever of `before` is not merged leads to the cycle, and of `after` is led to from it.
   */
  #mergeCycle(members: readonly number[], head: number, before: number[], after: readonly number[]): true {
    const onward = new Map<number, number[]>(members.map((member) => [member, []]));
    for (const member of members)
      for (const tail of this.#tails[member]!) onward.get(this.find(tail))?.push(member);
    const cycle = new Set([head]);
    for (const member of cycle) for (const next of onward.get(member)!) cycle.add(next);
    const isApart = (component: number): boolean => !cycle.has(component);
    const first = this.#sort(before.filter(isApart));
    this.#putFirst([...first, this.#merge(cycle), ...after.filter(isApart)]);
    return true;
  }

  #merge(cycle: ReadonlySet<number>): number {
    const size = (component: number): number =>
      this.#heads[component]!.length + this.#tails[component]!.length;
    let root = -1;
    for (const component of cycle) if (root < 0 || size(component) > size(root)) root = component;
    for (const component of cycle) {
      if (component === root) continue;
      this.#parents[component] = root;
      for (const head of this.#heads[component]!) this.#heads[root]!.push(head);
      for (const tail of this.#tails[component]!) this.#tails[root]!.push(tail);
      this.#heads[component] = [];
      this.#tails[component] = [];
    }
    return root;
  }

  #sort(components: number[]): number[] {
    return components.sort((a, b) => this.#comparePlaces(a, b));
  }

  /** Gives these components, in this order, the first places of their level. */
  #putFirst(components: readonly number[]): void {
    this.#leastIndex -= components.length;
    components.forEach((component, i) => (this.#indices[component] = this.#leastIndex + i));
  }
}

function dropAt(list: number[], index: number): void {
  const last = list.pop()!;
  if (index < list.length) list[index] = last;
}
