/**
 * Text as it is behind the escapes of one scheme, and where in the text each byte of it stands. What looks for a value
 * there finds it however many of its characters a server has escaped, in whichever of the scheme's forms. Each scheme is
 * undone by itself: it escapes its own sign, so that nothing that a guest puts in front of a value hides it.
 */
export interface Unescaped {
  readonly bytes: Uint8Array;
  /** Of each byte, where its escape (or it itself) begins in the text; then the length of the text. */
  readonly starts: Uint32Array;
}

interface Escape {
  /** Bytes that it takes in the text. */
  readonly length: number;
  readonly code: number;
  /** Whether the code is a byte, and not a character. */
  readonly isByte: boolean;
}

type Scheme = readonly [sign: number, read: (bytes: Uint8Array, at: number) => Escape | undefined];

const [PERCENT, BACKSLASH, AMPERSAND] = [0x25, 0x5c, 0x26];

/** The value of so many hexadecimal digits; -1 where there are not so many. */
function hex(bytes: Uint8Array, at: number, digits: number): number {
  let value = 0;
  for (let n = at; n < at + digits; n += 1) {
    const byte = bytes[n] ?? 0;
    const letter = byte | 0x20;
    if (byte >= 0x30 && byte <= 0x39) value = value * 16 + byte - 0x30;
    else if (letter >= 0x61 && letter <= 0x66) value = value * 16 + letter - 0x57;
    else return -1;
  }
  return value;
}

/** There are many of them: none is made anew. */
const percents = Array.from({ length: 256 }, (_, code): Escape => ({
  length: 3,
  code,
  isByte: true,
}));

function percent(bytes: Uint8Array, at: number): Escape | undefined {
  return percents[hex(bytes, at + 1, 2)];
}

/** By the character behind the backslash. */
const simple: (Escape | undefined)[] = [];
for (const pair of ['""', "''", '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  simple[pair.charCodeAt(0)] = { length: 2, code: pair.charCodeAt(1), isByte: true };
}

/** JSON, and the strings of most languages. */
function backslash(bytes: Uint8Array, at: number): Escape | undefined {
  const name = bytes[at + 1] ?? 0;
  if (name === 0x75) {
    const code = hex(bytes, at + 2, 4);
    if (code < 0) return undefined;
    const isHigh = code >= 0xd800 && code < 0xdc00;
    const isPair = isHigh && bytes[at + 6] === BACKSLASH && bytes[at + 7] === 0x75;
    const low = isPair ? hex(bytes, at + 8, 4) : -1;
    if (low < 0xdc00 || low > 0xdfff) return { length: 6, code, isByte: false };
    return { length: 12, code: 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff), isByte: false };
  }
  if (name === 0x78) {
    const code = hex(bytes, at + 2, 2);
    return code < 0 ? undefined : { length: 4, code, isByte: true };
  }
  return simple[name];
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/** HTML and XML: the five names that every encoder knows, and numbers. */
function ampersand(bytes: Uint8Array, at: number): Escape | undefined {
  const end = bytes.subarray(at, at + 10).indexOf(0x3b);
  if (end < 2) return undefined;
  const name = String.fromCharCode(...bytes.subarray(at + 1, at + end));
  const number = /^#(?:x([0-9a-f]+)|(\d+))$/i.exec(name);
  const code =
    number === null
      ? Object.hasOwn(entities, name)
        ? entities[name]!.charCodeAt(0)
        : -1
      : Number.parseInt(number[1] ?? number[2]!, number[1] === undefined ? 10 : 16);
  return code < 0 || code > 0x10ffff ? undefined : { length: end + 1, code, isByte: false };
}

const schemes: readonly Scheme[] = [
  [PERCENT, percent],
  [BACKSLASH, backslash],
  [AMPERSAND, ampersand],
];

/** The text without the escapes of each scheme whose sign is in it. */
export function viewsOf(text: Uint8Array): Unescaped[] {
  return schemes.flatMap((scheme) => unescape(text, scheme) ?? []);
}

/** The text without the escapes of a scheme; undefined where its sign is not in it. */
function unescape(text: Uint8Array, [sign, read]: Scheme): Unescaped | undefined {
  let next = text.indexOf(sign);
  if (next < 0) return undefined;
  // No escape is shorter than what it stands for.
  const bytes = new Uint8Array(text.length);
  const starts = new Uint32Array(text.length + 1);
  let count = 0;
  for (let at = 0; at < text.length;) {
    const end = next < 0 ? text.length : next;
    if (at < end) bytes.set(text.subarray(at, end), count);
    while (at < end) starts[count++] = at++;
    if (at === text.length) break;
    const escape = read(text, at);
    const code = escape === undefined ? sign : escape.code;
    if (code < 0x80 || escape?.isByte === true) {
      starts[count] = at;
      bytes[count++] = code;
    } else {
      for (const byte of Buffer.from(String.fromCodePoint(code), 'utf8')) {
        starts[count] = at;
        bytes[count++] = byte;
      }
    }
    at += escape?.length ?? 1;
    next = text.indexOf(sign, at);
  }
  starts[count] = text.length;
  return { bytes: bytes.subarray(0, count), starts: starts.subarray(0, count + 1) };
}

/** Where the escape that `at` stands within begins; `at` itself where it stands within none. */
export function outside({ starts }: Unescaped, at: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= at) low = middle;
    else high = middle - 1;
  }
  return starts[low]!;
}

/** Where in the text a piece of what is behind the escapes stands. */
export function placeOf({ starts }: Unescaped, at: number, length: number): [number, number] {
  let after = at + length;
  // Of an escape of several bytes, all.
  while (after < starts.length - 1 && starts[after] === starts[after - 1]) after += 1;
  return [starts[at]!, starts[after]!];
}
