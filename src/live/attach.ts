/** Hangs this room into the validator: whoever makes a lock gets it looked at. */
import { liveHook } from '../validator/live-hook.ts';
import { NowWatch } from './watch-now.ts';

liveHook.create = (validator) => new NowWatch(validator);
