/** `lockdep/adapter`: what an adapter for another library is made of. `docs/writing-an-adapter.md` shows one. */
import './process-validator.ts';

export type { Adapter, Exports, VersionRange, WatchContext } from './adapters/shared/adapter.ts';
export { Patches, imitate } from './adapters/shared/patches.ts';
export { Resource, type ResourceOptions } from './adapters/shared/resource.ts';
export { type ScopedJob, runJob } from './adapters/shared/scoped.ts';
export { type Slot, createSlot } from './adapters/shared/slot.ts';
export { type WatchOptions, unwatchLibrary, watchLibrary } from './adapters/shared/watching.ts';
export { EXCLUSIVE, RECURSIVE, SHARED, TRY, WAIT } from './validator/lock-class.ts';
export type { Obligation } from './validator/obligation.ts';
