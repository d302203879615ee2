/** A value that is not of its type. `path` reads like `point.x` or `items[3]`. */
export class WitMismatch extends Error {
  readonly path: string;
  readonly expected: string;
  constructor(path: string, expected: string) {
    super(`${path || 'the value'} must be ${expected}`);
    this.path = path;
    this.expected = expected;
  }
}

export function member(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
