/** Base64 of RFC 4648 §4, with padding; nothing but JavaScript, for the isolate has little else. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const values = new Map([...alphabet].map((character, index) => [character.charCodeAt(0), index]));

export function toBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let start = 0; start < bytes.length; start += 12_288) {
    let part = '';
    const end = Math.min(start + 12_288, bytes.length);
    for (let at = start; at < end; at += 3) {
      const left = end - at;
      const word = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
      part += alphabet[word >> 18]! + alphabet[(word >> 12) & 63]!;
      part += left > 1 ? alphabet[(word >> 6) & 63]! : '=';
      part += left > 2 ? alphabet[word & 63]! : '=';
    }
    parts.push(part);
  }
  return parts.join('');
}

/** `undefined` for what is no base64: other characters, a wrong length, or bits behind the end. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const characters = text.length - padding;
  const bytes = new Uint8Array(Math.floor((characters * 3) / 4));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (let index = 0; index < characters; index += 1) {
    const value = values.get(text.charCodeAt(index));
    if (value === undefined) return undefined;
    word = ((word << 6) | value) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (word >> bits) & 0xff;
    }
  }
  return (word & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}
