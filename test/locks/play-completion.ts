/**
 * Plays scripts on a completion. `,` ends a turn, in which everything settles that can; `+` joins steps in
 * one synchronous run.
 *
 *   wait a           waits; `a` stands for this wait from here on
 *   wait a @x 2ms    with a signal, a timeout
 *   try a            passes or not, at once
 *   complete, all, reset
 *   abort @x         the signal aborts          pass 2ms   time goes by
 *
 * The log has for each turn the names in the order in which they settled: `a` passed, `a!` rejected, `a+`
 * and `a-` a try that passed or not; the last turn is followed by whether it is done.
 */
import { vi } from 'vitest';
import { type AcquireOptions, Completion, type Validator } from '../../src/index.ts';
import { turn } from './subjects.ts';

export async function playCompletion(validator: Validator, script: string): Promise<string> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const completion = new Completion({ name: 'done', validator });
    const signals = new Map<string, AbortController>();
    const signalOf = (name: string): AbortController => {
      let controller = signals.get(name);
      if (controller === undefined) signals.set(name, (controller = new AbortController()));
      return controller;
    };
    let log: string[] = [];
    const step = (text: string): void => {
      const [verb, name = '', ...rest] = text.trim().split(/\s+/);
      if (verb === 'complete') completion.complete();
      else if (verb === 'all') completion.completeAll();
      else if (verb === 'reset') completion.reset();
      else if (verb === 'abort') signalOf(name).abort(new Error(name));
      else if (verb === 'pass') vi.advanceTimersByTime(Number.parseInt(name, 10));
      else if (verb === 'try') log.push(name + (completion.tryWait() ? '+' : '-'));
      else {
        const options: AcquireOptions = {};
        for (const word of rest) {
          if (word.startsWith('@')) options.signal = signalOf(word).signal;
          else options.timeoutMs = Number.parseInt(word, 10);
        }
        completion.wait(...(rest.length === 0 ? [] : [options])).then(
          () => log.push(name),
          () => log.push(`${name}!`),
        );
      }
    };
    const turns: string[] = [];
    for (const steps of script.split(',')) {
      steps.split('+').forEach(step);
      await turn();
      turns.push(log.join(' ') || '-');
      log = [];
    }
    return `${turns.join(', ')}${completion.isDone ? '; done' : ''}`;
  } finally {
    vi.useRealTimers();
  }
}
