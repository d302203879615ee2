/** The spellings under which a value is recognised: as it is, and as programs commonly write it elsewhere. */

export interface Pattern {
  readonly bytes: Uint8Array;
  /**
   * In base64, the characters around those that are wholly the value's hold some of its bits, too: they go along, if
   * they are of the alphabet.
   */
  readonly base64: boolean;
}

/** Shorter spellings would be found everywhere. */
export const SHORTEST_VALUE = 4;

const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

function percent(bytes: Uint8Array, keep: RegExp, lower: boolean): string {
  return [...bytes]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      if (keep.test(character)) return character;
      const hex = byte.toString(16).padStart(2, '0');
      return `%${lower ? hex : hex.toUpperCase()}`;
    })
    .join('');
}

/** As libraries write a string: with or without escapes for what is not ASCII, for `/`, and for what HTML takes. */
function json(bytes: Uint8Array): string[] {
  const unicode = (text: string, characters: RegExp, lower: boolean): string =>
    text.replaceAll(characters, (character) => {
      const hex = character.charCodeAt(0).toString(16).padStart(4, '0');
      return `\\u${lower ? hex : hex.toUpperCase()}`;
    });
  let spellings = [JSON.stringify(Buffer.from(bytes).toString('utf8')).slice(1, -1)];
  for (const characters of [/[\u0080-\uffff]/g, /[<>&]/g, /[<>&']/g]) {
    spellings = spellings.flatMap((text) => [
      text,
      unicode(text, characters, true),
      unicode(text, characters, false),
    ]);
  }
  spellings = [...new Set(spellings)].flatMap((text) => [text, text.replaceAll('/', '\\/')]);
  return spellings.map((text) => Buffer.from(text, 'utf8').toString('latin1'));
}

function html(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString('latin1');
  const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return ['&#39;', '&#x27;', '&apos;'].map((quote) =>
    text.replaceAll(/[&<>"']/g, (character) => named[character] ?? quote),
  );
}

/** Inside any longer text, the value begins at one of three places of a group of base64. */
function base64(bytes: Uint8Array): string[] {
  return [0, 1, 2].flatMap((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes]);
    const text = padded.toString('base64').replace(/=+$/, '');
    const begin = Math.ceil((before * 8) / 6);
    const end = Math.floor((padded.length * 8) / 6);
    const core = text.slice(begin, end);
    padded.fill(0);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** The longest first. */
export function patternsOf(value: Uint8Array): Pattern[] {
  if (value.length < SHORTEST_VALUE) return [];
  const own = spellingsOf(value);
  // Servers take the bytes of a header for Latin-1, and write what they took in UTF-8.
  const again = value.some((byte) => byte >= 0x80)
    ? spellingsOf(Buffer.from(Buffer.from(value).toString('latin1'), 'utf8'))
    : [];
  const all = new Map([...own, ...again].map((pattern) => [keyOf(pattern), pattern]));
  return [...all.values()].toSorted((a, b) => b.bytes.length - a.bytes.length);
}

function keyOf({ bytes, base64: isBase64 }: Pattern): string {
  return `${isBase64} ${Buffer.from(bytes).toString('latin1')}`;
}

function spellingsOf(value: Uint8Array): Pattern[] {
  const hex = Buffer.from(value).toString('hex');
  const plain = new Set([
    Buffer.from(value).toString('latin1'),
    ...json(value),
    ...html(value),
    hex,
    hex.toUpperCase(),
  ]);
  for (const lower of [false, true]) {
    const form = percent(value, /[A-Za-z0-9*\-._ ]/, lower).replaceAll(' ', '+');
    plain.add(percent(value, /[A-Za-z0-9\-_.!~*'()]/, lower));
    plain.add(percent(value, /[A-Za-z0-9\-_.~]/, lower));
    plain.add(percent(value, /[A-Za-z0-9\-._~!$&'()*+,;=:@/?]/, lower));
    plain.add(percent(value, /[^\s\S]/, lower));
    plain.add(form);
  }
  const encoded = new Set(base64(value).filter((core) => core.length >= SHORTEST_VALUE));
  return [
    ...[...plain].map((text) => ({ bytes: latin1(text), base64: false })),
    ...[...encoded].map((text) => ({ bytes: latin1(text), base64: true })),
  ];
}
