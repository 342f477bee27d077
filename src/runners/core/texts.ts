/**
 * All that is said of findings and hangs, in one file that is loaded when there is one. It is shipped as CommonJS,
 * since a `vm` context of Vitest cannot load ES modules at once, and holds nothing that the validator shares.
 */
export { explainWaits } from './waits.ts';
export { formatReport, formatStack } from './wording.ts';
