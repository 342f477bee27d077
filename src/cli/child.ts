import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { UsageError } from './usage-error.ts';

export interface ChildEnd {
  status: number;
  signal: NodeJS.Signals | undefined;
}

const FORWARDED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** Somebody who asks this often means it; a child whose loop is blocked cannot hear anything milder. */
const PATIENCE = 3;

/** A Ctrl-C reaches the whole foreground group by itself; a second copy could mean "now, at once" to the child. */
function reachesChildAnyway(signal: NodeJS.Signals): boolean {
  return signal === 'SIGINT' && process.stdin.isTTY;
}

/**
 * Runs Node with these arguments, its streams ours, and waits for its end. Signals to us reach it; `question` is one
 * that ends nothing, or `off`.
 */
export async function runChild(args: string[], env: NodeJS.ProcessEnv, question: string): Promise<ChildEnd> {
  const child = spawn(process.execPath, args, { stdio: 'inherit', env });
  let asked = 0;
  const forward = (signal: NodeJS.Signals): void => {
    asked += 1;
    if (asked >= PATIENCE) child.kill('SIGKILL');
    else if (!reachesChildAnyway(signal)) child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  const ask = (): void => void child.kill(question as NodeJS.Signals);
  if (question !== 'off') process.on(question, ask);
  try {
    return await new Promise<ChildEnd>((resolve, reject) => {
      child.once('error', (error) =>
        reject(new UsageError(`Expected to start ${process.execPath}, got ${error.message}`)),
      );
      child.once('exit', (code, signal) => {
        const status = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
        resolve({ status, signal: signal ?? undefined });
      });
    });
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
    process.off(question, ask);
  }
}
