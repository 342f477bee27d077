/** `node --import lockdep/register app.js`: watches a program in which nothing changes. */
import { install } from './console.ts';
import './live/attach.ts';
import { watchLibraries } from './loading/watch-libraries.ts';
import { validator } from './validator/default.ts';

install(validator, { answersSignal: true });
if (validator.policy !== 'off') watchLibraries();
