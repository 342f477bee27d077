/**
 * Lock statistics, as the kernel's `lock_stat` has them (Documentation/locking/lockstat.rst): per class how often
 * somebody had to wait, how long, and for how long it was held. Every acquisition is timed and its place taken, which
 * costs microseconds each; without, times are samples of those whose place is taken anyway.
 */
import { createHistogram } from 'node:perf_hooks';
import type { Engine, EngineObserver } from '../validator/engine.ts';
import { type Obligation, rareOf } from '../validator/obligation.ts';
import { addObserver, removeObserver } from '../validator/observers.ts';
import { captureStack } from '../validator/stack-trace.ts';
import type { Validator } from '../validator/validator.ts';
import { nowMs } from '../validator/now.ts';

class Statistician implements EngineObserver {
  asked(asked: Obligation): void {
    const { lockClass } = asked;
    if (lockClass.kind === 'flow') return;
    lockClass.waits.histogram ??= createHistogram();
    lockClass.holds.histogram ??= createHistogram();
    const rare = rareOf(asked);
    if (rare.askedMs === 0) rare.askedMs = nowMs();
    asked.stack ??= captureStack();
  }

  armed(): void {}
  granted(): void {}
  cancelled(): void {}
  discharged(): void {}
  handedOver(): void {}
  misused(): void {}
}

/**
 * Times every acquisition from now on, so that the classes of a snapshot have percentiles and worst places.
 * Returns how to stop.
 */
export function collectStatistics({ engine }: Validator): () => void {
  const statistician = new Statistician();
  const observed: Engine = engine;
  addObserver(observed, statistician);
  return () => removeObserver(observed, statistician);
}
