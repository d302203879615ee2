/** What a guest was refused, and how the manifest would have to read for it to be allowed. Plain data. */

/** Stable: embedders and audit records depend on them. Documented in `docs/reference/manifest.md`. */
export const denialCodes = [
  'FILESYSTEM_NOT_GRANTED',
  'FILESYSTEM_READ_ONLY',
  'FILESYSTEM_FORBIDDEN',
  'FILESYSTEM_ESCAPE',
  'FILESYSTEM_KIND',
  'NETWORK_NOT_GRANTED',
  'NETWORK_PROTOCOL',
  'NETWORK_PORT',
  'NETWORK_SPECIAL_ADDRESS',
  'NETWORK_MALFORMED',
  'NETWORK_LISTEN',
  'ENVIRONMENT_NOT_GRANTED',
  'ENVIRONMENT_BLOCKED',
  'ENVIRONMENT_SENSITIVE',
  'INTERFACE_NOT_GRANTED',
  'CREDENTIAL_NOT_GRANTED',
  'CREDENTIAL_MISPLACED',
  'COMMAND_NOT_ALLOWED',
  'COMMAND_ARGUMENT',
  'COMMAND_RULE',
  'COMMAND_CHANGED',
] as const;

/** Which kind of access was refused, and for which reason. */
export type DenialCode = (typeof denialCodes)[number];

/**
 * One access that was refused, with what would allow it. Equal ones of one invocation are one denial with a `count`.
 */
export interface Denial {
  readonly code: DenialCode;
  /** The path, `protocol://host:port`, variable, interface, credential or command that was asked for; guest's text, unescaped. */
  readonly resource: string;
  /** What was to be done with it, such as `read`, `create` or `connect`. */
  readonly operation: string;
  /** The part and the rule that decided, with its place in the manifest if it has one. */
  readonly rule: string;
  /**
   * One section of the manifest, line by line, as it has to be for this to be allowed; it replaces the section of the
   * same name. Two sections if `overrides` denies too. Empty if no manifest can allow it.
   */
  readonly allow: readonly string[];
  /** How often, in one invocation. */
  readonly count: number;
}

const maximumResource = 1024;

export function denial(
  code: DenialCode,
  resource: string,
  operation: string,
  rule: string,
  allow: readonly string[] = [],
): Denial {
  return { code, resource: resource.slice(0, maximumResource), operation, rule, allow, count: 1 };
}

/** The denials of one invocation: equal ones are counted, and a guest that tries ever new ones fills no memory. */
export class DenialLog {
  readonly #limit: number;
  readonly #entries = new Map<string, Denial>();
  #unlisted = 0;

  /** @param limit how many different denials are listed */
  constructor(limit = 100) {
    this.#limit = limit;
  }

  add(entry: Denial): void {
    const key = `${entry.code}\0${entry.operation}\0${entry.resource}`;
    const known = this.#entries.get(key);
    if (known !== undefined) this.#entries.set(key, { ...known, count: known.count + entry.count });
    else if (this.#entries.size < this.#limit) this.#entries.set(key, entry);
    else this.#unlisted += entry.count;
  }

  /** In the order of their first appearance. */
  list(): readonly Denial[] {
    return [...this.#entries.values()];
  }

  /** How many denials are not in the list. */
  get unlisted(): number {
    return this.#unlisted;
  }
}
