/** Several who observe one engine. The engine knows of one, or of none and then pays nothing. */
import type { Engine, EngineObserver } from './engine.ts';

class Observers implements EngineObserver {
  readonly all: EngineObserver[];

  constructor(...all: EngineObserver[]) {
    this.all = all;
  }

  asked(...args: Parameters<EngineObserver['asked']>): void {
    for (const each of this.all) each.asked(...args);
  }

  armed(...args: Parameters<EngineObserver['armed']>): void {
    for (const each of this.all) each.armed(...args);
  }

  granted(...args: Parameters<EngineObserver['granted']>): void {
    for (const each of this.all) each.granted(...args);
  }

  cancelled(...args: Parameters<EngineObserver['cancelled']>): void {
    for (const each of this.all) each.cancelled(...args);
  }

  discharged(...args: Parameters<EngineObserver['discharged']>): void {
    for (const each of this.all) each.discharged(...args);
  }

  handedOver(...args: Parameters<EngineObserver['handedOver']>): void {
    for (const each of this.all) each.handedOver(...args);
  }

  misused(...args: Parameters<EngineObserver['misused']>): void {
    for (const each of this.all) each.misused(...args);
  }
}

export function addObserver(engine: Engine, observer: EngineObserver): void {
  const { observer: known } = engine;
  if (known === null) engine.observer = observer;
  else engine.observer = new Observers(...(known instanceof Observers ? known.all : [known]), observer);
}

export function removeObserver(engine: Engine, observer: EngineObserver): void {
  const { observer: known } = engine;
  if (known === observer) engine.observer = null;
  if (!(known instanceof Observers)) return;
  const left = known.all.filter((each) => each !== observer);
  engine.observer = left.length === 1 ? left[0]! : new Observers(...left);
}
