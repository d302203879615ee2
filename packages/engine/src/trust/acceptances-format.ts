/** The text of the acceptances file. */

export interface Acceptance {
  /** `packageDigest` of what was accepted. */
  readonly digest: string;
  /** Digest of the authority that was shown, with absolute paths. */
  readonly authority: string;
  /** Name of the skill. */
  readonly skill: string;
  /** Its version then. */
  readonly version: string;
  /** Who accepted. */
  readonly approver: string;
  /** ISO 8601, UTC. */
  readonly time: string;
}

const format = 1;
const fields = ['digest', 'authority', 'skill', 'version', 'approver', 'time'] as const;
const digests: ReadonlySet<string> = new Set(['digest', 'authority']);

export function encodeAcceptances(acceptances: readonly Acceptance[]): string {
  return `${JSON.stringify({ format, acceptances }, undefined, 2)}\n`;
}

/** @throws Error when the text is not what {@link encodeAcceptances} writes: nothing of it counts then */
export function decodeAcceptances(text: string): readonly Acceptance[] {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value) || value['format'] !== format || !Array.isArray(value['acceptances'])) {
    throw new Error(`it is not an acceptances file of format ${format}`);
  }
  return value['acceptances'].map((entry: unknown, index) => {
    if (isRecord(entry) && fields.every((field) => isField(entry, field))) {
      return entry as unknown as Acceptance;
    }
    throw new Error(`its entry ${index} is damaged`);
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isField(entry: Record<string, unknown>, field: string): boolean {
  const value = Object.hasOwn(entry, field) ? entry[field] : undefined;
  if (typeof value !== 'string') return false;
  return !digests.has(field) || /^[0-9a-f]{64}$/.test(value);
}
