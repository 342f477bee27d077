/** `lockdep/jest`: the parts that `preset: 'lockdep/jest'` is made of, for configurations that have their own. */
export {
  type CircusEvent,
  type CircusState,
  type Environment,
  type EnvironmentClass,
  watchEnvironment,
} from './jest/watch-environment.ts';

declare global {
  namespace jest {
    interface Matchers<R, T> {
      /**
       * Fails with the reports of what the test has completed so far; with `.not`, where it has completed nothing,
       * and what it has completed fails nothing any more. `lockdep` is all that is required of it, or its `validator`.
       */
      toBeClean(this: Matchers<R, T>): R;
    }
  }
}
