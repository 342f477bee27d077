/** `lockdep/jest`: the parts that `preset: 'lockdep/jest'` is made of, for configurations that have their own. */
export {
  type CircusEvent,
  type CircusState,
  type Environment,
  type EnvironmentClass,
  watchEnvironment,
} from './jest/watch-environment.ts';
