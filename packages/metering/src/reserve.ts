/** Memory of a module that is set aside for somebody who is linked to it, out of sight of the module's own allocator. */
import { decodeModule } from './decode.ts';
import { MeteringError } from './errors.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { SECTION, type Module } from './module.ts';
import { Reader } from './reader.ts';
import { memorySizes } from './skim.ts';
import { Writer } from './writer.ts';

/** What {@link reserveMemory} sets aside. */
export interface Reservation {
  /** Name of the function that is exported: `(i32, i32, align: i32, size: i32) -> i32`. */
  readonly name: string;
  /** Pages of 64 KiB; the memory's declared minimum (and maximum, if there is one) grows by so many. */
  readonly pages: number;
  /** Address of the range in bytes, when the module is known to leave it alone. Default: behind its declared memory. */
  readonly start?: number;
}

const pageBytes = 65_536;
const mostPages = 65_536;

/**
 * A module with a range of its memory set aside, and an exported function that hands it out, aligned, never the same twice, and traps
 * beyond its end. Without `start` the range lies behind the declared memory, and `memory.size` says so many pages fewer than there
 * are, so that an allocator that takes all memory which it finds doesn't take that. A module that exports the name already stays as it is.
 *
 * @throws MeteringError for a module that is malformed, beyond the default limits, or has no 32-bit memory of its own
 */
export function reserveMemory(bytes: Uint8Array, reservation: Reservation): Uint8Array {
  const module = decodeModule(bytes, DEFAULT_LIMITS);
  const [memory, ...more] = module.memories;
  if (memory === undefined || memory.imported || memory.wide || more.length > 0) {
    throw new MeteringError('FEATURE_UNKNOWN', 'memory is reserved of one 32-bit memory', 0);
  }
  if (exportsName(module, reservation.name)) return bytes;
  const { pages, start = memory.min * pageBytes } = reservation;
  const end = start + pages * pageBytes;
  if (end > (memory.min + pages) * pageBytes || memory.min + pages > mostPages) {
    throw new MeteringError('LIMIT_EXCEEDED', 'no room for reserved memory', 0);
  }
  const hidden = reservation.start === undefined ? pages : 0;
  return rewrite(module, reservation, { start, end, hidden });
}

function exportsName({ bytes, sections }: Module, name: string): boolean {
  const section = sections.find(({ id }) => id === SECTION.export);
  if (section === undefined) return false;
  const reader = new Reader(bytes, section.start, section.end);
  for (let left = reader.u32(); left > 0; left--) {
    const [from, to] = reader.range();
    if (new TextDecoder().decode(bytes.subarray(from, to)) === name) return true;
    reader.u8();
    reader.u32();
  }
  return false;
}

interface Range {
  readonly start: number;
  readonly end: number;
  /** Pages that `memory.size` doesn't count. */
  readonly hidden: number;
}

function rewrite(module: Module, { name, pages }: Reservation, range: Range): Uint8Array {
  const { bytes } = module;
  const out = new Writer(bytes.length + 4096);
  out.copy(bytes, 0, 8);
  let written = 0;
  for (const { id, start, end } of module.sections) {
    const reader = new Reader(bytes, start, end);
    const body = new Writer(end - start + 64);
    const more = (write: () => void): void => {
      body.u32(reader.u32() + 1);
      body.copy(bytes, reader.pos, end);
      write();
      written += 1;
    };
    if (id === SECTION.type) more(() => body.bytes([0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f]));
    else if (id === SECTION.function) more(() => body.u32(module.types.length));
    else if (id === SECTION.export) {
      more(() => {
        body.text(name);
        body.u8(0);
        body.u32(module.functions.length);
      });
    } else if (id === SECTION.code) {
      body.u32(reader.u32() + 1);
      copyCode(body, module, range.hidden);
      body.counted(allocator(range));
      written += 1;
    } else if (id === SECTION.memory) memorySection(body, reader, pages);
    else body.copy(bytes, start, end);
    out.section(id, body);
  }
  if (written < 4) {
    throw new MeteringError('MALFORMED', 'a module without types, functions or exports', 0);
  }
  return out.done();
}

function memorySection(body: Writer, reader: Reader, pages: number): void {
  body.u32(reader.u32());
  const flags = reader.u8();
  body.u8(flags);
  body.u32(reader.u32() + pages);
  if (flags & 1) body.u32(Math.min(reader.u32() + pages, mostPages));
  body.copy(reader.bytes, reader.pos, reader.end);
}

/** The bodies, with what is hidden taken off each `memory.size`. */
function copyCode(out: Writer, module: Module, hidden: number): void {
  const sizes = hidden > 0 ? memorySizes(module) : [];
  let next = 0;
  for (const [start, end] of module.bodies) {
    const body = new Writer(end - start + 16);
    let from = start;
    for (; next < sizes.length && sizes[next]![0] < end; next++) {
      const to = sizes[next]![1];
      body.copy(module.bytes, from, to);
      body.u8(0x41);
      body.s64(hidden);
      body.u8(0x6b);
      from = to;
    }
    body.copy(module.bytes, from, end);
    out.counted(body);
  }
}

/** Bytes at the start of the range that hold the next address; zero at first. */
const header = 16;

function allocator({ start, end }: Range): Writer {
  const out = new Writer(96);
  const constant = (value: number): void => {
    out.u8(0x41);
    out.s64(value | 0);
  };
  // One local: the address.
  out.bytes([1, 1, 0x7f]);
  constant(start);
  out.bytes([0x28, 2, 0, 0x22, 4, 0x45, 0x04, 0x40]);
  constant(start + header);
  out.bytes([0x21, 4, 0x0b]);
  // Up to the next multiple of `align`, a power of two.
  out.bytes([0x20, 4, 0x20, 2, 0x41, 1, 0x6b, 0x6a, 0x41, 0, 0x20, 2, 0x6b, 0x71, 0x22, 4]);
  constant(end);
  // Beyond the end already, or by `size`.
  out.bytes([0x4b, 0x04, 0x40, 0x00, 0x0b, 0x20, 3]);
  constant(end);
  out.bytes([0x20, 4, 0x6b, 0x4b, 0x04, 0x40, 0x00, 0x0b]);
  constant(start);
  out.bytes([0x20, 4, 0x20, 3, 0x6a, 0x36, 2, 0, 0x20, 4, 0x0b]);
  return out;
}
