/** Where the heap of a module that Go's compiler made begins: `runtime.firstmoduledata.end`, which `initBloc` of its runtime reads. */
import { Reader } from './reader.ts';

/** Bytes of initialised memory that are looked through. */
const mostBytes = 256 * 1024 * 1024;

const sections = { custom: 0, data: 11 } as const;

/** Go's linker writes its build identifier into a section of its own. */
export function isGo(module: Uint8Array): boolean {
  for (const [id, body] of sectionsOf(module)) {
    if (id !== sections.custom) continue;
    const name = body.range(body.u32());
    const text = Buffer.from(module.subarray(name.offset, name.end)).toString('latin1');
    if (text === 'go:buildid' || text === 'go.buildid') return true;
  }
  return false;
}

interface Segment {
  /** In memory. */
  readonly address: number;
  /** In the module. */
  readonly offset: number;
  readonly length: number;
}

/**
 * The end of static data, and where in the module it stands (its lower four bytes).
 *
 * @throws Error when it is not found, or more than one place may be it
 */
export function findGoEnd(module: Uint8Array): { end: number; at: number } {
  const segments = segmentsOf(module);
  const image = imageOf(module, segments);
  const found: { end: number; at: number }[] = [];
  for (let address = 0; address + 88 <= image.byteLength; address += 8) {
    const end = endAt(image, address);
    if (end === undefined) continue;
    const place = address + 80;
    const segment = segments.find(
      (one) => one.address <= place && place + 4 <= one.address + one.length,
    );
    if (segment !== undefined) found.push({ end, at: segment.offset + place - segment.address });
  }
  const [only, ...more] = found;
  if (only === undefined || more.length > 0) {
    throw new Error(
      'it was made by a Go whose memory this version does not know, and would share that with the adapter. Build a reactor ' +
        '(skill new --lang go), or a component with TinyGo (-target=wasip2)',
    );
  }
  return only;
}

/**
 * The eleven pointers of `moduledata` that begin with `noptrdata`: five ranges, one behind the other, and the end of all. The structure
 * itself lies in its own data.
 */
function endAt(image: DataView, address: number): number | undefined {
  let last = 4096;
  for (let index = 0; index < 8; index += 1) {
    const value = pointer(image, address + index * 8);
    if (value < last) return undefined;
    last = value;
  }
  const [from, to] = [pointer(image, address), pointer(image, address + 24)];
  if (address < from || address >= to) return undefined;
  const end = pointer(image, address + 80);
  return end >= last && end - last < 1024 * 1024 ? end : undefined;
}

function pointer(image: DataView, address: number): number {
  // Beyond 32 bits it is no address.
  return image.getUint32(address + 4, true) === 0 ? image.getUint32(address, true) : -1;
}

/** Each section's id and body. */
export function* sectionsOf(module: Uint8Array): Generator<[number, Reader]> {
  const reader = new Reader(module, 8, module.byteLength);
  while (!reader.done) yield [reader.u8(), reader.range(reader.u32())];
}

function segmentsOf(module: Uint8Array): Segment[] {
  const found: Segment[] = [];
  for (const [id, body] of sectionsOf(module)) {
    if (id !== sections.data) continue;
    for (let left = body.count(); left > 0; left -= 1) {
      // Active, of memory 0, at `i32.const`; Go writes no others.
      if (body.u8() !== 0 || body.u8() !== 0x41) return [];
      const address = body.u32();
      if (body.u8() !== 0x0b) return [];
      const { offset, end } = body.range(body.u32());
      found.push({ address, offset, length: end - offset });
    }
  }
  return found;
}

function imageOf(module: Uint8Array, segments: readonly Segment[]): DataView {
  const end = Math.max(0, ...segments.map(({ address, length }) => address + length));
  const image = new Uint8Array(Math.min(end, mostBytes));
  for (const { address, offset, length } of segments) {
    if (address + length <= image.byteLength) {
      image.set(module.subarray(offset, offset + length), address);
    }
  }
  return new DataView(image.buffer);
}
