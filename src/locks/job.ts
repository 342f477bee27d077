/** Jobs of executors, and the holds that are handed to them. */
import { clockOf, join } from '../causality/clock.ts';
import { nextSeq } from '../causality/grant.ts';
import type { Engine } from '../validator/engine.ts';
import { EXCLUSIVE, type LockClass, TRY } from '../validator/lock-class.ts';
import { type Obligation, rareOf, takeHoldFrom } from '../validator/obligation.ts';
import type { RawStack } from '../validator/stack-trace.ts';

/**
 * Asks an executor to run something that will discharge `holds`. A job of a serial executor is waited
 * for by whoever waits behind it, one of a bounded executor by whoever needs its place; one of the event
 * loop by nobody. Such a one need not end with its callback: with `endsWithHolds` it has them in custody until
 * the last of them is released or handed on.
 */
export function beginJob(
  engine: Engine,
  executor: LockClass,
  instance: number,
  holds: readonly { readonly obligation: Obligation | null }[],
  endsWithHolds: boolean = !executor.isAwaited,
): Obligation {
  const job = engine.ask(executor, executor.isAwaited ? EXCLUSIVE : TRY, instance, false);
  rareOf(job).isJob = true;
  job.isScoped = true;
  if (holds.length === 0) return job;
  const place = engine.here();
  for (const { obligation } of holds) {
    if (obligation === null || obligation.owner !== engine.owner) continue;
    handTo(engine, job, obligation, place);
    if (endsWithHolds) rareOf(job).holdsIn++;
  }
  return job;
}

/** The discharge of `obligation` passes to `job`, at `place`. */
export function handTo(engine: Engine, job: Obligation, obligation: Obligation, place: RawStack): void {
  // The hold may come from another flow; its grant is behind the job all the same.
  job.clock = join(job.clock, clockOf(obligation));
  job.under = job.clock === null ? null : job.clock.opens;
  const rare = rareOf(obligation);
  // Whoever hands it on has it no longer.
  if (rare.custodian !== null && takeHoldFrom(rare.custodian)) engine.discharge(rare.custodian);
  rare.custodian = job;
  rare.handedAt = place;
  rare.handedSeq = nextSeq();
  engine.arrows.observeHandOver(obligation, job, false);
  engine.observer?.handedOver(obligation, job);
}
