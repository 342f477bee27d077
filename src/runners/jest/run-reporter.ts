import { findSharedRun } from '../core/test-run.ts';

/** Ends the run where Jest does, in a watch each time. */
export class RunReporter {
  #isFailing = false;

  onRunComplete(): void {
    this.#isFailing = findSharedRun()?.end().isFailing === true;
  }

  /** An error of a reporter fails the run. */
  getLastError(): Error | undefined {
    return this.#isFailing ? new Error('lockdep: a finding of no single test') : undefined;
  }
}
