/** A constructor that returns its argument lets a subclass put private fields on any object. */
const Identity = function (object: object) {
  return object;
} as unknown as new (object: object) => object;

/** Something kept with objects of a library, seen by nobody else, and ten times faster than a `WeakMap`. */
export interface Slot<T> {
  read(object: object): T | undefined;
  write(object: object, value: T): void;
}

export function createSlot<T>(): Slot<T> {
  class Stamp extends Identity {
    #value: T;

    constructor(object: object, value: T) {
      super(object);
      this.#value = value;
    }

    static read(object: object): T | undefined {
      return #value in object ? object.#value : undefined;
    }

    static write(object: object, value: T): void {
      if (#value in object) object.#value = value;
      // oxlint-disable-next-line no-new -- the constructor stamps its argument
      else new Stamp(object, value);
    }
  }
  return Stamp;
}
