/** `node --import lockdep/register app.js`: watches a program in which nothing changes. */
import { createRequire } from 'node:module';
import type * as ProcessValidator from './process-validator.ts';
import type * as Libraries from './loading/watch-libraries.ts';
import { isWantedAtOnce, policyOfEnvironment, registration } from './validator/environment-policy.ts';

/*
 * Every program waits for this, so nothing is loaded before it is needed: nothing when watching is off, and the
 * validator with the first library that it watches.
 */
const require = createRequire(import.meta.url);
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

function loadValidator(): void {
  require(`./process-validator.${extension}`) as typeof ProcessValidator;
}

/** A signal that comes before the first library must not end the process: it is answered by whoever comes then. */
function answerSignal(): void {
  const signal = 'SIGUSR2';
  if (process.platform === 'win32') return;
  process.once(signal, () => {
    const others = new Set<unknown>(process.listeners(signal));
    loadValidator();
    for (const listener of process.listeners(signal)) if (!others.has(listener)) listener(signal);
  });
}

registration.isRegistered = true;
if (isWantedAtOnce()) loadValidator();
if (policyOfEnvironment() !== 'off') {
  if (!isWantedAtOnce()) answerSignal();
  const { watchLibraries } = require(`./loading/watch-libraries.${extension}`) as typeof Libraries;
  watchLibraries();
}
