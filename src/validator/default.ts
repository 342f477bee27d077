/** One registry of validators per process: two copies of the package share one default validator. */
import { levelsOfEnvironment } from './environment.ts';
import { policyOfEnvironment } from './environment-policy.ts';
import { Validator } from './validator.ts';

interface Registry {
  validator?: Validator;
}

const KEY = Symbol.for('lockdep');

function registry(): Registry {
  const holder = globalThis as unknown as Record<symbol, Registry | undefined>;
  return (holder[KEY] ??= {});
}

/** The default validator; it follows nothing before its first lock is made. */
export const validator: Validator = (registry().validator ??= new Validator({
  policy: policyOfEnvironment(),
  levels: levelsOfEnvironment(),
}));
