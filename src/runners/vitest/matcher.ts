/** Runs in each worker, before each test file; by itself where watching is off, since tests use it all the same. */
import { expect } from 'vitest';
import { toBeClean } from '../core/to-be-clean.ts';

expect.extend({ toBeClean });
