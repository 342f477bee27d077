import { TraceReader } from '../../src/trace/read-trace.ts';
import { recordTrace } from '../../src/trace/record.ts';
import type { Validator } from '../../src/index.ts';

/** Records what `validator` sees from now on; the result is a validator that has seen the recorded trace. */
export function record(validator: Validator): () => Validator {
  let text = '';
  const recording = recordTrace(validator, (lines) => {
    text += lines;
  });
  return () => {
    recording.stop();
    const reader = new TraceReader();
    reader.begin('recorded');
    for (const line of text.split('\n')) reader.line(line);
    return reader.validator;
  };
}
