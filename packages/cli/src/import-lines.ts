/** Lines of a manifest that an import writes. Pure. */

export interface Imported {
  readonly toml: string;
  /** What could not be carried over, each in one line. */
  readonly left: readonly string[];
}

export type Members = Readonly<Record<string, unknown>>;

export function members(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Members)
    : {};
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A value as TOML writes it: as JSON does, but DEL is escaped, too. */
export function literal(value: string | number | boolean | readonly (string | number)[]): string {
  return JSON.stringify(value).replaceAll('\u007f', String.raw`\u007f`);
}

/** A table of the manifest, or nothing where all of its values are missing or empty. */
export function table(
  header: string,
  values: Readonly<Record<string, Parameters<typeof literal>[0] | undefined>>,
): string[] {
  const lines = Object.entries(values).flatMap(([key, value]) => {
    if (value === undefined || (typeof value === 'object' && value.length === 0)) return [];
    const bare = /^[A-Za-z0-9_-]+$/u.test(key) ? key : literal(key);
    return [`${bare} = ${literal(typeof value === 'object' ? [...new Set(value)] : value)}`];
  });
  return lines.length === 0 ? [] : ['', header, ...lines];
}
