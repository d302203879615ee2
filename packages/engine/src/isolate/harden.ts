/**
 * Freezes everything that generated code could leave a trace in, so that what runs in one invocation can
 * neither change nor remember anything for the next. Reads no accessor and calls nothing of what it freezes.
 */

/** Objects that no property of the global object leads to. */
function hidden(): object[] {
  const stack = Object.getOwnPropertyDescriptor(new Error('for its accessors'), 'stack');
  const iterators = [
    [][Symbol.iterator](),
    ''[Symbol.iterator](),
    new Map().entries(),
    new Set().values(),
    ''.matchAll(/./g),
  ];
  return [
    ...iterators.map((iterator) => Object.getPrototypeOf(iterator) as object),
    function* () {},
    async () => {},
    async function* () {},
    ...[stack?.get, stack?.set].filter((accessor) => accessor !== undefined),
  ];
}

/** Freezes what is reachable from `roots` by prototypes, properties and accessors' functions. */
export function harden(roots: readonly object[]): void {
  const found = new Set<object>();
  const queue: object[] = [];
  const add = (value: unknown): void => {
    const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
    if (!isObject || found.has(value)) return;
    found.add(value);
    queue.push(value);
  };
  for (const root of [...roots, ...hidden()]) add(root);
  for (let object = queue.pop(); object !== undefined; object = queue.pop()) {
    add(Object.getPrototypeOf(object));
    for (const key of Reflect.ownKeys(object)) {
      const descriptor = Object.getOwnPropertyDescriptor(object, key);
      add(descriptor?.value);
      add(descriptor?.get);
      add(descriptor?.set);
    }
  }
  for (const object of found) Object.freeze(object);
}

/**
 * Lets instances have these properties of their own although the prototype's are frozen: assignment to an
 * inherited property that is read-only throws, and generated code assigns to `message`.
 */
export function allowOverride(prototype: object, keys: readonly PropertyKey[]): void {
  for (const key of keys) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, key);
    if (descriptor === undefined || !('value' in descriptor)) continue;
    const inherited: unknown = descriptor.value;
    Object.defineProperty(prototype, key, {
      get: () => inherited,
      set(this: object, value: unknown) {
        if (this === prototype) throw new TypeError('read-only');
        Object.defineProperty(this, key, {
          value,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      },
      configurable: false,
      enumerable: false,
    });
  }
}
