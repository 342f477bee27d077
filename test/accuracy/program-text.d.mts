import type { Operation, Program } from './program.mjs';

/** Writes a program so that `parseProgram` reads it again. */
export function formatProgram(program: Program): string;

/** An operation as traces write it. */
export function formatOperation(operation: Operation): string;

/**
 * Reads a program. Lines, or parts divided by `;`, are declarations of locks (`rwlock R S`; what is not declared
 * is a mutex) and tasks (`T1: acq(A) fork(T2) rel(A)`), in the grammar of traces. A task that another one forks is
 * no root. A release belongs to the newest acquisition of its lock that the task has not released.
 * @throws {Error} for text that is no program, and for a program that `checkProgram` rejects.
 */
export function parseProgram(text: string): Program;
