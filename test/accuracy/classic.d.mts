/** Whether the held-set rule reports something for a trace. */
export function predictClassic(traceText: string): boolean;
