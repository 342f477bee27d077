/** The default validator, with what a process prints and saves of it. */
import { install } from './console.ts';
import './live/attach.ts';
import { validator } from './validator/default.ts';
import { registration } from './validator/environment-policy.ts';

install(validator, { answersSignal: registration.isRegistered });

export { validator };
