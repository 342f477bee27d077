import { closeSync, openSync, writeSync } from 'node:fs';
import type { Validator } from '../validator/validator.ts';
import { type Recording, recordTrace } from './record.ts';

/** Lines that are held back, so that the disk is not asked at every event. */
const BUFFERED = 64 * 1024;

/**
 * Records into a file, from now on, whole lines at a time: what is written is a trace of its own, whenever
 * the process ends.
 */
export function recordToFile(validator: Validator, file: string): Recording {
  const descriptor = openSync(file, 'w');
  let buffer = '';
  const flush = (): void => {
    const text = buffer;
    buffer = '';
    if (text !== '') writeSync(descriptor, text);
  };
  const recording = recordTrace(validator, (lines) => {
    buffer += lines;
    if (buffer.length >= BUFFERED) flush();
  });
  return {
    markDrained: () => recording.markDrained(),
    stop() {
      recording.stop();
      flush();
      closeSync(descriptor);
    },
  };
}
