/** Reads an unsigned LEB128 number; returns it and where it ends. */
function u32(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}

const importSection = 10;

/**
 * Replaces `from` by `to`, of the same length, in the names that a component imports; not in the
 * components and modules that it holds, which have names of their own for them.
 */
export function renameImports(component: Uint8Array, from: string, to: string): Uint8Array {
  const bytes = Buffer.from(component);
  const before = Buffer.from(from);
  if (Buffer.byteLength(to) !== before.length) throw new Error('the two names differ in length');
  for (let at = 8; at < bytes.length;) {
    const section = bytes[at]!;
    const [size, start] = u32(bytes, at + 1);
    at = start + size;
    if (section !== importSection) continue;
    const names = bytes.subarray(start, at);
    for (let found = names.indexOf(before); found >= 0; found = names.indexOf(before, found)) {
      names.write(to, found);
    }
  }
  return bytes;
}
