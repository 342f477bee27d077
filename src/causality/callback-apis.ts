/**
 * Callbacks that Node calls when an operation of it has ended start from the clock at which the operation was asked
 * for, as timers do. Whoever passes a callback to an operation owns what comes of it: it is called once, for this
 * call, and by nobody else.
 *
 * Functions are replaced one by one. `async_hooks.createHook` would see every operation there is, but on Node 20 and
 * 22 it follows all promises as well, whatever it is told, and a plain `await` then takes 340 ns, not 90.
 */
import { createRequire } from 'node:module';
import type { BuiltInPatches } from './built-in-patches.ts';
import { copySignature } from './combinators.ts';

type Operation = (this: unknown, ...args: unknown[]) => unknown;
export type Callback = (this: unknown, ...args: unknown[]) => unknown;

/** Gives a callback that starts from what lies behind the code that runs now; the same one if that is nothing. */
export type Carry = (callback: Callback) => Callback;

const require = createRequire(import.meta.url);

/** Functions with a synchronous twin; those have no callback. `spawn` and `openAsBlob` have none either. */
const TWINS = ['fs', 'crypto', 'zlib', 'child_process'];

const OTHERS: readonly [module: string, names: readonly string[]][] = [
  ['crypto', ['randomBytes', 'randomInt', 'sign', 'verify', 'diffieHellman', 'encapsulate', 'decapsulate']],
  ['stream', ['finished', 'pipeline']],
];

/** Makes the callbacks of Node's operations start from where these were asked for. */
export function patchCallbackApis(patches: BuiltInPatches, carry: Carry): void {
  const wrap = (original: unknown): unknown => wrapOperation(original as Operation, carry);
  const addAll = (owner: object, isWanted: (name: string) => boolean): void => {
    for (const name of Object.getOwnPropertyNames(owner)) if (isWanted(name)) patches.add(owner, name, wrap);
  };
  for (const name of TWINS) {
    const owner = load(name);
    addAll(owner, (each) => Object.hasOwn(owner, `${each}Sync`) && !each.startsWith('_'));
  }
  for (const [name, names] of OTHERS) addAll(load(name), (each) => names.includes(each));

  const fs = load('fs') as { Dir?: Prototyped; realpath?: object };
  if (fs.realpath !== undefined) patches.add(fs.realpath, 'native', wrap);
  const directory = fs.Dir?.prototype;
  if (directory !== undefined) addAll(directory, (each) => each === 'read' || each === 'close');

  const dns = load('dns') as { Resolver?: Prototyped };
  const isQuery = (name: string): boolean => /^(?:lookup|resolve|reverse)/.test(name);
  addAll(dns, isQuery);
  if (dns.Resolver !== undefined) addAll(dns.Resolver.prototype, isQuery);

  const { Writable, Duplex } = load('stream') as { Writable?: Prototyped; Duplex?: Prototyped };
  for (const made of [Writable, Duplex])
    if (made !== undefined) addAll(made.prototype, (each) => each === 'write' || each === 'end');
}

interface Prototyped {
  readonly prototype: object;
}

/** A module of Node; nothing where this Node was built without it. */
function load(name: string): object {
  try {
    return require(`node:${name}`) as object;
  } catch {
    return {};
  }
}

function wrapOperation(original: Operation, carry: Carry): Operation {
  const wrapped: Operation = function (...args) {
    const callback = args.at(-1);
    if (typeof callback === 'function') args[args.length - 1] = carry(callback as Callback);
    return Reflect.apply(original, this, args);
  };
  return copySignature(wrapped, original);
}
