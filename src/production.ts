/** What `lockdep` is under the export condition `production`: the same, and off. */
import './validator/turn-off.ts';

export * from './index.ts';
