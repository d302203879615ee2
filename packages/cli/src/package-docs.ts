/** Puts documentation into a component: the custom section `package-docs` at its end, in place of one that is there. Pure. */
import type { WitDocs } from './wit-docs.ts';

const NAME = 'package-docs';

/** @throws a plain error for what is no component */
export function withDocs(component: Uint8Array, docs: WitDocs): Uint8Array {
  const magic = [0, 0x61, 0x73, 0x6d];
  if (!magic.every((byte, index) => component[index] === byte) || component[6] !== 1) {
    throw new Error('it is no component');
  }
  const text = new TextEncoder().encode(JSON.stringify(docs));
  const name = new TextEncoder().encode(NAME);
  const head = Uint8Array.from([name.length, ...name, 1]);
  const header = Uint8Array.from([0, ...leb(head.length + text.length)]);
  return joined([...without(component), header, head, text]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The bytes without such a section of the outermost level. */
function without(component: Uint8Array): Uint8Array[] {
  const kept = [component.subarray(0, 8)];
  for (let at = 8; at < component.length;) {
    const size = read(component, at + 1);
    const end = size.end + size.value;
    if (end > component.length) throw new Error('it is cut off');
    if (component[at] !== 0 || nameAt(component, size.end) !== NAME) {
      kept.push(component.subarray(at, end));
    }
    at = end;
  }
  return kept;
}

function nameAt(bytes: Uint8Array, at: number): string {
  const length = read(bytes, at);
  return new TextDecoder().decode(bytes.subarray(length.end, length.end + length.value));
}

function read(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  let end = at;
  for (let shift = 1; ; shift *= 128) {
    const byte = bytes[end];
    end += 1;
    if (byte === undefined || shift > 2 ** 28) throw new Error('it is cut off');
    value += (byte & 0x7f) * shift;
    if (byte < 0x80) return { value, end };
  }
}

function leb(value: number): number[] {
  const rest = Math.floor(value / 128);
  return rest === 0 ? [value] : [(value % 128) | 0x80, ...leb(rest)];
}
