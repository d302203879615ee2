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
  const values = [value, trimmed(value)];
  // Servers take the bytes of a header for Latin-1, and write what they took in UTF-8.
  const again = values
    .filter((one) => one.some((byte) => byte >= 0x80))
    .map((one) => Buffer.from(Buffer.from(one).toString('latin1'), 'utf8'));
  const needles = [...values, ...again]
    .filter((one) => one.length >= SHORTEST_VALUE)
    .flatMap((one) => formsOf(one));
  const keyOf = ({ bytes, ...kind }: Needle) =>
    `${JSON.stringify(kind)} ${Buffer.from(bytes).toString('latin1')}`;
  return [...new Map(needles.map((needle) => [keyOf(needle), needle])).values()];
}

/** As headers and forms are read: without white space around it. */
function trimmed(value: Uint8Array): Uint8Array {
  const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
  const begin = value.findIndex((byte) => !isSpace(byte));
  const end = value.findLastIndex((byte) => !isSpace(byte));
  return begin < 0 ? value.subarray(0, 0) : value.subarray(begin, end + 1);
}

/** Letters of ASCII in one case, as servers write names that they compare. */
function inCase(value: Uint8Array, first: number, change: number): Uint8Array {
  return value.map((byte) => (byte >= first && byte < first + 26 ? byte + change : byte));
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
    { ...plain(inCase(value, 0x41, 0x20)), escaped: true },
    { ...plain(inCase(value, 0x61, -0x20)), escaped: true },
    ...[hex, hex.toUpperCase()].map((text) => plain(Buffer.from(text))),
    ...utf16(value).map(plain),
    ...[...new Set([...encoded, ...url])].map((text) => ({
      ...plain(Buffer.from(text)),
      base64: true,
      escaped: true,
    })),
  ];
}
