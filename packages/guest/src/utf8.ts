/** UTF-8 for a JavaScript engine that has neither TextEncoder nor TextDecoder. */

/** The most arguments handed to one call: more would overflow the engine's stack. */
const argumentLimit = 4096;

/** The bytes of `text` in UTF-8. A lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const binary = unescape(encodeURIComponent(text.toWellFormed()));
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** How many bytes at the end of `bytes` begin a sequence that they don't complete. */
function unfinishedBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return back < length ? back : 0;
  }
  return 0;
}

function percentDecode(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += argumentLimit) {
    const codes = bytes.subarray(at, at + argumentLimit);
    binary += String.fromCharCode.apply(null, codes as unknown as number[]);
  }
  return decodeURIComponent(escape(binary));
}

const continuation = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= 0x80 && byte < 0xc0;

/** The length of the well-formed sequence at `at`, or 0. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  const second = bytes[at + 1];
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4 || !continuation(second)) return 0;
  if (first < 0xe0) return 2;
  if ((first === 0xe0 && second! < 0xa0) || (first === 0xed && second! > 0x9f)) return 0;
  if ((first === 0xf0 && second! < 0x90) || (first === 0xf4 && second! > 0x8f)) return 0;
  if (!continuation(bytes[at + 2])) return 0;
  if (first < 0xf0) return 3;
  return continuation(bytes[at + 3]) ? 4 : 0;
}

/** Like {@link percentDecode}, with U+FFFD for every byte that belongs to no character. */
function decodeLoosely(bytes: Uint8Array): string {
  let text = '';
  let start = 0;
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      text += `${percentDecode(bytes.subarray(start, at))}\ufffd`;
      start = at + 1;
    }
    at += Math.max(length, 1);
  }
  return text + percentDecode(bytes.subarray(start));
}

/** The text of bytes in UTF-8; U+FFFD for every byte that belongs to no character. */
export function decodeUtf8(bytes: Uint8Array): string {
  const decoder = new Utf8Decoder();
  return decoder.decode(bytes) + decoder.finish();
}

/** Decodes UTF-8 that arrives in pieces, cut anywhere. */
export class Utf8Decoder {
  /** Whether all bytes so far were UTF-8. */
  wellFormed = true;
  #carried = new Uint8Array(0);

  /** The text of the next bytes, without a character that they only begin. */
  decode(bytes: Uint8Array): string {
    const all = new Uint8Array(this.#carried.length + bytes.length);
    all.set(this.#carried);
    all.set(bytes, this.#carried.length);
    const end = all.length - unfinishedBytes(all);
    this.#carried = all.slice(end);
    return this.#text(all.subarray(0, end));
  }

  /** The text of what was begun and never completed. */
  finish(): string {
    const rest = this.#carried;
    this.#carried = new Uint8Array(0);
    return this.#text(rest);
  }

  #text(bytes: Uint8Array): string {
    try {
      return percentDecode(bytes);
    } catch {
      this.wellFormed = false;
      return decodeLoosely(bytes);
    }
  }
}
