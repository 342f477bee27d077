/**
 * The words every room shares. A lock *class* is all locks made at one place or under one name; an
 * *edge* X → Y says that the discharge of X waited for the grant of Y.
 */

/** How X was held: alone, or together with other holders. */
export type HoldMode = 'exclusive' | 'shared';

/**
 * How Y was asked for. A `shared` request can wait behind a queued writer, a `recursive` one cannot
 * (Linux lockdep-design, "recursive read locks").
 */
export type RequestMode = 'exclusive' | 'shared' | 'recursive';

/**
 * What made the edge: an acquisition (`order`), a wait that takes nothing (`wait`), the passing of an
 * obligation to an executor (`handoff`), an executor that must still discharge it (`custody`), or an
 * execution context that may interrupt a holder, or that asked itself (`context`, see contexts.ts).
 */
export type EdgeKind = 'order' | 'custody' | 'handoff' | 'wait' | 'context';

/**
 * How well an edge is known. `proven`: waited for, and asked for under. `signalled`: waited for, not
 * asked for under. `nested`: asked for under and over before the discharge, no path seen.
 */
export type Evidence = 'nested' | 'signalled' | 'proven';
