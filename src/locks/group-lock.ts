/**
 * Any number of holders of one group together, never of two groups at once.
 *
 * What became of the two-group semaphore that Andrea Arcangeli asked for, the "red-black mutex" of Matthew
 * Wilcox and Kent Overstreet (linux-mm, December 2020), with any number of groups. The kernel's
 * `two_state_shared_lock` has no queue, and one side can starve the other. Here, as was asked for there,
 * newcomers of the group that has the lock stand behind whoever waits, apart from a few "through the door
 * before it shuts": `maxBatch` of them in a turn, so that what somebody waits for is bounded.
 */
import { SHARED, TRY_SHARED } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import { checkCount, checkFunction, checkOptions, rejectArgument } from '../validator/errors.ts';
import { Hold } from './hold.ts';
import { Lock } from './lock.ts';
import type { AcquireOptions, WaitOptions } from './wait-options.ts';
import { LOCK_KEYS, type LockOptions, createWatch } from './watch.ts';

export interface GroupLockOptions<Group extends string = string> extends LockOptions {
  /** Names of the groups, two or more. */
  groups: readonly Group[];
  /**
   * Newcomers of the group that has the lock who may join it in one turn though others wait; an integer
   * ≥ 0. Default 4. A turn lasts until nobody of the group has the lock any more.
   */
  maxBatch?: number;
}

const DEFAULT_MAX_BATCH = 4;

/**
 * Lets in any number of holders of one group at a time; between groups, first come, first served.
 * @example
 * const io = new GroupLock({ name: 'io', groups: ['buffered', 'direct'] });
 * await io.run('direct', async () => { … });
 */
export class GroupLock<Group extends string = string> extends Lock {
  readonly #groups: readonly Group[];
  readonly #maxBatch: number;
  /** The group that has the lock, or had it last, by its number. */
  #current = 0;
  #holders = 0;
  /** Newcomers who may still join in this turn. */
  #allowance = 0;

  /** @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad or unknown option. */
  constructor(options: GroupLockOptions<Group>) {
    checkOptions(options, [...LOCK_KEYS, 'groups', 'maxBatch']);
    const { groups, maxBatch = DEFAULT_MAX_BATCH } = options;
    checkGroups(groups);
    checkCount('maxBatch', maxBatch, 0);
    super(createWatch(options, { kind: 'grouplock', isFair: true }));
    this.#groups = [...groups];
    this.#maxBatch = maxBatch;
  }

  /** The group that has the lock now. */
  get group(): Group | undefined {
    return this.#holders === 0 ? undefined : this.#groups[this.#current];
  }

  /**
   * Waits until nobody of another group has the lock or is before it. Rejects as `options` say, and for bad
   * ones or an unknown group with `ERR_INVALID_ARGUMENT`.
   */
  acquire(group: Group, options?: AcquireOptions): Promise<Hold> {
    return this.#acquire(group, options, false);
  }

  /**
   * Takes the lock for the group if that needs no waiting.
   * @throws LockdepError `ERR_INVALID_ARGUMENT` for an unknown group.
   */
  tryAcquire(group: Group): Hold | undefined {
    return this.tryAcquireAs(SHARED, this.#numberOf(group), TRY_SHARED);
  }

  /** Runs `fn` with the lock held for the group, and releases it however `fn` ends. */
  run<T>(group: Group, fn: (hold: Hold) => T | PromiseLike<T>, options?: AcquireOptions): Promise<T> {
    checkFunction('fn', fn);
    return this.runAs<T>(this.#acquire(group, options, true), fn);
  }

  /** Resolves at the next moment nobody of another group has the lock, and takes nothing. */
  waitForUnlock(group: Group, options?: WaitOptions): Promise<void> {
    const number = this.#groups.indexOf(group);
    return number === -1 ? this.#refuse(group) : this.waitUntilFits(SHARED, number, options);
  }

  #acquire(group: Group, options: AcquireOptions | undefined, isScoped: boolean): Promise<Hold> {
    const number = this.#groups.indexOf(group);
    if (number === -1) return this.#refuse(group);
    // A hold of a group is a shared hold: it does not mind its like, but stands behind whoever waits.
    return this.acquireAs(SHARED, number, options, isScoped);
  }

  async #refuse(group: Group): Promise<never> {
    return rejectGroup(this.#groups, group);
  }

  #numberOf(group: Group): number {
    const number = this.#groups.indexOf(group);
    return number === -1 ? rejectGroup(this.#groups, group) : number;
  }

  protected override fits(_code: number, group: number): boolean {
    return this.#holders === 0 || group === this.#current;
  }

  protected override letPast(_code: number, group: number): boolean {
    if (this.#holders === 0 || group !== this.#current || this.#allowance === 0) return false;
    this.#allowance--;
    return true;
  }

  protected override isInUse(): boolean {
    return this.#holders > 0;
  }

  protected override take(_code: number, group: number): void {
    if (this.#holders++ > 0) return;
    this.#current = group;
    this.#allowance = this.#maxBatch;
  }

  protected override free(): void {
    this.#holders--;
  }

  /** @internal */
  override createHold(code: number, units: number, obligation: Obligation | null): Hold {
    return new Hold(this, code, units, obligation);
  }
}

function rejectGroup(groups: readonly string[], group: unknown): never {
  return rejectArgument('group', `one of '${groups.join("', '")}'`, group);
}

function checkGroups(groups: unknown): void {
  const expected = 'an array of two or more different names';
  if (!Array.isArray(groups)) rejectArgument('groups', expected, groups);
  for (const group of groups as unknown[]) {
    if (typeof group !== 'string' || group === '')
      rejectArgument('groups', 'an array of non-empty strings', group);
  }
  if (groups.length < 2 || new Set(groups).size !== groups.length)
    rejectArgument('groups', expected, groups.join(', '));
}
