/**
 * Random trees of `run`: callbacks that take one lock after the other or several side by side, await some and leave
 * others to themselves, directly, with a handler, by a function that nobody awaits, or in a race.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { Mutex, RwLock, Semaphore, Validator } from '../../dist/index.js';
/** @import { Random } from './random.mjs' */

const FLOWS = [2, 3, 3, 4];
/** As many turns without a step say that nobody will make one. */
const PATIENCE = 12;

/** @param {Random} random */
export async function play(random) {
  const validator = new Validator();
  const locks = Array.from({ length: random.pick([2, 3, 4]) }, (_, i) => createLock(random, validator, i));
  const world = { random, locks, steps: 0, open: 0 };
  const isCareless = random.chance(0.5);
  const count = random.pick(FLOWS);
  for (let i = 0; i < count; i++) void enter(world, createNode(random, locks.length, 0, isCareless));
  let [last, still] = [-1, 0];
  while (world.open > 0 && still < PATIENCE) {
    await turn();
    still = world.steps === last ? still + 1 : 0;
    last = world.steps;
  }
  const isStuck = world.open > 0;
  const isPublished = isTold(validator.findings);
  const isSeen = isTold(validator.snapshot().findings);
  validator.checkOpen({ isDrained: true });
  return {
    isStuck,
    isTold: isStuck && (isSeen || isTold(validator.findings)),
    wasFalse: !isStuck && (isPublished || isTold(validator.findings)),
    isCertain: isPublished,
  };
}

function isTold(findings) {
  return findings.some(({ code }) => code === 'live-deadlock');
}

function createLock(random, validator, index) {
  const kind = random.weigh({ mutex: 6, rwlock: 3, semaphore: 1 });
  const name = String.fromCodePoint(65 + index);
  if (kind === 'semaphore') {
    const lock = new Semaphore({ name, permits: 2, validator });
    return (fn) => lock.run(fn);
  }
  if (kind === 'mutex') {
    const lock = new Mutex({ name, validator });
    return (fn) => lock.run(fn);
  }
  const lock = new RwLock({ name, validator, readers: random.pick(['queued', 'recursive']) });
  return (fn, isRead) => (isRead ? lock.runRead(fn) : lock.runWrite(fn));
}

function createNode(random, locks, depth, isCareless) {
  const children = depth >= 2 ? 0 : random.pick([0, 1, 1, 2]);
  return {
    lock: random.between(0, locks - 1),
    isRead: random.chance(0.5),
    before: random.between(0, 3),
    after: random.between(0, 2),
    children: Array.from({ length: children }, () => createNode(random, locks, depth + 1, isCareless)),
    isParallel: random.chance(0.3),
    how: isCareless
      ? random.pick(['await', 'await', 'return', 'void', 'catch', 'helper', 'race'])
      : random.pick(['await', 'return']),
  };
}

async function pause(world, turns) {
  for (let i = 0; i < turns; i++) {
    await turn();
    world.steps++;
  }
}

function enter(world, node) {
  world.open++;
  const running = world.locks[node.lock](() => body(world, node), node.isRead);
  void running.finally(() => {
    world.open--;
    world.steps++;
  });
  return running;
}

async function body(world, node) {
  await pause(world, node.before);
  const { children } = node;
  if (node.isParallel) await Promise.all(children.map((child) => enter(world, child)));
  else for (const child of children) await enterAs(world, child);
  await pause(world, node.after);
}

/** Calls in all ways in which a program calls; some await nothing. */
function enterAs(world, child) {
  const wait = () => pause(world, 3);
  const helper = async () => {
    await turn();
    await enter(world, child);
  };
  switch (child.how) {
    case 'void':
      void enter(world, child);
      return wait();
    case 'catch':
      enter(world, child).catch(() => {});
      return wait();
    case 'helper':
      void helper();
      return wait();
    case 'race':
      return Promise.race([enter(world, child), wait()]);
    case 'return':
      return (async () => enter(world, child))();
    default:
      return enter(world, child);
  }
}
