import { turn } from '../locks/subjects.ts';

export type Uncaught = [event: 'uncaughtException' | 'unhandledRejection', error: unknown];

/** What reaches the process while `fn` runs, kept from the test runner. */
export async function uncaughtDuring(fn: () => void | Promise<void>): Promise<Uncaught[]> {
  const caught: Uncaught[] = [];
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const restore = events.map((event) => {
    const listeners = process.listeners(event as 'exit') as Function[];
    process.removeAllListeners(event);
    process.on(event, (error: unknown) => void caught.push([event, error]));
    return () => {
      process.removeAllListeners(event);
      for (const listener of listeners) process.on(event, listener as () => void);
    };
  });
  try {
    await fn();
    await turn();
    await turn();
  } finally {
    for (const each of restore) each();
  }
  return caught;
}
