/** The forms in which a value is recognised: as it is, and as programs commonly write it elsewhere. */

export interface Needle {
  readonly bytes: Uint8Array;
  /**
   * In base64, the characters around those that are wholly the value's hold some of its bits, too: they go along, if
   * they are of the alphabet.
   */
  readonly base64: boolean;
  /** Whether to look for it behind escapes, too. */
  readonly escaped: boolean;
}

/** Shorter forms would be found everywhere. */
export const SHORTEST_VALUE = 4;

/** Of any character's escape, for each of its bytes: `\u0041`, `&quot;`, `&#039;`. */
export const ESCAPE_BYTES = 6;

/** Inside any longer text, the value begins at one of three places of a group of base64. */
function base64(bytes: Uint8Array): string[] {
  return [0, 1, 2].map((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes]);
    const text = padded.toString('base64').replace(/=+$/, '');
    const begin = Math.ceil((before * 8) / 6);
    const end = Math.floor((padded.length * 8) / 6);
    padded.fill(0);
    return text.slice(begin, end);
  });
}

/** In UTF-16, little and big end first. */
function utf16(bytes: Uint8Array): Buffer[] {
  const little = Buffer.from(Buffer.from(bytes).toString('utf8'), 'utf16le');
  return [little, Buffer.from(little).swap16()];
}

export function needlesOf(value: Uint8Array): Needle[] {
  if (value.length < SHORTEST_VALUE) return [];
  const own = formsOf(value);
  // Servers take the bytes of a header for Latin-1, and write what they took in UTF-8.
  const again = value.some((byte) => byte >= 0x80)
    ? formsOf(Buffer.from(Buffer.from(value).toString('latin1'), 'utf8'))
    : [];
  const keyOf = ({ bytes, ...kind }: Needle) =>
    `${JSON.stringify(kind)} ${Buffer.from(bytes).toString('latin1')}`;
  return [...new Map([...own, ...again].map((needle) => [keyOf(needle), needle])).values()];
}

function formsOf(value: Uint8Array): Needle[] {
  const plain = (bytes: Uint8Array): Needle => ({
    bytes: new Uint8Array(bytes),
    base64: false,
    escaped: false,
  });
  const hex = Buffer.from(value).toString('hex');
  const encoded = base64(value).filter((core) => core.length >= SHORTEST_VALUE);
  const url = encoded.map((core) => core.replaceAll('+', '-').replaceAll('/', '_'));
  return [
    { ...plain(value), escaped: true },
    // A form has a plus for a space, and its own plus in escapes.
    { ...plain(value.map((byte) => (byte === 0x20 ? 0x2b : byte))), escaped: true },
    ...[hex, hex.toUpperCase()].map((text) => plain(Buffer.from(text))),
    ...utf16(value).map(plain),
    ...[...new Set([...encoded, ...url])].map((text) => ({
      ...plain(Buffer.from(text)),
      base64: true,
      escaped: true,
    })),
  ];
}
