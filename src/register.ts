/** `node --import lockdep/register app.js`: watches a program in which nothing changes. */
import { install } from './console.ts';
import { validator } from './validator/default.ts';

install(validator);
