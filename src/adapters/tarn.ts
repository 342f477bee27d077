/** tarn, and so the pools of knex; see `shared/tarn-pool.ts`. */
import type { Adapter } from './shared/adapter.ts';
import { watchTarnPools } from './shared/tarn-pool.ts';

export const adapter: Adapter = {
  library: 'tarn',
  versions: { from: '3.0.0', below: '4.0.0' },
  helpers: ['knex'],
  watch(exports, context) {
    watchTarnPools((exports['Pool'] as { prototype: object }).prototype, context);
    return {};
  },
};
