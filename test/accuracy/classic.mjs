/**
 * The baseline: the held-set rule of Linux lockdep. A blocking acquisition makes an edge from each lock that the task
 * holds; a try makes none, but what it got counts as held. A report is a lock taken inside itself, or a strong
 * cycle: one in which no edge that asks as recursive reader is followed by one that leaves a reader
 * (Documentation/locking/lockdep-design.rst, "Recursive read locks"). Gates, forks and joins are not looked at.
 * Reads traces by itself and shares nothing with the validator.
 */

/** @typedef {{ lock: string, mode: string }} Hold */
/** @typedef {{ from: string, isFromReader: boolean, to: string, isToRecursive: boolean }} Edge */

const EVENT = /^(\w+)\|(acq|try|rel|fork|join)\((\w+)(?:,\s*(\w+))?\)\|/;

/** @param {string} traceText */
export function predictClassic(traceText) {
  const { edges, hasSelfNesting } = collectEdges(traceText);
  return hasSelfNesting || edges.some((edge) => closesStrongly([edge], edges));
}

/** @param {string} traceText */
function collectEdges(traceText) {
  /** @type {Map<string, Hold[]>} */
  const held = new Map();
  /** @type {Map<string, Edge>} */
  const edges = new Map();
  let hasSelfNesting = false;
  for (const line of traceText.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const match = EVENT.exec(line);
    if (match === null) throw new Error(`Expected an event, got "${line}".`);
    const [, task, event, lock, mode = 'exclusive'] = match;
    if (event === 'fork' || event === 'join') continue;
    const holds = held.get(task) ?? [];
    held.set(task, holds);
    if (event === 'rel') {
      holds.splice(
        holds.findLastIndex((hold) => hold.lock === lock),
        1,
      );
      continue;
    }
    for (const hold of event === 'acq' ? holds : []) {
      if (hold.lock === lock) {
        hasSelfNesting ||= !(isReader(hold.mode) && mode === 'recursive');
        continue;
      }
      const edge = {
        from: hold.lock,
        isFromReader: isReader(hold.mode),
        to: lock,
        isToRecursive: mode === 'recursive',
      };
      edges.set(JSON.stringify(edge), edge);
    }
    holds.push({ lock, mode });
  }
  return { edges: [...edges.values()], hasSelfNesting };
}

/** @param {string} mode */
function isReader(mode) {
  return mode === 'shared' || mode === 'recursive';
}

/** Whether a path, each lock of which comes once, goes on to a strong cycle. @param {readonly Edge[]} path @param {readonly Edge[]} edges @returns {boolean} */
function closesStrongly(path, edges) {
  const first = path[0];
  const last = path.at(-1);
  if (last.to === first.from) return isStrong(last, first);
  return edges.some(
    (edge) =>
      edge.from === last.to &&
      isStrong(last, edge) &&
      !path.slice(1).some(({ from }) => from === edge.to) &&
      closesStrongly([...path, edge], edges),
  );
}

/** @param {Edge} edge @param {Edge} next */
function isStrong(edge, next) {
  return !(edge.isToRecursive && next.isFromReader);
}
