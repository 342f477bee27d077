#!/usr/bin/env node
import { runCommandLine } from './command-line.ts';

/** A reader that has seen enough (`| head`) closes the pipe; that is no fault of ours. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

process.stdout.on('error', ignoreClosedPipe);
process.stderr.on('error', ignoreClosedPipe);
process.exitCode = await runCommandLine(process.argv.slice(2));
