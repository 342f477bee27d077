import { checkProgram } from './check-program.mjs';
/** @import { Lock, LockKind, Mode, Operation, Program, Task } from './program.mjs' */

const DECLARATION = /^(mutex|rwlock|semaphore)((?:\s+\w+)+)$/;
const TASK = /^(\w+):(.*)$/;
const EVENT = /(acq|try|rel|fork|join)\((\w+)(?:,\s*(\w+))?\)/g;

/** @param {Program} program */
export function formatProgram({ locks, tasks }) {
  const declarations = locks.map(({ name, kind }) => `${kind} ${name}`);
  const bodies = tasks.map(({ name, operations }) => `${name}: ${operations.map(formatOperation).join(' ')}`);
  return [...declarations, ...bodies].join('\n');
}

/** An operation as traces write it. @param {Operation} operation */
export function formatOperation(operation) {
  if ('task' in operation) return `${operation.kind}(${operation.task})`;
  if (operation.kind === 'release') return `rel(${operation.lock})`;
  const mode = operation.mode === 'exclusive' ? '' : `, ${operation.mode}`;
  return `${operation.kind === 'try' ? 'try' : 'acq'}(${operation.lock}${mode})`;
}

/** @param {string} text @returns {Program} */
export function parseProgram(text) {
  /** @type {Map<string, LockKind>} */
  const kinds = new Map();
  /** @type {Omit<Task, 'isRoot'>[]} */
  const bodies = [];
  let lastId = 0;
  for (const line of text.split(/[\n;]/).map((part) => part.trim())) {
    const declaration = DECLARATION.exec(line);
    const task = TASK.exec(line);
    if (declaration) {
      for (const name of declaration[2].trim().split(/\s+/))
        kinds.set(name, /** @type {LockKind} */ (declaration[1]));
    } else if (task) {
      const operations = parseOperations(task[2], kinds, lastId);
      lastId += operations.length;
      bodies.push({ name: task[1], operations });
    } else if (line !== '') {
      throw new Error(`Expected a declaration or a task, got "${line}".`);
    }
  }
  const forked = new Set(
    bodies.flatMap(({ operations }) => operations.map((one) => (one.kind === 'fork' ? one.task : undefined))),
  );
  return checkProgram({
    locks: [...kinds].map(([name, kind]) => ({ name, kind })),
    tasks: bodies.map((body) => ({ ...body, isRoot: !forked.has(body.name) })),
  });
}

/** @param {string} text @param {Map<string, LockKind>} kinds @param {number} lastId @returns {Operation[]} */
function parseOperations(text, kinds, lastId) {
  const rest = text.replaceAll(EVENT, '').trim();
  if (rest !== '') throw new Error(`Expected events, got "${rest}".`);
  /** @type {{ id: number, lock: string }[]} */
  const held = [];
  return [...text.matchAll(EVENT)].map(([, event, name, mode], index) => {
    const id = lastId + index + 1;
    if (event === 'fork' || event === 'join') return { id, kind: event, task: name };
    const kind = kinds.get(name) ?? 'mutex';
    kinds.set(name, kind);
    if (event === 'rel') {
      const at = held.findLastIndex(({ lock }) => lock === name);
      const [acquisition] = at < 0 ? [] : held.splice(at, 1);
      return { id, kind: 'release', lock: name, acquisition: acquisition?.id ?? 0 };
    }
    held.push({ id, lock: name });
    const usual = kind === 'semaphore' ? 'permit' : 'exclusive';
    return {
      id,
      kind: event === 'try' ? 'try' : 'acquire',
      lock: name,
      mode: /** @type {Mode} */ (mode ?? usual),
    };
  });
}
