import { Reader } from './reader.ts';

/**
 * The component without any custom section, at every level: names for debuggers, producers, documentation comments
 * and the like. They are the author's free text, nothing needs them to run, and documentation comments become part of
 * what jco generates. Expects bytes that `surveyComponent` accepted.
 */
export function stripCustomSections(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const size = collect(new Reader(bytes, 0, bytes.byteLength), parts);
  const result = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.byteLength;
  }
  return result;
}

/** Appends the parts of one module or component, and returns their size. */
function collect(reader: Reader, parts: Uint8Array[]): number {
  const component = reader.bytes[reader.offset + 6] === 1;
  parts.push(reader.bytes.subarray(reader.offset, reader.offset + 8));
  reader.skip(8);
  let size = 8;
  while (!reader.done) {
    const start = reader.offset;
    const id = reader.u8();
    const body = reader.range(reader.u32());
    if (id === 0) continue;
    if (component && (id === 1 || id === 4)) {
      const inner: Uint8Array[] = [];
      const length = collect(body, inner);
      const header = Uint8Array.from([id, ...leb(length)]);
      parts.push(header, ...inner);
      size += header.byteLength + length;
    } else {
      parts.push(reader.bytes.subarray(start, reader.offset));
      size += reader.offset - start;
    }
  }
  return size;
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest === 0 ? byte : byte | 0x80);
  } while (rest !== 0);
  return bytes;
}
