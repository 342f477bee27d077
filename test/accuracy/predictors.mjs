import { existsSync } from 'node:fs';
import { predictClassic } from './classic.mjs';

/**
 * @typedef {object} Predictor
 * @property {string} name
 * @property {(traceText: string) => boolean} predict whether it reports a deadlock
 * @property {(traceText: string) => string[]} explain what it says of a trace, one finding a line
 */
/** @typedef {(traceText: string) => { severity: string, code: string, message: string }[]} CheckText */

const CHECK_TEXT = new URL('../../dist/trace/check-text.js', import.meta.url);

/** The baseline, and the rules of `lockdep check` if they are built. @returns {Promise<Predictor[]>} */
export async function loadPredictors() {
  /** @type {Predictor[]} */
  const predictors = [{ name: 'classic', predict: predictClassic, explain: () => [] }];
  if (!existsSync(CHECK_TEXT)) return predictors;
  const module = /** @type {{ checkText: CheckText }} */ (await import(CHECK_TEXT.href));
  const { checkText } = module;
  return [
    ...predictors,
    {
      name: 'lockdep check',
      predict: (traceText) => checkText(traceText).some(({ severity }) => severity === 'error'),
      explain: (traceText) =>
        checkText(traceText).map(({ severity, code, message }) => `${severity} [${code}] ${message}`),
    },
  ];
}
