/**
 * Locks by key: one class for all that one object has, one lock for each key. Nesting two keys is a finding
 * only where the orders that were seen contradict each other.
 */
import { KeyPattern } from '../../validator/key-pattern.ts';
import type { LockClass } from '../../validator/lock-class.ts';
import type { Validator } from '../../validator/validator.ts';
import { Resource, type ResourceOptions } from './resource.ts';

/** Keys come and go: beyond so many the oldest is forgotten, and is a new lock when it comes again. */
const MAX_KEYS = 65_536;

export class KeyedResources {
  readonly validator: Validator;
  readonly #options: ResourceOptions;
  readonly #byKey = new Map<PropertyKey, Resource>();
  #lockClass: LockClass | undefined;

  constructor(validator: Validator, options: ResourceOptions) {
    this.validator = validator;
    this.#options = { ...options, sameClass: 'instances' };
  }

  /** The lock of this key. */
  of(key: PropertyKey): Resource {
    return this.#byKey.get(key) ?? this.#add(key);
  }

  #add(key: PropertyKey): Resource {
    if (this.#byKey.size >= MAX_KEYS) this.#byKey.delete(this.#byKey.keys().next().value!);
    const resource = new Resource(this.validator, { ...this.#options, lockClass: this.#lockClass });
    this.#lockClass = resource.lockClass;
    (resource.lockClass.keys ??= new KeyPattern()).add(String(key));
    this.#byKey.set(key, resource);
    return resource;
  }
}
