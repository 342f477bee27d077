/** A worker thread that does what its jobs are called. */
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { serveJobs } from '../../dist/index.js';

let late;

const jobs = {
  echo: ({ value }) => value,
  where: () => threadId,
  async log({ log, name }) {
    const shared = new Int32Array(log);
    Atomics.add(shared, 0, 1);
    await sleep(1);
    return [name, Atomics.sub(shared, 0, 1)];
  },
  release(_data, { holds }) {
    for (const hold of holds) hold.release();
  },
  using(_data, { holds: [hold] }) {
    hold[Symbol.dispose]();
    hold[Symbol.dispose]();
    return hold.isOpen;
  },
  twice(_data, { holds: [hold] }) {
    hold.release();
    hold.release();
  },
  async lock({ first }, { holds: [a], acquire }) {
    if (first === 'release') a.release();
    const c = await acquire('c');
    c.release();
    if (first !== 'release') a.release();
  },
  /** Releases A without having waited for C. */
  async beside(_data, { holds: [a], acquire }) {
    const asked = acquire('c');
    a.release();
    (await asked).release();
  },
  async keyed({ keys }, { acquire }) {
    for (const key of keys) (await acquire('row', key)).release();
  },
  async ask({ name, args = [] }, { acquire }) {
    const hold = await acquire(name, ...args);
    hold.release();
  },
  /** Is over while it waits for C. */
  leave(_data, { acquire }) {
    acquire('c').catch(() => {});
  },
  keep(_data, { holds: [hold] }) {
    late = hold;
  },
  releaseLate() {
    late.release();
  },
  throw() {
    throw Object.assign(new RangeError('of the job'), { code: 'ERR_OF_JOB' });
  },
  throwText() {
    // oxlint-disable-next-line only-throw-error -- what a program throws need not be an error
    throw 'text';
  },
  throwFunction() {
    // oxlint-disable-next-line only-throw-error -- nor fit to be cloned
    throw () => {};
  },
  returnFunction: () => () => {},
  async exit(_data, { acquire }) {
    await acquire('c');
    process.exit(3);
  },
  crash() {
    setImmediate(() => {
      throw new Error('of the thread');
    });
    return new Promise(() => {});
  },
};

serveJobs((data, job) => jobs[data.do](data, job));
