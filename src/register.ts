/** `node --import lockdep/register app.js`: watches a program in which nothing changes. */
import { install } from './console.ts';
import './live/attach.ts';
import { watchRequire } from './loading/commonjs.ts';
import { watchImport } from './loading/esm.ts';
import { validator } from './validator/default.ts';

install(validator, { answersSignal: true });
if (validator.policy !== 'off') {
  watchRequire();
  watchImport();
}
