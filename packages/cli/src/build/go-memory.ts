/**
 * Go's runtime takes all memory above its own for granted, and its exports can't be called before it has started; but the adapter for
 * preview 1 asks for memory while it starts. So a skill in Go sets some aside, begun by a mark, and the module gets a function that hands
 * it out: `cabi_realloc_adapter`, which the adapter prefers.
 */
import { buildFailed } from './toolchain.ts';

/** What the variable begins with; `skill.go` has the same. */
const mark = Buffer.from('skill-engine:memory-for-adapter:');

/** How long the variable is. */
const reserved = 256 * 1024;

interface Section {
  readonly id: number;
  readonly body: Buffer;
}

export function withAdapterMemory(module: Uint8Array): Uint8Array {
  const bytes = Buffer.from(module);
  const sections = [...sectionsOf(bytes)];
  const count = (id: number) => {
    const body = sections.find((section) => section.id === id)?.body;
    return body === undefined ? 0 : u32(body, 0)[0];
  };
  const imported = importsOf(sections.find(({ id }) => id === 2)?.body);
  const start = addressOf(sections.find(({ id }) => id === 11)?.body) + mark.length;
  const end = start - mark.length + reserved;
  const name = Buffer.from('cabi_realloc_adapter');
  const global = leb(imported.globals + count(6));
  const added = new Map<number, Buffer>([
    [1, Buffer.from([0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f])],
    [3, leb(count(1))],
    [6, Buffer.concat([Buffer.from([0x7f, 1, 0x41]), sleb(start), Buffer.from([0x0b])])],
    [
      7,
      Buffer.concat([leb(name.length), name, Buffer.from([0]), leb(imported.functions + count(3))]),
    ],
    [10, codeOf(global, end)],
  ]);
  const parts = sections.map(({ id, body }) => {
    const more = added.get(id);
    if (more === undefined) return section(id, body);
    const [items, at] = u32(body, 0);
    return section(id, Buffer.concat([leb(items + 1), body.subarray(at), more]));
  });
  return Buffer.concat([bytes.subarray(0, 8), ...parts]);
}

/** `(old, old-size, align, size)`: the next aligned address, or a trap when it would pass the end. */
function codeOf(global: Buffer, end: number): Buffer {
  const body = Buffer.concat([
    Buffer.from([0, 0x23]),
    global,
    Buffer.from([0x20, 2, 0x41, 1, 0x6b, 0x6a, 0x41, 0, 0x20, 2, 0x6b, 0x71, 0x22, 0]),
    Buffer.from([0x20, 3, 0x6a, 0x24]),
    global,
    Buffer.from([0x23]),
    global,
    Buffer.from([0x41]),
    sleb(end),
    Buffer.from([0x4b, 0x04, 0x40, 0x00, 0x0b, 0x20, 0, 0x0b]),
  ]);
  return Buffer.concat([leb(body.length), body]);
}

function section(id: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([id]), leb(body.length), body]);
}

function* sectionsOf(bytes: Buffer): Generator<Section> {
  for (let at = 8; at < bytes.length;) {
    const id = bytes[at]!;
    const [size, start] = u32(bytes, at + 1);
    at = start + size;
    yield { id, body: bytes.subarray(start, at) };
  }
}

/** How many functions and globals are imported; Go imports functions only. */
function importsOf(body: Buffer | undefined): { functions: number; globals: number } {
  if (body === undefined) return { functions: 0, globals: 0 };
  let [left, at] = u32(body, 0);
  const functions = left;
  for (; left > 0; left -= 1) {
    for (let name = 0; name < 2; name += 1) {
      const [length, start] = u32(body, at);
      at = start + length;
    }
    if (body[at] !== 0) throw buildFailed('The Go module imports something that is no function.');
    at = u32(body, at + 1)[1];
  }
  return { functions, globals: 0 };
}

/** Where the mark is in memory. */
function addressOf(body: Buffer = Buffer.from([0])): number {
  let [left, at] = u32(body, 0);
  for (; left > 0; left -= 1) {
    // Active segments of memory 0: flag 0, `i32.const address end`, the bytes.
    if (body[at] !== 0 || body[at + 1] !== 0x41) break;
    const [address, after] = u32(body, at + 2);
    const [length, start] = u32(body, after + 1);
    const found = body.subarray(start, start + length).indexOf(mark);
    if (found >= 0) return address + found;
    at = start + length;
  }
  throw buildFailed(
    'The Go module sets no memory aside for the adapter: its skill.go is not the one of skill new.',
  );
}

function u32(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}

function leb(value: number): Buffer {
  const bytes: number[] = [];
  do {
    const rest = Math.floor(value / 128);
    bytes.push((value % 128) | (rest > 0 ? 0x80 : 0));
    value = rest;
  } while (value > 0);
  return Buffer.from(bytes);
}

/** A positive number as `i32.const` has it: signed, so that a set sixth bit of the last byte would be a minus. */
function sleb(value: number): Buffer {
  const bytes = leb(value);
  const last = bytes.length - 1;
  if ((bytes[last]! & 0x40) === 0) return bytes;
  bytes[last]! |= 0x80;
  return Buffer.concat([bytes, Buffer.from([0])]);
}
