import type { RequestMode } from '../graph/vocabulary.ts';
import { EXCLUSIVE, RECURSIVE, SHARED, TRY, TRY_SHARED } from '../validator/lock-class.ts';

const CODES: Readonly<Record<RequestMode, number>> = {
  exclusive: EXCLUSIVE,
  shared: SHARED,
  recursive: RECURSIVE,
};

/** How the engine calls a way of asking. */
export function codeOf(mode: RequestMode, isTry: boolean): number {
  if (isTry) return mode === 'exclusive' ? TRY : TRY_SHARED;
  return CODES[mode];
}
