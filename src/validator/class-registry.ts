/** Which lock classes there are, and the nodes that stand for them in the graph. */
import type { DependencyGraph, NodeAttributes } from '../graph/dependency-graph.ts';
import { type EdgePlaces, LockClass, type LockClassOptions } from './lock-class.ts';
import { placeOf } from './source-position.ts';
import type { RawStack } from './stack-trace.ts';

/** Kinds that somebody waits for as for whoever runs what comes next. */
const EXECUTOR_KINDS: ReadonlySet<string | undefined> = new Set(['executor', 'rcu', 'context']);

export class ClassRegistry {
  readonly #graph: DependencyGraph<EdgePlaces>;
  readonly #takePlace: () => RawStack;
  /** By node. */
  readonly classes: LockClass[] = [];
  readonly #attributes: NodeAttributes[] = [];
  readonly #byKey = new Map<string, LockClass>();

  /** `takePlace` says where the program is now. */
  constructor(graph: DependencyGraph<EdgePlaces>, takePlace: () => RawStack) {
    this.#graph = graph;
    this.#takePlace = takePlace;
  }

  /**
   * The class of locks made here, or at `madeAt`: by name, else by the place. Locks of one name are one class if
   * they are of one kind and size.
   */
  classOf(name: string | undefined, options: LockClassOptions, madeAt?: RawStack): LockClass {
    const { kind = 'mutex', permits = 1 } = options;
    const keyOf = (text: string): string => `${kind} ${permits} ${text}`;
    const known = name === undefined ? undefined : this.#byKey.get(keyOf(name));
    if (known !== undefined) return known;
    const site = madeAt ?? this.#takePlace();
    const [place] = site;
    const key = keyOf(
      name ?? (place === undefined ? UNKNOWN_PLACE : `${place.file}:${place.line}:${place.column}`),
    );
    const nameNow = (): string => name ?? (place === undefined ? UNKNOWN_PLACE : placeOf(place));
    return this.#byKey.get(key) ?? this.#add(key, name, nameNow, site, options);
  }

  /** The class that requests of a subclass belong to; 0 is the class itself. */
  subclassOf(lockClass: LockClass, subclass: number): LockClass {
    if (subclass === 0) return lockClass;
    const known = lockClass.subclasses.get(subclass);
    if (known !== undefined) return known;
    const created = this.#derive(lockClass, `/${subclass}`);
    lockClass.subclasses.set(subclass, created);
    return created;
  }

  /** The class of what belongs to the locks of a class, such as the members of a family. */
  partOf(lockClass: LockClass, part: string): LockClass {
    const suffix = `.${part}`;
    return this.#byKey.get(keyOfDerived(lockClass, suffix)) ?? this.#derive(lockClass, suffix);
  }

  /** A class of the same options, named after `lockClass`. */
  #derive(lockClass: LockClass, suffix: string): LockClass {
    const { givenName, site, options } = lockClass;
    const base = this.#attributes[lockClass.node]!;
    const name = givenName === undefined ? undefined : givenName + suffix;
    return this.#add(keyOfDerived(lockClass, suffix), name, () => base.name + suffix, site, options);
  }

  /** Classes of that name, of whatever kind. */
  named(name: string): LockClass[] {
    return this.classes.filter(({ givenName }) => givenName === name);
  }

  /** Puts all classes into an emptied graph again, with nothing known of them. */
  forget(): void {
    for (const [node, lockClass] of this.classes.entries()) {
      this.#graph.addNode(this.#attributes[node]!);
      lockClass.forget();
    }
  }

  #add(
    key: string,
    givenName: string | undefined,
    nameNow: () => string,
    site: RawStack,
    options: LockClassOptions,
  ): LockClass {
    const { permits = 1 } = options;
    const attributes: NodeAttributes = {
      // A place is mapped to the original source when somebody reads it, and not before.
      get name(): string {
        return lockClass.keys === null ? nameNow() : `${nameNow()}[${lockClass.keys.read()}]`;
      },
      // Whoever waits for an executor may be waiting for any one of its jobs, whatever its places.
      capacity: options.kind === 'executor' ? 1 : permits,
      get isFair(): boolean {
        return lockClass.isFair;
      },
      isExecutor: EXECUTOR_KINDS.has(options.kind),
      isSerial: options.isSerial ?? false,
      isBounded: options.kind === 'executor' && permits > 1 && permits < Infinity,
      isExempt: options.isExempt ?? false,
      isPerCpu: options.isPerCpu ?? false,
    };
    const node = this.#graph.addNode(attributes);
    const lockClass = new LockClass(givenName, node, site, options);
    this.#byKey.set(key, lockClass);
    this.classes[node] = lockClass;
    this.#attributes[node] = attributes;
    return lockClass;
  }
}

function keyOfDerived({ node }: LockClass, suffix: string): string {
  return `${node}${suffix}`;
}

const UNKNOWN_PLACE = 'unknown place';
