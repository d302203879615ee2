/**
 * The adapter of preview 1 keeps its state in the memory of the module that it adapts, and grows that when it is first called. An
 * allocator that takes all memory for its own (wasi-libc's before 2023, in Debian's clang and Rust, takes what it finds when it is
 * first asked; Go's what lies behind what it has) then hands out the adapter's state, and both destroy each other's. So memory is set
 * aside before: behind what is declared, where `memory.size` does not show it, or, for Go, where its heap would begin, which then
 * begins later.
 */
import { findGoEnd, isGo } from './go-module.ts';

/** The part of the meter's package that is used; it is loaded by URL. */
interface Metering {
  reserveMemory(
    module: Uint8Array,
    reservation: { readonly name: string; readonly pages: number; readonly start?: number },
  ): Uint8Array;
}

/** What the adapter asks for instead of growing memory itself. */
const name = 'cabi_realloc_adapter';

/** Its state is one page, its stack another; the rest is room. */
const pages = 4;

const pageBytes = 65_536;

/** @throws Error when the module is Go's and its heap is not found, and what `reserveMemory` throws */
export function withAdapterMemory(module: Uint8Array, { reserveMemory }: Metering): Uint8Array {
  if (!isGo(module)) return reserveMemory(module, { name, pages });
  const { end, at } = findGoEnd(module);
  const start = Math.ceil(end / pageBytes) * pageBytes;
  const patched = module.slice();
  new DataView(patched.buffer).setUint32(at, start + pages * pageBytes, true);
  return reserveMemory(patched, { name, pages, start });
}
