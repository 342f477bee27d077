/** One registry of validators per process: two copies of the package share one default validator. */
import { build } from './build.ts';
import { type Policy, Validator } from './validator.ts';

interface Registry {
  validator?: Validator;
}

const KEY = Symbol.for('lockdep');

function registry(): Registry {
  const holder = globalThis as unknown as Record<symbol, Registry | undefined>;
  return (holder[KEY] ??= {});
}

/** `LOCKDEP` overrides all; without it: off in the build for production or with that in `NODE_ENV`, else `warn`. */
function policyOfEnvironment(env: Readonly<Record<string, string | undefined>> = process.env): Policy {
  const { LOCKDEP: wanted } = env;
  if (wanted === 'off' || wanted === 'warn' || wanted === 'error') return wanted;
  if (wanted !== undefined && wanted !== '') {
    process.emitWarning(
      `Expected \`LOCKDEP\` to be 'off', 'warn' or 'error', got ${JSON.stringify(wanted)}; it is ignored.`,
      { code: 'LOCKDEP_ENV' },
    );
  }
  return build.isOff || env['NODE_ENV'] === 'production' ? 'off' : 'warn';
}

/** The default validator; it follows nothing before its first lock is made. */
export const validator: Validator = (registry().validator ??= new Validator({
  policy: policyOfEnvironment(),
}));
