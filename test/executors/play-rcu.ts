/**
 * Plays scripts on an RCU domain, and knows what they must do. As in `test/locks/play.ts`, `,` ends a turn
 * and `+` joins the steps of one synchronous run.
 *
 *   read a, end a    a read-side section          call a     a callback that ends at once
 *   sync a           `synchronize`                slow a     a callback whose promise waits for `done a`
 *   barrier a        `barrier`                    throw a    a callback that throws
 *
 * The log has for each turn the callbacks in the order they ran, then `a.` for the waits that ended.
 */
import fc from 'fast-check';
import { type Hold, Rcu, type Validator } from '../../src/index.ts';
import { turn } from '../locks/subjects.ts';

export async function playRcu(validator: Validator, script: string): Promise<string> {
  const rcu = new Rcu({ name: 'rcu', validator });
  const readers = new Map<string, Hold>();
  const ends = new Map<string, () => void>();
  let calls: string[] = [];
  let waits: string[] = [];
  const verbs: Record<string, (name: string) => unknown> = {
    read: (name) => readers.set(name, rcu.readLock()),
    end: (name) => readers.get(name)!.release(),
    call: (name) => rcu.call(() => void calls.push(name)),
    slow: (name) =>
      rcu.call(async () => {
        calls.push(name);
        await new Promise<void>((resolve) => void ends.set(name, resolve));
      }),
    throw: (name) =>
      rcu.call(() => {
        calls.push(name);
        throw new Error(name);
      }),
    done: (name) => ends.get(name)!(),
    sync: (name) => rcu.synchronize().then(() => waits.push(`${name}.`)),
    barrier: (name) => rcu.barrier().then(() => waits.push(`${name}.`)),
  };
  const log: string[] = [];
  for (const steps of script.split(',')) {
    if (steps.trim() === '') continue;
    for (const step of steps.split('+')) {
      const [verb = '', name = ''] = step.trim().split(' ');
      verbs[verb]!(name);
    }
    await turn();
    log.push([...calls, ...waits.sort()].join(' ') || '-');
    calls = [];
    waits = [];
  }
  return log.join(', ');
}

export interface RcuWish {
  readonly verb: 'read' | 'end' | 'call' | 'slow' | 'done' | 'sync' | 'barrier';
  readonly n: number;
  readonly isJoined: boolean;
}

export const rcuWishes: fc.Arbitrary<RcuWish[]> = fc.array(
  fc.record({
    verb: fc.constantFrom<RcuWish['verb']>('read', 'end', 'end', 'call', 'slow', 'done', 'sync', 'barrier'),
    n: fc.nat(59),
    isJoined: fc.boolean(),
  }),
  { minLength: 1, maxLength: 30, size: 'max' },
);

interface Item {
  readonly verb: RcuWish['verb'];
  readonly name: string;
  /** Who read when it was queued: straight from the definition of a grace period. */
  readonly readers: readonly string[];
}

/** A script that follows the wishes, ended by the end of all that is open, and its log. */
export function scriptOfRcu(wishes: readonly RcuWish[]): { script: string; log: string } {
  let reading: string[] = [];
  let queue: Item[] = [];
  let running: string | undefined;
  let steps: string[] = [];
  let names = 0;
  const script: string[] = [];
  const log: string[] = [];

  const endTurn = (): void => {
    if (steps.length === 0) return;
    const calls: string[] = [];
    const waits: string[] = [];
    for (let item; running === undefined && (item = queue[0]) !== undefined; queue = queue.slice(1)) {
      const { verb, name, readers } = item;
      if (verb !== 'barrier' && readers.some((reader) => reading.includes(reader))) break;
      if (verb === 'call' || verb === 'slow') calls.push(name);
      else waits.push(`${name}.`);
      if (verb === 'slow') running = name;
    }
    script.push(steps.join(' + '));
    log.push([...calls, ...waits.sort()].join(' ') || '-');
    steps = [];
  };
  const step = (verb: RcuWish['verb'], name: string): void => void steps.push(`${verb} ${name}`);
  const take = ({ verb, n }: RcuWish): void => {
    if (verb === 'end') {
      const reader = reading[n % reading.length];
      if (reader === undefined) return;
      step(verb, reader);
      reading = reading.filter((each) => each !== reader);
    } else if (verb === 'done') {
      if (running === undefined) return;
      step(verb, running);
      running = undefined;
    } else {
      const name = `n${names++}`;
      step(verb, name);
      if (verb === 'read') reading.push(name);
      else queue.push({ verb, name, readers: [...reading] });
    }
  };

  for (const wish of wishes) {
    if (!wish.isJoined) endTurn();
    take(wish);
  }
  endTurn();
  while (reading.length > 0 || running !== undefined) {
    take({ verb: running === undefined ? 'end' : 'done', n: 0, isJoined: false });
    endTurn();
  }
  return { script: script.join(', '), log: log.join(', ') };
}
