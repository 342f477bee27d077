export {
  Validator,
  type FindingListener,
  type Policy,
  type ValidatorOptions,
} from './validator/validator.ts';
export { validator } from './process-validator.ts';
export { collectStatistics } from './live/statistics.ts';
export type { LockEvent } from './live/channels.ts';
export type { StallListener } from './validator/live-hook.ts';
export type { LiveHold, LiveState, LiveWait } from './validator/live-state.ts';
export type { LockClass, LockClassOptions, LockKind } from './validator/lock-class.ts';
export type { Request, RequestOptions } from './validator/request.ts';
export type { WatchLockOptions } from './validator/watch-lock.ts';
export type { Level, LevelOptions } from './validator/levels.ts';
export { LockdepError } from './validator/errors.ts';
export type {
  Certainty,
  FindingCode,
  Severity,
  Snapshot,
  SnapshotClass,
  SnapshotEdge,
  SnapshotFinding,
  SnapshotFrame,
  SnapshotParticipant,
  SnapshotStack,
  SnapshotTimes,
} from './validator/snapshot-format.ts';
export type { EdgeKind, Evidence, HoldMode, RequestMode } from './graph/vocabulary.ts';
export type { CausalTracker, TrackerKind } from './causality/tracker.ts';
export { promiseHooksTracker } from './causality/promise-hooks.ts';
export { asyncLocalStorageTracker } from './causality/async-local-storage.ts';
export { type ExplicitTracker, type Scope, createExplicitTracker } from './causality/explicit.ts';
export type { Hold, WriteHold } from './locks/hold.ts';
export type { Parcel } from './locks/parcel.ts';
export type { AcquireOptions, WaitOptions } from './locks/wait-options.ts';
export type { LockOptions, NamedOptions } from './locks/watch.ts';
export { acquireAll } from './locks/acquire-all.ts';
export { type FlowOptions, flow } from './locks/flow.ts';
export { FamilyLock } from './locks/family-lock.ts';
export type { Member } from './locks/member.ts';
export { Mutex } from './locks/mutex.ts';
export { RwLock, type RwLockOptions } from './locks/rw-lock.ts';
export { type Attempt, type OptimisticOptions, optimistic } from './locks/optimistic.ts';
export { RefGate } from './locks/ref-gate.ts';
export { Semaphore, type SemaphoreAcquireOptions, type SemaphoreOptions } from './locks/semaphore.ts';
export { GroupLock, type GroupLockOptions } from './locks/group-lock.ts';
export { Completion } from './locks/completion.ts';
export { SoleWait } from './locks/sole-wait.ts';
export { type Emitter, emit } from './executors/emit.ts';
export { Rcu } from './executors/rcu.ts';
export {
  WorkerExecutor,
  type WorkerExecutorOptions,
  WorkerExitError,
  type WorkerLike,
  type WorkerRunOptions,
} from './executors/worker-executor.ts';
export type { LockGiver } from './executors/remote-job.ts';
export { type JobHandler, type RemoteHold, type WorkerJob, serveJobs } from './executors/serve-jobs.ts';
export { WorkQueue, type WorkQueueOptions } from './executors/work-queue.ts';
export { type ExecutorOptions, immediate, microtask, nextTick, timeout } from './executors/loop-executors.ts';
export type { JobFunction, TransferOptions } from './executors/run-job.ts';
