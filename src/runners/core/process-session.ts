/**
 * Where the session of a process is kept: on the global object, since several copies of this package may be loaded in
 * one. It loads nothing, for whoever asks from where tests are.
 */
import type { TestSession } from './test-session.ts';

/** What copies of our package in one realm have it by. */
export const SESSION_KEY: unique symbol = Symbol.for('lockdep.tests');
type Holder = typeof globalThis & { [SESSION_KEY]?: TestSession };

/** The session of this process, if there is one. */
export function currentSession(): TestSession | undefined {
  return (globalThis as Holder)[SESSION_KEY];
}

/** Makes it the session of this process. */
export function keepSession(session: TestSession): TestSession {
  return ((globalThis as Holder)[SESSION_KEY] = session);
}
