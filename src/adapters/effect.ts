/** Effect's semaphores: a module of their own in version 4, functions of `Effect` in version 3. */
import type { Adapter } from './shared/adapter.ts';
import { type Effect3, watchEffect3 } from './shared/effect-3.ts';
import { type Effect4, watchEffect4 } from './shared/effect-4.ts';

export const adapter: Adapter = {
  library: 'effect',
  versions: { from: '3.0.0', below: '5.0.0' },
  watch(exports, context) {
    const library: unknown = exports;
    return 'Semaphore' in exports
      ? watchEffect4(library as Effect4, context)
      : watchEffect3(library as Effect3, context);
  },
};
